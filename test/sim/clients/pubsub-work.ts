/**
 * How long the consumers of a channel were busy with what is theirs to do. A channel whose handlers hang has an honest
 * capacity; what goes beyond it is late by that, and by nothing else. Only what handlers do counts, not what a core says:
 * one that hangs counts until its `ackWait` is over, and nothing counts that is run more often than it may be. So is a key
 * one of whose handlers hangs: what is behind it waits, whatever else has a place.
 */
interface Run { readonly began: number, readonly isDue: boolean, readonly key: string | undefined }

export class Work {
  /** Channel and consumer's life -> what its handlers run. */
  readonly #runs = new Map<string, Map<string, Run>>()
  /** Ms by which the channel that had most to do may be late. */
  late = 0
  /** By channel. */
  readonly #full = new Map<string, number>()

  /** A handler begins. `isDue`: the channel is not done with the message, and may try it so often. */
  began (channel: string, who: string, id: string, began: number, isDue: boolean, key?: string): void {
    const runs = this.#runs.get(`${channel}|${who}`) ?? new Map<string, Run>()
    this.#runs.set(`${channel}|${who}`, runs)
    runs.delete(id)
    runs.set(id, { began, isDue, key })
  }

  ended (channel: string, who: string, id: string): void {
    this.#runs.get(`${channel}|${who}`)?.delete(id)
  }

  /** How many places are taken by what is due, for `ms` by now. */
  busy (channel: string, who: string, now: number, ackWait: number, ms: number): number {
    let busy = 0
    const runs = this.#runs.get(`${channel}|${who}`)
    if (runs === undefined) return 0
    for (const [id, { began, isDue, key }] of runs) {
      if (now - began >= ackWait) runs.delete(id)
      else if (isDue) {
        busy++
        if (key !== undefined && now - began >= ms) this.wasFull(`${channel}|${key}`, ms)
      }
    }
    return busy
  }

  /** All places of all its consumers were taken for so long, or that of a key. */
  wasFull (of: string, ms: number): void {
    const full = (this.#full.get(of) ?? 0) + ms
    this.#full.set(of, full)
    this.late = Math.max(this.late, full)
  }
}
