/** A mesh without a network: real rpc rooms, whose frames travel through arrays, on a clock that the test moves. */
import { defaultLogger } from '@libp2p/logger'
import { TypedEventEmitter } from 'main-event'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { StreamEndedError, StreamRefusedError, WriteQueueFullError } from '../../src/errors.ts'
import { resolveRpcOptions } from '../../src/rpc/options.ts'
import { RpcService } from '../../src/rpc/rpc.ts'
import { createTimers } from '../../src/util/timers.ts'
import { turn } from './turn.ts'
import type { Discovery, DiscoveryEvents, NodeInfo, SelfPatch } from '../../src/discovery/index.ts'
import type { RpcInit } from '../../src/rpc/index.ts'
import type { FramedStream, PeerStreams, PeerStreamsInit } from '../../src/streams/index.ts'
import type { Timers } from '../../src/util/timers.ts'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** Time that stands still until it is moved. */
export class Clock {
  now = 1_000
  readonly #due: Array<{ at: number, fn: () => void }> = []

  timers (): Timers {
    return createTimers({
      now: () => this.now,
      schedule: (fn, ms) => {
        const entry = { at: this.now + ms, fn }
        this.#due.push(entry)
        return () => {
          const index = this.#due.indexOf(entry)
          if (index >= 0) this.#due.splice(index, 1)
        }
      }
    })
  }

  /** Move on by `ms`; between two timers everything that is ready runs. */
  async pass (ms: number): Promise<void> {
    const end = this.now + ms
    await ready()
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#due.splice(this.#due.indexOf(next), 1)
      this.now = Math.max(this.now, next.at)
      next.fn()
      await ready()
    }
    this.now = end
    await ready()
  }
}

/** Everything that is ready now has run. */
export async function ready (): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>(turn)
}

export class FakeStream implements FramedStream {
  readonly protocol = '/fake'
  open = true
  queued = 0
  readonly held = 0
  readonly paused = false
  readonly owned = false
  maxQueue = 8 * 1024 * 1024
  /** Keeps what is written. */
  blocked = false
  /** The other side never ends its own: to close it ends nothing. */
  halfOpen = false
  /** Frames that were delivered to the other side. */
  delivered = 0
  other!: FakeStream
  reason: Error | undefined
  readonly peer: string
  readonly direction: 'inbound' | 'outbound'
  readonly init: PeerStreamsInit
  #frames: Uint8Array[] = []
  #scheduled = false

  constructor (peer: string, direction: 'inbound' | 'outbound', init: PeerStreamsInit) {
    this.peer = peer
    this.direction = direction
    this.init = init
  }

  write (length: number, fill: (target: Uint8Array, offset: number) => void, tail?: Uint8Array): boolean {
    if (!this.open) throw new StreamEndedError()
    if (this.queued + length > this.maxQueue) throw new WriteQueueFullError(`${this.queued} bytes wait`)
    const bytes = new Uint8Array(length + 3)
    fill(bytes, 3)
    if (tail !== undefined) bytes.set(tail, bytes.length - tail.length)
    this.#frames.push(bytes.subarray(3))
    this.queued += length + (length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : 4)
    this.flushSoon()
    return true
  }

  send (frame: Uint8Array): boolean {
    return this.write(frame.length, (target, offset) => { target.set(frame, offset) })
  }

  flushSoon (): void {
    if (!this.#scheduled) {
      this.#scheduled = true
      turn(() => {
        this.#scheduled = false
        if (!this.blocked && this.open) this.#flush()
      })
    }
  }

  #flush (): void {
    this.queued = 0
    for (const frame of this.#frames.splice(0)) {
      if (!this.other.open) return
      this.delivered++
      // as the real reader does: one shared buffer, valid during the call only
      const shared = new Uint8Array(frame.length + 7)
      shared.set(frame, 5)
      try {
        this.other.init.onFrame(this.other, shared, 5, 5 + frame.length)
      } catch (err) {
        this.other.abort(err as Error)
      }
      shared.fill(0xee)
    }
  }

  async drained (): Promise<void> {
    while (this.queued > 1024 * 1024) {
      if (!this.open) throw new StreamEndedError()
      await new Promise<void>(turn)
    }
  }

  pause (): void {}
  resume (): void {}

  async close (): Promise<void> {
    if (this.open && !this.halfOpen) {
      this.#flush()
      this.end(undefined)
    }
  }

  abort (reason: Error): void {
    this.end(reason)
  }

  end (reason: Error | undefined): void {
    if (!this.open) return
    this.open = false
    this.reason = reason
    this.init.onEnd?.(this, reason)
    turn(() => { this.other.end(reason === undefined ? undefined : new StreamEndedError('reset by the peer')) })
  }
}

/** The protocols of one node, told apart by what their ids end with. */
type Protocols = Map<string, FakeStreams>

class FakeStreams implements PeerStreams {
  readonly all = new Set<FakeStream>()
  readonly outbound = new Map<string, FakeStream>()
  readonly opening = new Map<string, Promise<FramedStream>>()
  started = false
  readonly #mesh: FakeMesh
  readonly #id: string
  readonly #init: PeerStreamsInit
  readonly #room: string

