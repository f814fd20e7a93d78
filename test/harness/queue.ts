/**
 * What became of everything that went into a queue. Only valid after a drain: faults healed, consumers idle. The order
 * is not judged.
 */

export interface QueueHistory {
  /** Ids that a publisher began to publish. */
  readonly attempted: Iterable<string>
  /** Ids whose publish was confirmed. */
  readonly confirmed: Iterable<string>
  /** One id per delivery that a consumer finished. */
  readonly delivered: Iterable<string>
}

export interface QueueVerdict {
  /** Nothing lost and nothing unexpected. Duplicates are allowed by at-least-once: judge {@link duplicated} yourself. */
  readonly ok: boolean
  /** Confirmed, never delivered. */
  readonly lost: string[]
  /** Delivered, though nobody published it. */
  readonly unexpected: string[]
  /** Delivered more often than attempted, with the surplus. */
  readonly duplicated: Map<string, number>
  /** Delivered, though its publish was not confirmed: allowed. */
  readonly recovered: string[]
}

function count (ids: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

export function checkTotalQueue (history: QueueHistory): QueueVerdict {
  const attempted = count(history.attempted)
  const confirmed = count(history.confirmed)
  const delivered = count(history.delivered)
  const lost = [...confirmed.keys()].filter(id => !delivered.has(id))
  const unexpected: string[] = []
  const recovered: string[] = []
  const duplicated = new Map<string, number>()
  for (const [id, times] of delivered) {
    const attempts = attempted.get(id) ?? 0
    if (attempts === 0) unexpected.push(id)
    else if (!confirmed.has(id)) recovered.push(id)
    if (attempts > 0 && times > attempts) duplicated.set(id, times - attempts)
  }
  return { ok: lost.length === 0 && unexpected.length === 0, lost, unexpected, duplicated, recovered }
}
