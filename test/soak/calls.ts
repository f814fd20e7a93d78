/** Calls all the time, of all kinds, and tells how each ended; what does not settle in time is told, too. */
import { wallClock } from '../harness/ipc.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { STATUS_CODES } from '../../src/errors.ts'
import type { Emit } from '../harness/child.ts'
import type { Mesh } from '../../src/index.ts'
import type { Work } from './methods.ts'
import type { Random } from '../../src/util/random.core.ts'

/** How a call ended. */
export interface Called {
  readonly id: string
  readonly kind: string
  readonly service: string
  readonly token?: string
  readonly began: number
  readonly ended: number
  /** Milliseconds that it was given. */
  readonly timeout: number
  /** 'ok', or the code. */
  readonly outcome: string
  readonly message?: string
  readonly retryable?: boolean
  /** Who answered, or was asked. */
  readonly node?: string
  /** All nodes that it was sent to. */
  readonly sentTo?: readonly string[]
}

/** An explicit change of a link, by this node, one after the other. */
export interface Moved {
  readonly token: string
  readonly service: string
  readonly op: 'link' | 'move' | 'unlink'
  /** The node that was asked for. */
  readonly wanted?: string
  /** Who has it now. Missing: it failed, and may have been done. */
  readonly owner?: string
  readonly began: number
  readonly ended: number
}

const SERVICES = ['cart', 'user', 'mail'] as const
const KINDS = ['plain', 'token', 'token', 'token', 'nested', 'keyed', 'large', 'ticks', 'mirror', 'cancelled'] as const
/** Tokens that each caller draws from. Links are of the calling service: nodes of one share them. */
const TOKENS = 24
/** Milliseconds beyond its deadline in which a call must settle, while this process runs. */
const SLACK = 1_000

type Kind = typeof KINDS[number]
interface Failure { readonly name?: string, readonly code?: string, readonly message?: string, readonly retryable?: boolean, readonly node?: string }

const pause = async (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })

export class Caller {
  /** Calls under way. */
  open = 0
  readonly #mesh: Mesh
  readonly #emit: Emit
  readonly #random: Random
  readonly #label: string
  #timer: ReturnType<typeof setInterval> | undefined
  /** Of this life of the node: ids never come again. */
  readonly #life = Date.now() % 1e8
  #calm = true
  #n = 0

  constructor (mesh: Mesh, emit: Emit, label: string) {
    this.#mesh = mesh
    this.#emit = emit
    this.#label = label
    this.#random = createRandom(label.length).fork(label)
  }

  /** @param calm - give each call time enough to succeed when nothing is wrong */
  start (rate: number, calm: boolean): void {
    this.#calm = calm
    clearInterval(this.#timer)
    this.#timer = setInterval(() => { void this.#one(this.#random.pick(KINDS) as Kind) }, 1_000 / rate)
  }

  pause (): void {
    clearInterval(this.#timer)
  }

  /** Resolves when each has ended. */
  async stop (): Promise<void> {
    this.pause()
    while (this.open > 0) await pause(10)
  }

  /** Links, moves and unlinks tokens that nobody else changes, and calls with them in between. */
  async moves (count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const service = this.#random.pick(['cart', 'user']) as string
      const token = `moved ${this.#label} ${this.#random.int(4)}`
      await this.#move(service, token, this.#random.pick(['link', 'move', 'unlink'] as const) as Moved['op'])
      await this.#call('token', service, 3_000, token)
    }
  }

  async #move (service: string, token: string, op: Moved['op']): Promise<void> {
    const wanted = this.#random.pick(this.#mesh.discovery.nodes(service))?.id
    if (wanted === undefined) return
    const began = wallClock()
    const signal = AbortSignal.timeout(3_000)
    const { links } = this.#mesh
    let owner: string | undefined
    try {
      if (op === 'unlink') await links.unlink(token, service, { signal })
      else owner = (await links.link(token, wanted, { replace: op === 'move', signal })).id
    } catch (error) {
      this.#expectTyped(`links.${op}`, error as Failure, ['LinkError', 'NoAuthorityError', 'TimeoutError'])
    }
    this.#emit('moved', { token, service, op, wanted, ...owner === undefined ? {} : { owner }, began, ended: wallClock() } satisfies Moved)
  }

