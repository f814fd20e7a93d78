/** Pages never vote: their clocks are slowed, their storage is not theirs alone, and they come and go. */
import type { Voting } from './voting.ts'

export const voting: Voting | undefined = undefined
