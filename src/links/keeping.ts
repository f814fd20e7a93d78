/** What a node needs to keep the links of its service: only nodes that vote ever do. */
import { Authority } from './authority.ts'

export const keeping: { readonly Authority: typeof Authority } | undefined = { Authority }
