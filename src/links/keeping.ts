/** What a node needs to keep the links of its service: only nodes that vote ever do. */
import { Authority } from './authority.ts'
import { Revoker } from './revoker.ts'

export const keeping: { readonly Authority: typeof Authority, readonly Revoker: typeof Revoker } | undefined = { Authority, Revoker }
