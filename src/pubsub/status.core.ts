/** What an assigner tells people and metrics. Pure. */
import { isFull } from './announce.core.ts'
import type { LogAssigner } from './assigner.core.ts'
import type { AssignerStatus } from './types.core.ts'

export function statusOf (core: LogAssigner): AssignerStatus {
  const { generation, backlog } = core
  return {
    generation,
    assigning: core.state === 'assigning',
    last: backlog.last,
    length: backlog.length,
    bytes: backlog.bytes,
    pending: backlog.pending,
    pendingBytes: backlog.pendingBytes,
    full: isFull(core),
    channels: core.sorted.map(({ spec, seats, cursor, lag, flights, redelivered, dead, expired }) => {
      return { channel: spec.channel, members: seats.size, low: cursor.low, lag, inFlight: flights.size, redelivered, dead, expired }
    })
  }
}
