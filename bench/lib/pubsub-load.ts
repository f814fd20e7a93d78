/** Commands of a node process that publishes and consumes under load, and counts in itself what it sees. */
import { wallClock } from '../../test/harness/ipc.ts'
import type { Channel, Mesh, PublishOptions, SubscribeOptions } from '../../src/index.ts'
import type { Command } from '../../test/harness/child.ts'

/** What a message of a load says: when it was published (8 bytes), its number (4 bytes), and nothing (the rest). */
const LEAST = 12
const MAX_LATENCIES = 1 << 18
/** Milliseconds between two looks at whether everything is acked. */
const LOOK = 5
/** Milliseconds without any ack after which a load has failed. */
const STALLED = 45_000

export interface LoadOptions extends Pick<PublishOptions, 'confirm'> {
  /** Bytes of a body. @default 128 */
  size?: number
  /** Number of the first. @default 0 */
  from?: number
  /** Messages; or as many as go in `ms`. */
  count?: number
  ms?: number
  /** Publishes under way at once. @default 4096 */
  window?: number
  /** Messages a second, instead of as many as go. */
  rate?: number
}

export interface Load {
  published: number
  /** From the first publish until the last one was acked in every channel. */
  seconds: number
}

export type LoadSubscribeOptions = Omit<SubscribeOptions, 'signal' | 'from'> & {
  from?: 'latest' | 'beginning'
  /** Milliseconds that a handler takes. @default 0 */
  delay?: number
  /** The handler never ends. @default false */
  hang?: boolean
  /** The handler throws for this number. */
  poison?: number
}

/** What a consumer saw since it was asked last. */
export interface Seen {
  count: number
  /** Milliseconds from publish to handler. */
  p50: number
  p99: number
}

/** A message that came again. */
export interface Again { n: number, attempt: number, at: number }

class Consumer {
  readonly channel: Channel<Uint8Array>
  readonly again: Again[] = []
  times = new Uint8Array(1 << 16)
  count = 0
  total = 0
  readonly #options: LoadSubscribeOptions
  #latencies = new Float64Array(MAX_LATENCIES)

  constructor (channel: Channel<Uint8Array>, options: LoadSubscribeOptions) {
    this.channel = channel
    this.#options = options
    channel.onMessage(({ body, attempt }) => this.#handle(body, attempt))
  }

  #handle (body: Uint8Array, attempt: number): unknown {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    const n = view.getUint32(8)
    this.#latencies[this.count++ % MAX_LATENCIES] = wallClock() - view.getFloat64(0)
    this.total++
    if (n >= this.times.length) {
      const times = new Uint8Array(n * 2)
      times.set(this.times)
      this.times = times
    }
    this.times[n] = (this.times[n] ?? 0) + 1
    if (attempt > 1) this.again.push({ n, attempt, at: wallClock() })
    const { delay = 0, hang, poison } = this.#options
    if (n === poison) throw new Error('a poison message')
    if (hang === true) return new Promise(() => {})
    if (delay > 0) return new Promise(resolve => { setTimeout(resolve, delay) })
    return undefined
  }

  seen (): Seen {
    const sorted = this.#latencies.slice(0, Math.min(this.count, MAX_LATENCIES)).sort()
    const seen = { count: this.count, p50: sorted[Math.floor(sorted.length / 2)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }
    this.count = 0
    return seen
  }
}

class Publisher {
  readonly #mesh: Mesh
  #next = 0

  constructor (mesh: Mesh) {
    this.#mesh = mesh
  }

  async run (topic: string, { size = 128, from = this.#next, count = Infinity, ms = Infinity, window = 4_096, rate, confirm }: LoadOptions): Promise<Load> {
    const end = this.#mesh.pubsub.topic(topic)
    const options = confirm === undefined ? {} : { confirm }
    const begin = performance.now()
    let n = from
    const one = async (): Promise<unknown> => {
      const body = new Uint8Array(Math.max(size, LEAST))
      const view = new DataView(body.buffer)
      view.setFloat64(0, wallClock())
      view.setUint32(8, n++)
      return end.publish(body, options)
    }
    const over = (): boolean => n - from >= count || performance.now() - begin >= ms
    if (rate === undefined) {
      await Promise.all(Array.from({ length: window }, async () => {
        while (!over()) await one()
      }))
    } else {
      const all: Array<Promise<unknown>> = []
      while (!over()) {
        while (n - from < (performance.now() - begin) * rate / 1_000 && !over()) all.push(one())
        await new Promise(resolve => { setTimeout(resolve, 1) })
      }
      await Promise.all(all)
    }
    this.#next = n
    await this.acked(topic)
    return { published: n - from, seconds: (performance.now() - begin) / 1_000 }
  }

  /** @throws when nothing is acked for {@link STALLED} */
  async acked (topic: string): Promise<void> {
    for (let last = Infinity, at = performance.now(); ;) {
      const pending = this.pending(topic)
      if (pending === 0) return
      if (pending < last) at = performance.now()
      else if (performance.now() - at > STALLED) throw new Error(`${pending} messages are not acked: ${JSON.stringify(this.#mesh.pubsub.info())}`)
      last = pending
      await new Promise(resolve => { setTimeout(resolve, LOOK) })
    }
  }

  pending (topic: string): number {
    const info = this.#mesh.pubsub.info().topics.find(({ name }) => name === topic)
    return info?.channels.reduce((sum, { lag }) => sum + lag, 0) ?? 0
  }
}

export function commands (mesh: Mesh): Record<string, Command> {
  let lost = 0
  mesh.pubsub.addEventListener('lost', ({ detail: { from, to } }) => { lost += to - from + 1 })
  const consumers = new Map<string, Consumer>()
  const publisher = new Publisher(mesh)
  const consumer = (channel: string): Consumer => {
    const known = consumers.get(channel)
    if (known === undefined) throw new Error(`no channel ${channel}`)
    return known
  }
  return {
    'load:consume': async (topic: string, channel: string, options: LoadSubscribeOptions = {}) => {
      consumers.set(channel, new Consumer(await mesh.pubsub.topic(topic).subscribe(channel, options), options))
    },
    'load:publish': async (topic: string, options: LoadOptions = {}) => publisher.run(topic, options),
    'load:acked': async (topic: string) => publisher.acked(topic),
    /** Messages that the publisher holds. */
    'load:length': (topic: string) => mesh.pubsub.info().topics.find(({ name }) => name === topic)?.length ?? 0,
    /** Messages that channels were told to have lost. */
    'load:lost': () => lost,
    'load:seen': (channel: string) => consumer(channel).seen(),
    'load:total': (channel: string) => consumer(channel).total,
    'load:times': (channel: string) => consumer(channel).times,
    'load:again': (channel: string) => consumer(channel).again,
    'load:leave': async (channel: string) => consumer(channel).channel.close(),
    'load:memory': () => {
      globalThis.gc?.()
      const { heapUsed, external, rss } = process.memoryUsage()
      return { used: heapUsed + external, rss }
    }
  }
}
