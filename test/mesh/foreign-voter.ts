/**
 * A voter made from doc/wire/election.md: it pledges itself, votes, follows and stores what it is sent, in memory. It never
 * stands for election, founds nothing and asks for no proof, so that it is no voter for a real group.
 */
import { message, Said } from './foreign-bytes.ts'
import type { Fields } from './foreign-bytes.ts'
import type { ForeignPeer } from './foreign-peer.ts'

/** Kinds of frames. */
const HELLO = 10
const [PREVOTE, VOTE, PREVOTE_RESPONSE, VOTE_RESPONSE, HEARTBEAT, HEARTBEAT_RESPONSE, CONFIG, CONFIG_RESPONSE, READ, TABLE, APPEND, APPEND_RESPONSE] = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]
const [PROPOSE, PLEDGE] = [25, 26]
const EXPECT = 1
const ZERO = new Uint8Array(0)
/** Milliseconds for which it votes for nobody but its leader. */
const T = 500

export class ForeignVoter {
  readonly #peer: ForeignPeer
  readonly #service: string
  readonly #size: number
  readonly #incarnation = crypto.getRandomValues(new Uint8Array(16))
  /** Of the config, as it came. */
  #config: Uint8Array | undefined
  #founded = false
  #term = 0
  #vote = ''
  #promisedUntil = -Infinity
  #promisedTo = ''
  #synced: Uint8Array = ZERO
  /** Of an append in parts. */
  #staged: Uint8Array[] = []
  readonly entries = new Map<string, Uint8Array>()
  /** Whom it follows. */
  leader = ''
  /** For whom it voted, in which term. */
  readonly votes = new Map<number, string>()

  constructor (peer: ForeignPeer, service: string, size: number) {
    this.#peer = peer
    this.#service = service
    this.#size = size
    peer.onElection = (said, from) => { this.#take(said, from) }
  }

  get term (): number { return this.#term }

  /** On connect. */
  hello (to: string): void { this.#send(to, HELLO, this.#hello(true)) }

  #hello (ask: boolean): Fields {
    const config: Fields = this.#config === undefined ? [] : [[1, this.#config]]
    return [...config, [2, this.#founded], [3, this.leader], [4, true], [5, EXPECT], [6, this.#size], [7, this.#epoch], [8, ask]]
  }

  get #group (): number { return this.#config === undefined ? 0 : new Said(this.#config).number(1) }
  get #epoch (): number { return this.#config === undefined ? 0 : new Said(this.#config).number(2) }
  get #version (): Uint8Array {
    const config = new Said(this.#config ?? ZERO)
    return message([[1, config.number(4)], [2, config.number(5)]])
  }

  #send (to: string, kind: number, fields: Fields): void {
    const frame: Fields = [[1, this.#service], [2, this.#group], [3, this.#epoch], [4, this.#term], [5, this.#incarnation], [kind, message(fields)]]
    this.#peer.tell(to, frame, 'election').catch(() => {})
  }

  #hasSeat (id: string, incarnation: Uint8Array): boolean {
    return new Said(this.#config ?? ZERO).list(6).some(bytes => new Said(bytes).text(1) === id && String(new Said(bytes).bytes(2)) === String(incarnation))
  }

  #take (said: Said, from: string): void {
    const kind = said.kinds.find(kind => kind >= HELLO) ?? 0
    const term = said.number(4)
    const its = said.in(kind)
    if (said.text(1) !== this.#service) return
    if (kind === HELLO) {
      if (its.number(8) !== 0) this.#send(from, HELLO, this.#hello(false))
    } else if (kind === PROPOSE) {
      this.#onPropose(from, its)
    } else if (said.number(2) !== this.#group) {
      this.#send(from, HELLO, this.#hello(false))
    } else if (kind === PREVOTE || kind === VOTE) {
      this.#onVote(from, kind, term, said.bytes(5), its)
    } else if (kind === CONFIG) {
      this.#adopt(its.bytes(1))
      this.#founded ||= its.number(2) !== 0
      this.#send(from, CONFIG_RESPONSE, [[1, this.#version]])
    } else if (kind === HEARTBEAT || kind === READ || kind === APPEND) {
      if (this.#follow(from, term)) this.#serve(from, kind, its)
    }
  }

  #onPropose (from: string, its: Said): void {
    const group = its.in(1).number(1)
    const isFirm = its.number(3) !== 0
    const ok = this.#config === undefined || group === this.#group
    if (ok && isFirm) this.#config ??= its.bytes(1)
    this.#send(from, PLEDGE, [[1, group], [2, ok], [3, ok ? '' : 'in a group'], [4, isFirm]])
  }

  /** The newer one of two: by term, then version. */
  #adopt (config: Uint8Array): void {
    const [theirs, own] = [new Said(config), new Said(this.#config ?? ZERO)]
    if (theirs.number(4) > own.number(4) || (theirs.number(4) === own.number(4) && theirs.number(5) > own.number(5))) this.#config = config
  }

  #onVote (from: string, kind: number, term: number, incarnation: Uint8Array, its: Said): void {
    if (this.#hasSeat(from, incarnation)) this.#adopt(its.bytes(1))
    const isPromised = performance.now() < this.#promisedUntil && this.#promisedTo !== from && its.number(2) === 0
    let granted = this.#hasSeat(from, incarnation) && this.#hasSeat(this.#peer.id, this.#incarnation) && !isPromised
    if (kind === PREVOTE) granted &&= term > this.#term
    else granted &&= term > this.#term || (term === this.#term && this.#vote === from)
    if (kind === VOTE && granted) {
      this.#term = term
      this.#vote = from
      this.leader = ''
      this.votes.set(term, from)
    }
    this.#send(from, kind === PREVOTE ? PREVOTE_RESPONSE : VOTE_RESPONSE, [[1, term], [2, granted]])
  }

  /** A leader of its own term or a higher one. */
  #follow (from: string, term: number): boolean {
    if (term < this.#term || (term === this.#term && this.leader !== '' && this.leader !== from)) return false
    if (term > this.#term) this.#vote = ''
    this.#term = term
    this.#founded = true
    this.leader = this.#promisedTo = from
    this.#promisedUntil = performance.now() + T
    return true
  }

  #serve (from: string, kind: number, its: Said): void {
    if (kind === HEARTBEAT) {
      this.#send(from, HEARTBEAT_RESPONSE, [[1, its.number(1)], [2, this.#version], [3, this.#synced], [5, T], [6, this.#epoch]])
    } else if (kind === READ) {
      // all that there is, in one part
      this.#send(from, TABLE, [[1, ZERO], [2, this.#synced], [4, true], [5, [...this.entries.values()]]])
    } else {
      this.#onAppend(from, its)
    }
  }

  #onAppend (from: string, its: Said): void {
    const [start, to, isReset] = [its.bytes(1), its.bytes(2), its.number(3) !== 0]
    if (its.number(4) === 0) this.#staged = []
    this.#staged.push(...its.list(6))
    if (its.number(5) === 0) {
      this.#send(from, APPEND_RESPONSE, [[1, this.#synced], [2, its.number(4) + 1]])
      return
    }
    if (isReset || String(start) === String(this.#synced)) {
      if (isReset) this.entries.clear()
      for (const entry of this.#staged) this.entries.set(new Said(entry).text(1), entry)
      this.#synced = to
    }
    this.#send(from, APPEND_RESPONSE, [[1, this.#synced]])
  }
}
