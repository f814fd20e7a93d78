/** Discovery's cores with the thinnest driver that makes a mesh of them: dial everybody, hello, flood news, obey the detector. */
import { createDetector } from '../../../src/discovery/detector.core.ts'
import { createView } from '../../../src/discovery/view.core.ts'
import type { Detector, DetectorConfig, DetectorInput, DetectorOutput } from '../../../src/discovery/detector.core.ts'
import type { NodeInfo } from '../../../src/discovery/index.ts'
import type { Known, VerifiedRecord, View, ViewInit, ViewInput } from '../../../src/discovery/view.core.ts'
import type { DialResult, Env, Process } from '../kernel/types.ts'

type Message =
  | { t: 'hello', self: Uint8Array, digest: Known[] }
  | { t: 'records', records: Uint8Array[] }
  | { t: 'fetch', ids: string[] }
  | { t: 'probe' | 'ack', nonce: number }
  | { t: 'probeRequest', nonce: number, target: string }
  | { t: 'suspicion', id: string, incarnation: number, seq: number, refused: boolean }

/** Wrappers around the cores, by which a mutant differs from the original. */
export interface Mutation {
  detector?: (detector: Detector) => Detector
  config?: Partial<DetectorConfig>
  viewInit?: Partial<ViewInit>
}

