/** The cores of pub/sub without a network: what one says, the others hear at once. */
import { createAssigner } from '../../src/pubsub/assigner.core.ts'
import { createConsumer } from '../../src/pubsub/consumer.core.ts'
import type { AssignerConfig, AssignerCore, AssignerInput, AssignerOutput, ChannelSpec, ConsumerConfig, ConsumerCore, ConsumerInput, ConsumerOutput, Held, ToAssigner } from '../../src/pubsub/types.core.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

export const LOG = { topic: 't', publisher: 'P', epoch: 1 }
export const SPEC: ChannelSpec = {
  channel: 't/c', pattern: 't', name: 'c', opened: 1, start: 'latest', durable: true, expire: 1_000, maxDeliver: 3, ackWait: 1_000, backoff: [100]
}

export class Bench {
  now = 0
  readonly assigner: AssignerCore
  readonly consumers = new Map<string, ConsumerCore>()
  /** Running handlers, oldest first. */
  readonly runs: Array<{ by: string, item: Held }> = []
  /** Seqs in the order in which their handlers began. */
  readonly begun: number[] = []
  /** Seqs whose handlers were given up. */
  readonly abandoned: number[] = []
  readonly told: AssignerOutput[] = []
  readonly problems: string[] = []
  /** Consumers that hear nothing, and are not heard. */
  readonly cut = new Set<string>()
  readonly #queue: Array<() => void> = []

  constructor (config: Partial<AssignerConfig> = {}) {
    this.assigner = createAssigner({ self: 'P', log: LOG, random: () => 0.5, time: this.time(), ...config })
  }

  time (): { now: number, wall: number } {
    return { now: this.now, wall: 1_000_000 + this.now }
  }

  join (id: string, config: Partial<ConsumerConfig> = {}): void {
    this.consumers.set(id, createConsumer({ self: id, spec: SPEC, session: 1, weight: 1, time: this.time(), ...config }))
    this.members()
    this.assign({ type: 'connected', peer: id })
    this.consume(id, { type: 'connected', peer: 'P' })
    this.from(id, { type: 'open', log: LOG, spec: SPEC, weight: 1, fresh: true, session: 1, prefetch: 0, concurrency: 1, holds: [], low: 0, outcomes: { done: [], naks: [], terms: [], expired: [], working: [] } })
  }

  members (): void {
    this.assign({ type: 'channel', spec: SPEC, members: [...this.consumers.keys()].sort().map(id => ({ id, weight: 1 })) })
  }

  publish (count: number, key?: string, ttl = 0): void {
    this.assign({ type: 'publish', messages: Array.from({ length: count }, () => ({ at: this.time().wall, ttl, key, payload: new Uint8Array(10) })) })
  }

  /** Says something to the assigner as a consumer. */
  from (id: string, message: ToAssigner): void {
    this.assign({ type: 'message', from: id, message })
  }

  assign (input: Untimed<AssignerInput>): void {
    this.#later(() => { for (const output of this.assigner.step({ ...input, ...this.time() })) this.#obey(output) })
  }

  consume (id: string, input: Untimed<ConsumerInput>): void {
    this.#later(() => { for (const output of this.consumers.get(id)?.step({ ...input, ...this.time() }) ?? []) this.#obeyConsumer(id, output) })
  }

  /** In the order in which things are said. */
  #later (piece: () => void): void {
    this.#queue.push(piece)
    if (this.#queue.length > 1) return
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      next()
      this.#queue.shift()
    }
  }

  settle (index = 0, how: 'ack' | 'nak' | 'term' = 'ack'): void {
    const [run] = this.runs.splice(index, 1)
    if (run !== undefined) this.consume(run.by, { type: 'settle', item: run.item, how })
    this.flush()
  }

  /** What runs: each with the attempt that its handler sees. */
  tries (): Array<[seq: number, attempt: number]> {
    return this.runs.map(({ item: { message: { seq }, attempt, unstarted } }): [number, number] => [seq, attempt - unstarted]).sort(([a], [b]) => a - b)
  }

  flush (): void {
    for (const [id, core] of this.consumers) if (core.dirty) this.consume(id, { type: 'flush' })
  }

  /** Acks all that runs, until nothing does. */
  drain (): void {
    while (this.runs.length > 0) this.settle()
  }

  pass (ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + 50)
      this.assign({ type: 'tick' })
      for (const id of this.consumers.keys()) this.consume(id, { type: 'tick' })
      this.flush()
    }
  }

  /** The consumer dies; what it ran is gone. */
  kill (id: string): void {
    this.consumers.delete(id)
    for (let i = this.runs.length - 1; i >= 0; i--) if (this.runs[i]!.by === id) this.runs.splice(i, 1)
    this.assign({ type: 'closed', peer: id })
    this.members()
  }

  of <T extends AssignerOutput['type']> (type: T): Array<Extract<AssignerOutput, { type: T }>> {
    return this.told.filter((output): output is Extract<AssignerOutput, { type: T }> => output.type === type)
  }

  #obey (output: AssignerOutput): void {
    this.told.push(output)
    if (output.type === 'publish') {
      for (const id of this.consumers.keys()) if (!this.cut.has(id)) this.consume(id, { type: 'batch', from: 'P', batch: output.batch })
    } else if (output.type === 'send') {
      const { message, to } = output
      if (this.cut.has(to)) return
      switch (message.type) {
        case 'opened': case 'assign': case 'drop': case 'covered': case 'beat': this.consume(to, { type: 'message', from: 'P', message })
      }
    } else if (output.type === 'dead') {
      this.assign({ type: 'buried', channel: output.channel, seq: output.message.seq })
    } else if (output.type === 'problem') {
      this.problems.push(output.message)
    }
  }

  #obeyConsumer (id: string, output: ConsumerOutput): void {
    if (output.type === 'run') {
      this.runs.push({ by: id, item: output.item })
      this.begun.push(output.item.message.seq)
    } else if (output.type === 'abandon') {
      this.abandoned.push(output.item.message.seq)
    } else if (output.type === 'send') {
      if (!this.cut.has(id)) this.from(id, output.message)
    } else if (output.type === 'problem') {
      this.problems.push(output.message)
    }
  }
}
