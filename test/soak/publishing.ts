/** Publishes all the time, with each durability in turn, and tells of each message what it was promised. */
import { wallClock } from '../harness/ipc.ts'
import type { Emit } from '../harness/child.ts'
import type { Mesh, Reached } from '../../src/index.ts'

/** What a publisher tells of a message: that it tries, then what came of it. */
export interface Published {
  readonly body: string
  readonly topic: string
  readonly id?: string
  readonly reached?: Reached
  readonly storedBy?: readonly string[]
  readonly channels?: readonly string[]
  readonly error?: string
  readonly at: number
}

const CONFIRM: readonly Reached[] = ['stored', 'outbox', 'handled', 'stored', 'sent']
/** Milliseconds that a publish waits for its confirmation. */
const PATIENCE = 8_000

export class Publisher {
  readonly #mesh: Mesh
  readonly #emit: Emit
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #open = new Set<Promise<void>>()

  constructor (mesh: Mesh, emit: Emit) {
    this.#mesh = mesh
    this.#emit = emit
  }

  /** Bodies are `<label>/<n>`. */
  start (topic: string, label: string, rate: number): void {
    let n = 0
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      const one = this.#one(topic, `${label}/${n}`, CONFIRM[n % CONFIRM.length] as Reached, n % 7 === 0 ? `key ${n % 3}` : undefined)
      n++
      this.#open.add(one)
      void one.then(() => this.#open.delete(one))
    }, 1_000 / rate)
  }

  pause (): void {
    clearInterval(this.#timer)
  }

  /** Resolves when each has its receipt, or its error. */
  async stop (): Promise<void> {
    this.pause()
    await Promise.all(this.#open)
  }

  async #one (topic: string, body: string, confirm: Reached, key: string | undefined): Promise<void> {
    this.#emit('published', { body, topic, at: wallClock() } satisfies Published)
    try {
      const { id, reached, storedBy, channels } = await this.#mesh.pubsub.topic(topic).publish(body, { confirm, signal: AbortSignal.timeout(PATIENCE), ...key === undefined ? {} : { key } })
      this.#emit('published', { body, topic, id, reached, storedBy, channels, at: wallClock() } satisfies Published)
    } catch (error) {
      this.#emit('published', { body, topic, error: `${(error as Error).name}: ${(error as Error).message}`, at: wallClock() } satisfies Published)
    }
  }
}
