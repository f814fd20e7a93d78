/** What was given to `publish` and has no seq yet: gathered, so that many share one network message, and held while the log is full. */
import { ChannelClosedError, OutboxFullError } from '../errors.ts'
import { nextTick } from '../util/next-tick.ts'
import { CHUNK, CHUNK_BYTES, CROWD, MAX_WAITING, MAX_WAITING_BYTES } from './numbers.ts'
import type { LogDriver } from './log.ts'
import type { NewMessage, Overflow } from './types.core.ts'

/** Where in the log it is. */
export interface Placed {
  readonly log: LogDriver
  readonly seq: number
  readonly channels: readonly string[]
}

interface Waiting {
  readonly message: NewMessage
  resolve (placed: Placed): void
  reject (err: Error): void
}

export interface OutboxInit {
  topic: string
  linger: number
  overflow: Overflow
  /** Messages that the log may hold: no step is larger. */
  most: number | undefined
  /** The log, once it is open. */
  log: () => Promise<LogDriver>
}

export class Outbox {
  readonly #init: OutboxInit
  #queue: Waiting[] = []
  #bytes = 0
  #scheduled = false
  #flushing: Promise<void> | undefined
  #lastAt = -Infinity
  #lastCount = 0
  #closed = false

  constructor (init: OutboxInit) {
    this.#init = init
  }

  /** @throws OutboxFullError, ChannelClosedError, StorageError */
  async add (message: NewMessage): Promise<Placed> {
    const { topic } = this.#init
    if (this.#closed) throw new ChannelClosedError(`the topic ${topic} is closed`)
    const size = message.payload.length
    if (this.#queue.length >= MAX_WAITING || this.#bytes + size > MAX_WAITING_BYTES) {
      throw new OutboxFullError(`${topic}: ${this.#queue.length} messages wait to be published: await what you publish`)
    }
    this.#bytes += size
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, resolve, reject })
      this.#schedule()
    })
  }

  /** Takes nothing more; resolves when what waits has been published. */
  async close (): Promise<void> {
    this.#closed = true
    await this.#flush()
  }

  #schedule (): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const wait = this.#lastCount < CROWD ? 0 : this.#lastAt + this.#init.linger - performance.now()
    const flush = (): void => { void this.#flush() }
    if (wait <= 0) nextTick(flush)
    else setTimeout(flush, Math.ceil(wait))
  }

  async #flush (): Promise<void> {
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined
      this.#scheduled = false
      if (this.#queue.length > 0) this.#schedule()
    })
    await this.#flushing
  }

  async #drain (): Promise<void> {
    const refuse = (err: unknown): void => { this.#take(this.#queue.length).forEach(({ reject }) => { reject(err as Error) }) }
    let log: LogDriver
    try {
      log = await this.#init.log()
    } catch (err) {
      refuse(err)
      return
    }
    this.#lastCount = this.#queue.length
    const largest = Math.min(CHUNK, this.#init.most ?? CHUNK)
    let size = largest
    while (this.#queue.length > 0) {
      const count = this.#chunk(size)
      if (log.failed !== undefined) {
        refuse(log.failed)
      } else if (this.#publish(log, count)) {
        size = largest
      } else if (count > 1) {
        size = Math.ceil(count / 2)
      } else if (this.#init.overflow === 'reject') {
        this.#take(1)[0]?.reject(new OutboxFullError(`${this.#init.topic}: the outbox is full: its channels are too slow`))
      } else {
        await log.room()
      }
    }
    this.#lastAt = performance.now()
  }

  /** Messages of the next step: at most `size`, and few when they are large. */
  #chunk (size: number): number {
    let bytes = 0
    const end = this.#queue.slice(0, size).findIndex(({ message }, index) => {
      bytes += message.payload.length
      return index > 0 && bytes > CHUNK_BYTES
    })
    return end === -1 ? Math.min(size, this.#queue.length) : end
  }

  /** False: the log is full. */
  #publish (log: LogDriver, count: number): boolean {
    let taken = true
    const waiting = this.#queue.slice(0, count)
    log.publish(waiting.map(({ message }) => message), published => {
      taken = published !== 'full'
      if (published === 'full') return
      this.#take(count)
      waiting.forEach(({ resolve }, index) => { resolve({ log, seq: published.first + index, channels: published.channels }) })
    })
    return taken
  }

  #take (count: number): Waiting[] {
    const taken = this.#queue.splice(0, count)
    for (const { message } of taken) this.#bytes -= message.payload.length
    return taken
  }
}
