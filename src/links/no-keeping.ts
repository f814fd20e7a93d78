/** A page never leads: it does not load what keeps links. */
import type { Authority } from './authority.ts'

export const keeping: { readonly Authority: typeof Authority } | undefined = undefined
