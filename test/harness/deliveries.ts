/**
 * What became of everything that was published, channel by channel: for runs with faults, after they were healed and
 * all is quiet. Every message that was confirmed is handled at least once in each channel that was opened before, with the body
 * that was published; whatever is handled more often than once needs a cause.
 */

/** A message that somebody tried to publish. */
export interface Attempt {
  /** Unique in the run. */
  readonly body: string
  /** From its receipt; undefined when there was none: then it may have been published or not. */
  readonly id: string | undefined
}

/** A handler ended, before its ack left. Times are of one clock. */
export interface Handling {
  /** Peer id. */
  readonly node: string
  readonly publisher: string
  readonly channel: string
  readonly id: string
  readonly body: unknown
  readonly attempt: number
  /** When it began. */
  readonly at: number
}

/** Something was done to a node, or, without one, to what all use: a connection, a keeper. It lasted until `to`. */
export interface Fault {
  readonly kind: string
  /** Peer id. */
  readonly node?: string
  /** Peer id of the other one, when it happened between two: their connection ended, or one thought the other gone. */
  readonly other?: string
  readonly at: number
  readonly to?: number
}

export interface Deliveries {
  readonly attempts: readonly Attempt[]
  readonly handlings: readonly Handling[]
  /** Opened before anything was published. */
  readonly channels: readonly string[]
  readonly faults?: readonly Fault[]
}

export interface DeliveryVerdict {
  /** Confirmed, and never handled in that channel. */
  readonly lost: string[]
  /** Handled, though nobody published it. */
  readonly unexpected: string[]
  /** Handled with two bodies under one id, or one body under two ids. */
  readonly altered: string[]
  /** Handled again without anything that explains it. */
  readonly unexplained: string[]
  /** How many were handled again, by what explains it. */
  readonly repeats: ReadonlyMap<string, number>
}

const place = (channel: string, id: string): string => `${channel}: ${id}`

/** Milliseconds that a fault is felt after it has ended: acks that were lost come to light at the next exchange. */
const AFTERMATH = 10_000

/** Whether it concerns a handling: who handled it, or its publisher; of two, both. */
function concerns ({ node, other }: Fault, { node: consumer, publisher }: Handling): boolean {
  if (node === undefined) return true
  if (other === undefined) return node === consumer || node === publisher
  return (node === consumer && other === publisher) || (node === publisher && other === consumer)
}

/** What explains the second handling: who handled it first, its publisher, or what all use was at fault between the two. */
function causeOf (first: Handling, again: Handling, faults: readonly Fault[]): string | undefined {
  return faults.findLast(fault => fault.at <= again.at && first.at <= (fault.to ?? fault.at) + AFTERMATH && concerns(fault, first))?.kind
}

export function checkDeliveries ({ attempts, handlings, channels, faults = [] }: Deliveries): DeliveryVerdict {
  const bodies = new Set(attempts.map(({ body }) => body))
  const bodyOf = new Map<string, unknown>()
  const idOf = new Map<unknown, string>()
  const handled = new Map<string, Handling[]>()
  const unexpected: string[] = []
  const altered: string[] = []
  for (const { body, id } of attempts) {
    if (id === undefined) continue
    bodyOf.set(id, body)
    idOf.set(body, id)
  }
  for (const handling of handlings) {
    const { channel, id, body, node } = handling
    if (!bodies.has(body as string)) unexpected.push(`${place(channel, id)} at ${node}`)
    if ((bodyOf.get(id) ?? body) !== body || (idOf.get(body) ?? id) !== id) altered.push(`${place(channel, id)} at ${node}`)
    bodyOf.set(id, body)
    idOf.set(body, id)
    const key = place(channel, id)
    const known = handled.get(key)
    if (known === undefined) handled.set(key, [handling])
    else known.push(handling)
  }
  const lost = attempts.flatMap(({ id }) => id === undefined ? [] : channels.map(channel => place(channel, id)).filter(key => !handled.has(key)))
  const repeats = new Map<string, number>()
  const unexplained: string[] = []
  for (const [key, times] of handled) {
    times.sort((a, b) => a.at - b.at)
    for (const [index, again] of times.entries()) {
      const before = times[index - 1]
      if (before === undefined) continue
      const cause = causeOf(before, again, faults)
      if (cause === undefined) unexplained.push(`${key} at ${before.node} (attempt ${before.attempt}), then at ${again.node} (attempt ${again.attempt}) after ${Math.round(again.at - before.at)} ms`)
      else repeats.set(cause, (repeats.get(cause) ?? 0) + 1)
    }
  }
  return { lost, unexpected, altered, unexplained, repeats }
}
