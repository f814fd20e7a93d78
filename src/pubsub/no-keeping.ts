/** Pages keep nothing for others: they come and go, and what they store is not theirs alone. */
import type { Keeping } from './keeping.ts'

export const keeping: Keeping | undefined = undefined