  constructor (mesh: FakeMesh, id: string, init: PeerStreamsInit) {
    this.#mesh = mesh
    this.#id = id
    this.#init = init
    this.#room = roomOf(init)
  }

  async start (): Promise<void> { this.started = true }

  async stop (): Promise<void> {
    this.started = false
    for (const stream of this.all) await stream.close()
  }

  get (peer: string): FramedStream | undefined {
    const stream = this.outbound.get(peer)
    return stream?.open === true ? stream : undefined
  }

  reach (peer: string): FramedStream | undefined { return this.get(peer) }

  async open (peer: PeerId): Promise<FramedStream> {
    const existing = this.get(peer.toString())
    if (existing !== undefined) return existing
    const near = await this.#connect(peer.toString())
    this.outbound.set(near.peer, near)
    return near
  }

  outdated (): boolean {
    return false
  }

  async openOwn (peer: PeerId, { signal }: AbortOptions = {}): Promise<FramedStream> {
    const near = await this.#connect(peer.toString())
    if (signal?.aborted === true) {
      near.abort(signal.reason as Error)
      throw signal.reason
    }
    return near
  }

  /** A better path to the peer has come up. */
  async move (peer: string): Promise<void> {
    const from = this.outbound.get(peer)
    if (from?.open !== true) throw new Error(`no stream to ${peer}`)
    const to = await this.#connect(peer)
    this.outbound.set(peer, to)
    this.#init.onMove?.(from, to)
  }

  async #connect (id: string): Promise<FakeStream> {
    await this.#mesh.gate(id)
    const target = this.#mesh.node(id).protocols.get(this.#room) as FakeStreams
    if (!target.started) throw new StreamRefusedError(`${id} does not listen`)
    const near = new FakeStream(id, 'outbound', this.#init)
    const far = new FakeStream(this.#id, 'inbound', target.#init)
    near.other = far
    far.other = near
    near.halfOpen = far.halfOpen = this.#mesh.halfOpen.has(id)
    this.all.add(near)
    target.all.add(far)
    target.#init.onAccept?.(far, undefined as never)
    return near
  }

  streams (): Iterable<FramedStream> {
    return this.all
  }

  heard (): never[] {
    return []
  }

  busy (stream: FakeStream): boolean {
    return this.#init.busy?.(stream) ?? false
  }
}

function roomOf ({ protocol }: PeerStreamsInit): string {
  return protocol.split('/').at(-2) ?? ''
}

export class FakeDiscovery extends TypedEventEmitter<DiscoveryEvents> implements Discovery {
  readonly mesh = 'shop'
  self: NodeInfo
  readonly updates: SelfPatch[] = []
  readonly reports: string[] = []
  /** Searches under way. */
  readonly searches = new Map<string, number>()
  readonly #view = new Map<string, NodeInfo>()
  readonly #lists = new Map<string, readonly NodeInfo[]>()

  constructor (self: NodeInfo) {
    super()
    this.self = self
    this.see(self)
  }

  see (node: NodeInfo): void {
    const known = this.#view.has(node.id)
    this.#view.set(node.id, node)
    this.#lists.clear()
    this.safeDispatchEvent(known ? 'node:update' : 'node:add', { detail: node })
  }

  lose (id: string): void {
    const node = this.#view.get(id)
    if (node !== undefined) {
      this.#view.delete(id)
      this.#lists.clear()
      this.safeDispatchEvent('node:remove', { detail: { ...node, state: 'left' } })
    }
  }

