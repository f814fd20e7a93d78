/** A page never leads: it does not load what keeps links. */
import type { Keeping } from './keeping.ts'

export const keeping: Keeping | undefined = undefined
