/** What only a node that may vote needs: `#voting`, which for browsers is `no-voting.ts`, so that pages do not carry it. */
import { PROFILES } from './election.core.ts'
import { Member } from './member.ts'
import { Net } from './net.ts'
import { problemError } from './problems.ts'

export interface Voting {
  readonly Member: typeof Member
  readonly Net: typeof Net
  readonly PROFILES: typeof PROFILES
  readonly problemError: typeof problemError
}

export const voting: Voting | undefined = { Member, Net, PROFILES, problemError }
