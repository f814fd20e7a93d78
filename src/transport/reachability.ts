/** Whether a node has a place on any of the relays that it asks, and why not: one answer, made of those of all. */

/** Called when relays refuse this node or none is found, and with nothing once there is a place, or no need of one. */
export type OnReservation = (reasons: Error[]) => void

export class Reachability {
  readonly #tell: OnReservation
  /** Whether the node is reached otherwise. */
  readonly #elsewhere: () => boolean
  /** What each that asks has: a place (no reason), none (reasons), or no answer yet. */
  readonly #answers = new Map<object, readonly Error[] | undefined>()
  #said = ''

  constructor (tell: OnReservation, elsewhere: () => boolean) {
    this.#tell = tell
    this.#elsewhere = elsewhere
  }

  /** It has asked again, and is to be waited for. */
  asks (who: object): void {
    this.#answers.set(who, undefined)
  }

  /** @param reasons - why it has no place; none: it has one */
  answered (who: object, reasons: readonly Error[]): void {
    this.#answers.set(who, reasons)
    this.#say()
  }

  /** It asks no more. */
  forget (who: object): void {
    this.#answers.delete(who)
  }

  #say (): void {
    const answers = [...this.#answers.values()]
    const reached = answers.some(reasons => reasons?.length === 0) || this.#elsewhere()
    if (!reached && answers.includes(undefined)) return
    const reasons = reached ? [] : answers.flatMap(reasons => reasons ?? [])
    const said = reasons.map(({ message }) => message).join()
    if (said === this.#said) return
    this.#said = said
    this.#tell(reasons)
  }
}
