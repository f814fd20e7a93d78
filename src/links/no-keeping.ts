/** A page never leads: it does not load what keeps links. */
import type { Authority } from './authority.ts'
import type { Revoker } from './revoker.ts'

export const keeping: { readonly Authority: typeof Authority, readonly Revoker: typeof Revoker } | undefined = undefined