  async #one (kind: Kind): Promise<void> {
    const service = this.#random.pick(SERVICES) as string
    const timeout = this.#calm ? 4_000 : this.#random.pick([200, 1_000, 3_000]) as number
    const token = kind === 'token' || (kind === 'nested' && this.#random.chance(0.5)) ? `quiet ${this.#random.int(TOKENS)}` : undefined
    await this.#call(kind, service, timeout, token)
  }

  async #call (kind: Kind, service: string, timeout: number, token?: string): Promise<void> {
    const id = `${this.#label}#${this.#life}.${++this.#n}`
    const began = wallClock()
    const sentTo: string[] = []
    const settled = { done: false }
    this.open++
    this.#watch(id, kind, timeout, settled)
    const end = (outcome: string, { message, retryable, node }: Failure = {}): void => {
      settled.done = true
      this.open--
      const more = { ...token === undefined ? {} : { token }, ...message === undefined ? {} : { message }, ...retryable === undefined ? {} : { retryable }, ...node === undefined ? {} : { node } }
      this.#emit('call', { id, kind, service, began, ended: wallClock(), timeout, outcome, sentTo, ...more } satisfies Called)
    }
    try {
      end('ok', { node: await this.#send(kind, service, id, timeout, token, sentTo) })
    } catch (error) {
      this.#expectTyped(`${kind} ${id}`, error as Failure, [])
      end((error as Failure).code ?? (error as Error).name, error as Failure)
    }
  }

  async #send (kind: Kind, service: string, id: string, timeout: number, token: string | undefined, sentTo: string[]): Promise<any> {
    const { rpc } = this.#mesh
    const options = { timeout, onNode: (node: string) => { sentTo.push(node) }, ...token === undefined ? {} : { token } }
    const work: Work = { id, ms: this.#random.int(20), ...token === undefined ? {} : { token } }
    switch (kind) {
      case 'nested': return rpc.invoke(service, 'work', { ...work, then: this.#random.pick(SERVICES) }, options)
      case 'keyed': return rpc.invoke(service, 'work', work, { ...options, idempotencyKey: id })
      case 'large': return rpc.invoke(service, 'work', { ...work, pad: new Uint8Array(100 * 1024) }, options)
      case 'cancelled': return rpc.invoke(service, 'work', { ...work, ms: 100 }, { ...options, signal: AbortSignal.timeout(this.#random.int(150)) })
      case 'ticks': return this.#inOrder(id, 40, rpc.stream(service, 'ticks', 'serverStream', { count: 40, ms: 3 }, options))
      case 'mirror': return this.#inOrder(id, 40, rpc.stream(service, 'mirror', 'bidi', Array.from({ length: 40 }, (_, n) => n), options))
      default: return rpc.invoke(service, 'work', work, options)
    }
  }

  async #inOrder (id: string, count: number, results: AsyncIterable<unknown>): Promise<undefined> {
    let next = 0
    for await (const value of results) {
      if (value !== next) this.#emit('wrong', `${id}: ${String(value)} came instead of ${next}`)
      next++
    }
    if (next !== count) this.#emit('wrong', `${id}: the sequence ended well after ${next} of ${count}`)
    return undefined
  }

  /** By the turns of this process: a time in which it was stopped, or starved, counts little. */
  #watch (id: string, kind: Kind, timeout: number, settled: { done: boolean }): void {
    const look = async (): Promise<void> => {
      for (let turn = 0; turn < SLACK / 50 && !settled.done; turn++) await pause(50)
      if (!settled.done) this.#emit('wrong', `${kind} ${id} did not settle ${SLACK} ms after its deadline of ${timeout} ms`)
    }
    setTimeout(() => { if (!settled.done) void look() }, timeout)
  }

  #expectTyped (what: string, error: Failure, names: readonly string[]): void {
    const { name = '', code } = error
    if (STATUS_CODES.some(status => status === code) || ['MeshStoppedError', 'TimeoutError', ...names].includes(name)) return
    this.#emit('wrong', `${what}: no typed error: ${(error as Error).stack ?? name}`)
  }
}