const DIAL_EVERY = 1_000
const PUSH_PULL_EVERY = 4_000
const TELL_EVERY = 1_000
const MAX_RELAYED = 256
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class DetectorProcess implements Process {
  view!: View
  detector!: Detector
  incarnation = 0
  #env!: Env
  readonly #mutation: Mutation
  #seq = 0
  #running = false
  #tickDue = 0
  #relayed = new Map<number, { to: string, nonce: number }>()
  #told = new Map<string, number>()
  #dialling = new Set<string>()

  constructor (mutation: Mutation) {
    this.#mutation = mutation
  }

  get running (): boolean {
    return this.#running
  }

  start (env: Env): void {
    this.#env = env
    const { detector, config, viewInit } = this.#mutation
    this.view = createView({ self: env.id, ...viewInit })
    this.detector = createDetector({ self: env.id, random: env.random, ...config })
    if (detector !== undefined) this.detector = detector(this.detector)
    this.incarnation = Math.max(Number(env.disk.read('incarnation') ?? 0) + 1, Math.floor(env.wall()))
    env.disk.write('incarnation', this.incarnation)
    env.disk.sync('started')
  }

  synced (): void {
    if (this.#running) return
    this.#running = true
    this.#publish('up')
    this.#tickDue = this.#env.now() + this.detector.tickInterval
    this.#env.setTimer('tick', this.detector.tickInterval)
    this.#env.setTimer('pushPull', this.#env.random.between(0, PUSH_PULL_EVERY))
    this.timer('dial')
    for (const peer of this.#env.connections()) this.connected(peer)
  }

  connected (peer: string): void {
    if (!this.#running) return
    this.#detect({ type: 'connected', id: peer, now: this.#env.now() })
    this.#hello(peer)
  }

  closed (peer: string): void {
    if (this.#running) this.#detect({ type: 'closed', id: peer, now: this.#env.now() })
  }

  dialled (peer: string, result: DialResult): void {
    this.#dialling.delete(peer)
    if (this.#running) this.#detect({ type: 'redialled', id: peer, ok: result === 'ok', refused: result === 'refused', now: this.#env.now() })
  }

  command (name: string): void {
    if (name !== 'leave' || !this.#running) return
    this.#publish('left')
    this.#running = false
    this.#env.setTimer('exit', 100)
  }

  timer (name: string): void {
    const env = this.#env
    if (name === 'exit') return env.exit()
    if (!this.#running) return
    const now = env.now()
    if (name === 'tick') {
      this.#detect({ type: 'tick', now, lag: Math.max(0, now - this.#tickDue) })
      this.#tickDue = now + this.detector.tickInterval
      env.setTimer('tick', this.detector.tickInterval)
    } else if (name === 'dial') {
      const connected = new Set(env.connections())
      for (const id of env.ids) if (id !== env.id && !connected.has(id)) this.#dial(id)
      env.setTimer('dial', DIAL_EVERY)
    } else {
      const peer = env.random.pick(env.connections())
      if (peer !== undefined) this.#hello(peer)
      env.setTimer('pushPull', PUSH_PULL_EVERY)
    }
  }

  receive (from: string, message: unknown): void {
    if (!this.#running) return
    const now = this.#env.now()
    this.#detect({ type: 'contact', id: from, now })
    this.#handle(from, message as Message, now)
    this.#tellIfGivenUp(from, now)
  }

  #handle (from: string, message: Message, now: number): void {
    const env = this.#env
    switch (message.t) {
      case 'hello': {
        this.#take([message.self], from)
        const { send, fetch } = this.view.compare(message.digest)
        this.#sendRecords(from, send)
        if (fetch.length > 0) env.send(from, { t: 'fetch', ids: fetch })
        break
      }
      case 'records': this.#take(message.records, from); break
      case 'fetch': this.#sendRecords(from, message.ids); break
      case 'probe': env.send(from, { t: 'ack', nonce: message.nonce }); break
      case 'ack': {
        const relayed = this.#relayed.get(message.nonce)
        this.#relayed.delete(message.nonce)
        if (relayed === undefined) this.#detect({ type: 'ack', nonce: message.nonce, from, now })
        else env.send(relayed.to, { t: 'ack', nonce: relayed.nonce })
        break
      }
      case 'probeRequest': {
        const nonce = env.random.int(0x1_0000_0000)
        this.#relayed.set(nonce, { to: from, nonce: message.nonce })
        for (const oldest of this.#relayed.keys()) if (this.#relayed.size > MAX_RELAYED) this.#relayed.delete(oldest)
        env.send(message.target, { t: 'probe', nonce })
        break
      }
      case 'suspicion': this.#detect({ ...message, type: 'suspicion', from, now }); break
    }
  }

  #take (records: readonly Uint8Array[], from: string): void {
    const news: Uint8Array[] = []
    for (const signed of records) {
      const record: VerifiedRecord = { info: JSON.parse(decoder.decode(signed)) as NodeInfo, signed }
      const { id, incarnation, seq, state } = record.info
      if (id === this.#env.id) {
        this.#meetOldSelf(incarnation)
        continue
      }
      if (!this.view.wants(id, incarnation, seq, state === 'left')) continue
      news.push(signed)
      this.#look({ type: 'record', record, now: this.#env.now() })
      if (this.view.get(id) !== undefined) this.#detect({ type: 'member', id, incarnation, seq, now: this.#env.now() })
    }
    if (news.length > 0) this.#broadcast({ t: 'records', records: news }, from)
  }

  /** A former life had a higher incarnation: the disk was lost and the clock went back. */
  #meetOldSelf (incarnation: number): void {
    if (incarnation <= this.incarnation) return
    this.#env.count('incarnation raised')
    this.incarnation = incarnation + 1
    this.#seq = 0
    this.#env.disk.write('incarnation', this.incarnation)
    this.#env.disk.sync('raised')
    this.#publish('up')
  }

  #publish (state: NodeInfo['state'], seq = this.#seq + 1): void {
    this.#seq = seq
    const { id } = this.#env
    const index = Number(id.slice(1))
    const info: NodeInfo = {
      id, incarnation: this.incarnation, seq, state, name: id, service: index % 4 === 3 ? undefined : `s${index % 3}`, roles: [], weight: 1_024,
      load: { links: 0, inflight: 0 }, methods: [], metadata: {}, addresses: []
    }
    const record = { info, signed: encoder.encode(JSON.stringify(info)) }
    this.#look({ type: 'record', record, now: this.#env.now() })
    this.#detect({ type: 'member', id, incarnation: this.incarnation, seq, now: this.#env.now() })
    this.#broadcast({ t: 'records', records: [record.signed] })
  }

  #hello (peer: string): void {
    const self = this.view.signed(this.#env.id)
    if (self !== undefined) this.#env.send(peer, { t: 'hello', self, digest: this.view.digest() })
  }

  #sendRecords (to: string, ids: readonly string[]): void {
    const records = ids.map(id => this.view.signed(id)).filter(signed => signed !== undefined)
    if (records.length > 0) this.#env.send(to, { t: 'records', records })
  }

  /** It talks to us although we gave it up: with these numbers it can refute. */
  #tellIfGivenUp (peer: string, now: number): void {
    const grave = this.view.tombstone(peer)
    if (grave === undefined || grave.left || now - (this.#told.get(peer) ?? -Infinity) < TELL_EVERY) return
    this.#told.set(peer, now)
    this.#env.send(peer, { t: 'suspicion', id: peer, incarnation: grave.incarnation, seq: grave.seq, refused: false })
  }

  #dial (id: string): void {
    if (this.#dialling.has(id)) return
    this.#dialling.add(id)
    this.#env.dial(id)
  }

  #broadcast (message: Message, except?: string): void {
    for (const peer of this.#env.connections()) if (peer !== except) this.#env.send(peer, message)
  }

  #look (input: ViewInput): void {
    for (const event of this.view.step(input)) {
      this.#env.emit({ ...event, why: input.type })
      if (event.type === 'node:remove') this.#detect({ type: 'forget', id: event.node.id })
    }
  }

  #detect (input: DetectorInput): void {
    for (const output of this.detector.step(input)) this.#obey(output)
  }

  #obey (output: DetectorOutput): void {
    const env = this.#env
    switch (output.type) {
      case 'probe': env.send(output.to, { t: 'probe', nonce: output.nonce }); break
      case 'probeRequest': env.send(output.via, { t: 'probeRequest', nonce: output.nonce, target: output.target }); break
      case 'redial': this.#dial(output.id); break
      case 'spread': this.#broadcast({ ...output, t: 'suspicion' }); break
      case 'warn': env.send(output.id, { ...output, t: 'suspicion' }); break
      case 'refute':
        env.count('refutations')
        this.#publish('up', Math.max(this.#seq + 1, output.seq))
        break
      default:
        env.count({ suspect: 'suspicions', alive: 'cleared', down: 'removals' }[output.type])
        if (output.type === 'down') env.emit({ type: 'down', id: output.id })
        this.#look({ type: 'opinion', id: output.id, opinion: output.type, now: env.now() })
    }
  }
}
