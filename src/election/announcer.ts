/**
 * Tells the mesh what this node's group has come to, in its record. A record is signed, checked and passed on by everybody:
 * who leads says so at once, all others a little later and not all together, and what has changed again by then is not told.
 */
import type { ElectionOutput } from './types.core.ts'
import type { SelfPatch } from '../discovery/index.ts'

/** Milliseconds that followers wait: at least, and up to so many more. */
const LATER = 150
const SPREAD = 250

type Change = Extract<ElectionOutput, { type: 'change' }>

export class Announcer {
  readonly #self: string
  readonly #publish: (patch: SelfPatch) => void
  readonly #random: () => number
  #patch: SelfPatch | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (self: string, publish: (patch: SelfPatch) => void, random: () => number = Math.random) {
    this.#self = self
    this.#publish = publish
    this.#random = random
  }

  tell ({ state, leader, token, config }: Change): void {
    const voters = config?.voters.map(({ id }) => id) ?? []
    const votes = config !== undefined && voters.includes(this.#self)
    this.#patch = {
      election: !votes ? null : { epoch: token?.epoch ?? config.epoch, term: token?.term ?? config.term, leader: token === undefined ? '' : leader ?? '', voters, group: config.group, kind: config.kind }
    }
    if (state === 'leader') this.#now()
    else this.#timer ??= setTimeout(() => { this.#now() }, LATER + SPREAD * this.#random())
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = this.#patch = undefined
  }

  #now (): void {
    const patch = this.#patch
    this.stop()
    if (patch !== undefined) this.#publish(patch)
  }
}
