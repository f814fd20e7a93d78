/** What only a node that may vote needs: `#voting`, which for browsers is `no-voting.ts`, so that pages do not carry it. */
import { Announcer } from './announcer.ts'
import { PROFILES } from './election.core.ts'
import { Member } from './member.ts'
import { Net } from './net.ts'
import { problemError } from './problems.ts'
import { Signer } from './signer.ts'

export interface Voting {
  readonly Announcer: typeof Announcer
  readonly Member: typeof Member
  readonly Net: typeof Net
  readonly PROFILES: typeof PROFILES
  readonly problemError: typeof problemError
  readonly Signer: typeof Signer
}

export const voting: Voting | undefined = { Announcer, Member, Net, PROFILES, problemError, Signer }