  services (): string[] {
    return [...new Set([...this.#view.values()].flatMap(({ service }) => service ?? []))].sort()
  }

  nodes (service?: string): readonly NodeInfo[] {
    const key = service ?? ''
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = [...this.#view.values()].filter(node => service === undefined || node.service === service).sort((a, b) => a.id < b.id ? -1 : 1)
      this.#lists.set(key, list)
    }
    return list
  }

  node (id: string): NodeInfo | undefined {
    return this.#view.get(id)
  }

  keep (): void {}

  async waitFor (service: string, { signal }: AbortOptions = {}): Promise<readonly NodeInfo[]> {
    this.searches.set(service, (this.searches.get(service) ?? 0) + 1)
    try {
      return await new Promise((resolve, reject) => {
        const check = (): void => {
          if (this.nodes(service).some(({ state }) => state === 'up')) resolve(this.nodes(service))
        }
        this.addEventListener('node:add', check)
        this.addEventListener('node:update', check)
        signal?.addEventListener('abort', () => { reject(signal.reason as Error) })
        check()
      })
    } finally {
      this.searches.set(service, (this.searches.get(service) ?? 0) - 1)
    }
  }

  update ({ election, ...patch }: SelfPatch): void {
    if ((patch.methods?.length ?? 0) > 512) throw new Error('too many methods')
    this.updates.push(patch)
    this.self = { ...this.self, ...patch, seq: this.self.seq + 1 }
    this.see(this.self)
  }

  report (id: string): void { this.reports.push(id) }
  signed (id: string): Uint8Array | undefined { return this.#view.has(id) ? new TextEncoder().encode(`record of ${id}`) : undefined }

  /** Whom {@link introduce} makes known, if it is given their record. */
  readonly strangers = new Map<string, NodeInfo>()
  /** Records are verified later, as in a browser. */
  slow = false
  introduce (id: string, record: Uint8Array): void | Promise<void> {
    const node = this.strangers.get(id)
    const learn = (): void => {
      if (node !== undefined && new TextDecoder().decode(record) === `record of ${id}`) this.see(node)
    }
    return this.slow ? Promise.resolve().then(learn) : learn()
  }

  rtt (): undefined {}
  renew (above: number): void { this.self = { ...this.self, incarnation: above + 1 } }
  async leave (): Promise<void> {}
  resync (): void {}
  suspend (): void {}
  resume (): void {}
  peerId (id: string): PeerId | undefined {
    return this.#view.has(id) ? { toString: () => id } as unknown as PeerId : undefined
  }

  stats (): Record<string, number> { return {} }
}

export interface FakeNode {
  readonly id: string
  readonly rpc: RpcService
  readonly discovery: FakeDiscovery
  readonly streams: FakeStreams
  /** Those of streaming calls. */
  readonly flows: FakeStreams
  readonly protocols: Protocols
  /** Its streams to and from another node, the newest last. */
  to (id: string): FakeStream
  from (id: string): FakeStream
}

export class FakeMesh {
  readonly clock = new Clock()
  readonly timers = this.clock.timers()
  readonly nodes = new Map<string, FakeNode>()
  /** Nodes that never end a stream. */
  readonly halfOpen = new Set<string>()
  /** Called before a stream to that node opens; a throw refuses it. */
  gate: (id: string) => Promise<void> = async () => {}

  node (id: string): FakeNode {
    const node = this.nodes.get(id)
    if (node === undefined) throw new StreamRefusedError(`${id} is gone`)
    return node
  }

  /** `introduce: false`: nobody hears of it, and it hears of nobody. `before` its start. */
  async add (id: string, service: string | undefined, { introduce = true, incarnation = 1, before, ...init }: RpcInit & { introduce?: boolean, incarnation?: number, before?: (rpc: RpcService) => void } = {}): Promise<FakeNode> {
    const discovery = new FakeDiscovery(nodeInfo(id, service, { incarnation }))
    const protocols: Protocols = new Map()
    const rpc = new RpcService({ discovery, logger: defaultLogger() } as never, resolveRpcOptions(init), {
      timers: this.timers,
      streams: (_, streamsInit) => {
        const streams = new FakeStreams(this, id, streamsInit)
        protocols.set(roomOf(streamsInit), streams)
        return streams
      }
    })
    before?.(rpc)
    await rpc.start()
    const made = protocols.get('rpc') as FakeStreams
    const flows = protocols.get('stream') as FakeStreams
    const find = (peer: string, direction: string): FakeStream => {
      const found = [...made.all].reverse().find(stream => stream.peer === peer && stream.direction === direction)
      if (found === undefined) throw new Error(`${id} has no ${direction} stream with ${peer}`)
      return found
    }
    const node: FakeNode = { id, rpc, discovery, streams: made, flows, protocols, to: peer => find(peer, 'outbound'), from: peer => find(peer, 'inbound') }
    if (introduce) {
      for (const other of this.nodes.values()) {
        other.discovery.see(discovery.self)
        discovery.see(other.discovery.self)
      }
    }
    this.nodes.set(id, node)
    return node
  }

  /** It is gone without a word: streams reset, nothing listens. */
  kill (id: string): void {
    const node = this.node(id)
    this.nodes.delete(id)
    for (const { all } of node.protocols.values()) {
      for (const stream of all) stream.abort(new Error('killed'))
    }
  }

  /** Whoever is left has heard that it is gone. */
  forget (id: string): void {
    for (const node of this.nodes.values()) node.discovery.lose(id)
  }

  async stop (): Promise<void> {
    for (const node of this.nodes.values()) {
      const stopped = node.rpc.stop()
      await this.clock.pass(6_000)
      await stopped
    }
  }
}

export function nodeInfo (id: string, service: string | undefined, more: Partial<NodeInfo> = {}): NodeInfo {
  return { ...initialInfo(id, { name: id, incarnation: 1 }), service, seq: 1, ...more }
}

/** What the promise is rejected with. */
export async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`it resolved, to ${JSON.stringify(value)}`) }, (err: unknown) => err)
}

/** A promise and what came of it, to be looked at without waiting. */
export function watch (promise: Promise<unknown>): { value?: unknown, error?: any, done: boolean } {
  const state: { value?: unknown, error?: any, done: boolean } = { done: false }
  promise.then(value => { state.value = value; state.done = true }, (error: unknown) => { state.error = error; state.done = true })
  return state
}
