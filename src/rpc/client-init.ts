import type { Call } from './call.ts'
import type { MadeCalls } from './counts.ts'
import type { Targets } from './targets.ts'
import type { TokenIds } from './token-ids.ts'
import type { Discovery } from '../discovery/index.ts'
import type { PeerStreams } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'

/** What the calling side is made of. */
export interface ClientInit {
  discovery: Discovery
  streams: PeerStreams
  /** For calls with large bodies. */
  bulkStreams: PeerStreams
  targets: Targets
  tokens: TokenIds
  timers: Timers
  random: () => number
  timeout: number
  maxPending: number
  maxPendingPerPeer: number
  maxBody: number
  made: MadeCalls
  isolation: (() => readonly Error[] | undefined) | undefined
  /** Run a call whose target is this node; it ends in `Outcomes`. */
  runLocal: (call: Call) => void
  cancelLocal: (call: Call) => void
}
