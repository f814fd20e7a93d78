/** What every node of the soak does, tab or process: it calls, publishes and consumes, and tells of all of it. */
import { createRandom } from '../../../src/util/random.core.ts'
import type { Mesh, RpcError } from '../../../src/index.ts'
import type { Random } from '../../../src/util/random.core.ts'

/** Why something failed, as it crosses processes. */
export interface Why {
  readonly name: string
  readonly code?: string
  readonly message: string
}

/** What a node tells, each with the wall clock's time. */
export type Told =
  | { readonly type: 'call', readonly at: number, readonly what: string, readonly service: string, readonly took: number, readonly timeout: number, readonly why?: Why }
  | { readonly type: 'published', readonly at: number, readonly body: string, readonly took: number, readonly confirm: string, readonly reached?: string, readonly why?: Why }
  | { readonly type: 'handled', readonly at: number, readonly id: string, readonly body: string, readonly attempt: number }
  | { readonly type: 'removed', readonly at: number, readonly id: string, readonly state: string }
  /** Nothing ran in it for so long, up to that time, as where a machine has too much to do. */
  | { readonly type: 'stall', readonly at: number, readonly took: number }
  | { readonly type: 'event', readonly at: number, readonly name: string, readonly detail: unknown }
  | { readonly type: 'error', readonly at: number, readonly text: string }

export type Tell = (told: Told) => void | Promise<void>

export const TOPIC = 'orders'
export const CHANNEL = 'billing'
/** Milliseconds of a call, and between two pieces of work of a node on average. */
const TIMEOUT = 4_000
const PAUSE = 450
const TOKENS = 24
/** Milliseconds between two looks at the clock, and by how much later than that is a stall. */
const LOOK = 100
const STALL = 400
const CHUNKS = 12

async function sleep (ms: number): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, ms) })
}

function whyOf (error: unknown): Why {
  const { name, message, code } = error as RpcError
  return { name, message: String(message).slice(0, 300), ...typeof code === 'string' ? { code } : {} }
}

export class Work {
  readonly #mesh: Mesh
  readonly #tell: Tell
  readonly #random: Random
  readonly #label: string
  readonly #open = new Map<number, { readonly what: string, readonly since: number }>()
  #running = false
  #next = 0

  constructor (mesh: Mesh, tell: Tell, label: string, seed: number) {
    this.#mesh = mesh
    this.#tell = tell
    this.#label = label
    this.#random = createRandom(seed)
    mesh.discovery.addEventListener('node:remove', ({ detail: { id, state } }) => { void tell({ type: 'removed', at: Date.now(), id, state }) })
    mesh.discovery.addEventListener('node:update', ({ detail: { id, state } }) => { if (state === 'suspect') void tell({ type: 'removed', at: Date.now(), id, state: 'suspected' }) })
    for (const type of ['lost', 'dead', 'expired', 'overflow'] as const) {
      mesh.pubsub.addEventListener(type, ({ detail }: CustomEvent<unknown>) => { this.#event(`pubsub:${type}`, detail) })
    }
    mesh.addEventListener('status', ({ detail }) => { this.#event('status', detail) })
    mesh.addEventListener('awake', ({ detail }) => { this.#event('awake', detail) })
  }

  /** Consumes, and works until it is stopped. */
  async start (): Promise<void> {
    this.#running = true
    const channel = await this.#mesh.pubsub.topic(TOPIC).subscribe(CHANNEL, { ackWait: 5_000 })
    channel.onMessage(async ({ id, body, attempt }) => {
      await this.#tell({ type: 'handled', at: Date.now(), id, body: String(body), attempt })
      // what was told must leave this node before its ack may
      await sleep(20)
    })
    void this.#loop()
    void this.#watch()
  }

  stop (): void {
    this.#running = false
  }

  /** What has begun and not ended, with its age in milliseconds. */
  open (): Array<{ what: string, age: number }> {
    return [...this.#open.values()].map(({ what, since }) => ({ what, age: Date.now() - since }))
  }

  async #watch (): Promise<void> {
    while (this.#running) {
      const from = Date.now()
      await sleep(LOOK)
      const at = Date.now()
      if (at - from > LOOK + STALL) void this.#tell({ type: 'stall', at, took: at - from })
    }
  }

  #event (name: string, detail: unknown): void {
    void this.#tell({ type: 'event', at: Date.now(), name, detail: structuredClone(detail) })
  }

  async #loop (): Promise<void> {
    while (this.#running) {
      const { int, chance } = this.#random
      if (chance(0.25)) void this.#publish()
      else {
        const service = chance(0.5) ? 'tab' : 'login'
        const token = chance(0.4) ? `t${int(TOKENS)}` : undefined
        if (chance(0.3)) void this.#call('stream', service, async () => this.#stream(service))
        else void this.#call(token === undefined ? 'unary' : 'token', service, async () => this.#unary(service, token))
      }
      await sleep(PAUSE * (0.5 + this.#random()))
    }
  }

  async #unary (service: string, token: string | undefined): Promise<void> {
    const args = { n: this.#random.int(1_000_000) }
    const answer = await this.#mesh.rpc.invoke(service, 'echo', args, { timeout: TIMEOUT, ...token === undefined ? {} : { token } }) as typeof args
    if (answer.n !== args.n) throw new Error(`echo ${args.n} came back as ${JSON.stringify(answer)}`)
  }

  async #stream (service: string): Promise<void> {
    const args = { count: CHUNKS, size: 256 }
    let got = 0
    for await (const chunk of this.#mesh.rpc.stream(service, 'chunks', 'serverStream', args, { timeout: TIMEOUT })) {
      if ((chunk as Uint8Array)[0] !== got++) throw new Error(`chunk ${got - 1} is ${String((chunk as Uint8Array)[0])}`)
    }
    if (got !== CHUNKS) throw new Error(`a sequence of ${CHUNKS} ended after ${got}`)
  }

  async #call (what: string, service: string, run: () => Promise<void>): Promise<void> {
    await this.#watched(`${what} of ${service}`, run, (at, took, why) => ({ type: 'call', at, what, service, took, timeout: TIMEOUT, ...why === undefined ? {} : { why } }))
  }

  async #publish (): Promise<void> {
    const body = `${this.#label}/${this.#next}`
    const confirm = this.#random.chance(0.5) ? 'stored' : 'sent'
    let reached: string | undefined
    const signal = AbortSignal.timeout(TIMEOUT)
    await this.#watched(`publish ${body}`, async () => {
      ({ reached } = await this.#mesh.pubsub.topic(TOPIC).publish(body, { confirm, signal }))
    }, (at, took, why) => ({ type: 'published', at, body, took, confirm, ...reached === undefined ? {} : { reached }, ...why === undefined ? {} : { why } }))
  }

  async #watched (what: string, run: () => Promise<void>, told: (at: number, took: number, why: Why | undefined) => Told): Promise<void> {
    const key = this.#next++
    const at = Date.now()
    this.#open.set(key, { what, since: at })
    let why: Why | undefined
    try {
      await run()
    } catch (error) {
      why = whyOf(error)
    }
    this.#open.delete(key)
    await this.#tell(told(at, Date.now() - at, why))
  }
}
