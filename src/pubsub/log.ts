/** One log that this node assigns: its core, what is stored of it, and who waits for what becomes of its messages. */
import { MeshStoppedError } from '../errors.ts'
import { createAssigner } from './assigner.core.ts'
import { Gate } from './gate.ts'
import { Driven } from './loop.ts'
import type { OutboxOptions } from './index.ts'
import type { LogFile } from './log-file.ts'
import type { Loop, Timeless } from './loop.ts'
import type {
  AssignerConfig, AssignerInput, AssignerOutput, AssignerStatus, Batch, ChannelSpec, LogId, Member, Net, NewMessage
} from './types.core.ts'

const STOPPED = 'the mesh was stopped before that was known'

export interface LogInit {
  self: string
  log: LogId
  loop: Loop
  config: Pick<AssignerConfig, 'restored' | 'takeOver' | 'retention' | 'random' | 'time'>
  /** Undefined without storage, and for a log that was taken over: its keeper stores it. */
  file: LogFile | undefined
  onBatch: (batch: Batch) => Promise<void>
  send: (to: string, message: Net) => void
  onDead: (log: LogDriver, dead: Extract<AssignerOutput, { type: 'dead' }>) => void
  onEvent: (log: LogDriver, output: AssignerOutput) => void
}

/** What became of a publish that was asked for. */
export interface Published { readonly first: number, readonly channels: readonly string[] }

export class LogDriver {
  readonly log: LogId
  readonly own: boolean
  /** Of who published last: a log that is restored is made before anybody says. */
  options: OutboxOptions | undefined
  readonly #init: LogInit
  readonly #core: ReturnType<typeof createAssigner>
  readonly #driven: Driven<AssignerInput, AssignerOutput>
  readonly #gate = new Gate()
  /** Set while a publish is stepped. */
  #published: Published | 'full' | undefined
  #room: Array<() => void> = []
  /** By the highest seq that each batch had, in order: who waits until it is handed to the network. */
  readonly #sent = new Watch()
  readonly #durable = new Watch()
  readonly #stored = new Watch()
  #storedBy: readonly string[] = []
  /** Who waits for it; true: it happened before somebody did. */
  readonly #handled = new Map<number, PromiseWithResolvers<void> | true>()
  /** Why nothing can be published on it any more. */
  failed: Error | undefined

  constructor (init: LogInit) {
    this.#init = init
    this.log = init.log
    this.own = init.log.publisher === init.self
    this.#core = createAssigner({ self: init.self, log: init.log, persistent: init.file !== undefined, ...init.config })
    this.#driven = new Driven(this.#core, init.loop, output => { this.#output(output) })
  }

  get persistent (): boolean {
    return this.#init.file !== undefined
  }

  get storedBy (): readonly string[] {
    return this.#storedBy
  }

  status (): AssignerStatus {
    return this.#core.status()
  }

  input (input: Timeless<AssignerInput>): void {
    this.#driven.input(input)
  }

  channel (spec: ChannelSpec, members: readonly Member[]): void {
    this.input({ type: 'channel', spec, members })
  }

  saved (id: number): void {
    this.#gate.saved(id)
  }

  /** Nothing is stored any more. What is not durable would have its seq used again after a restart, so that it never leaves. */
  fail (error: Error): void {
    this.#end(error)
    this.#gate.end()
  }

  /** Runs the job when all that was said so far has left. */
  settled (job: () => void): void {
    this.#init.loop.post(() => { this.#gate.settled(job) })
  }

  /** @returns 'full' when none of them was taken */
  publish (messages: readonly NewMessage[], done: (published: Published | 'full') => void): void {
    this.#init.loop.post(() => {
      this.#published = undefined
      // the loop is not left before the answer is there
      this.#driven.stepNow({ type: 'publish', messages })
      done(this.#published ?? 'full')
    })
  }

  /** Resolves when the seq was handed to the network. */
  async sent (seq: number): Promise<void> {
    await this.#sent.reached(seq)
  }

  /** Resolves when the seq is stored here. */
  async durable (seq: number): Promise<void> {
    await this.#durable.reached(seq)
  }

  /** Resolves when two keepers have stored the seq; to false when there are no two any more. */
  async stored (seq: number): Promise<boolean> {
    return this.#stored.reached(seq)
  }

  /** Nobody need wait for what is stored. */
  unkept (): void {
    this.#stored.giveUp()
  }

  /** Resolves when the seq is final in all its channels. It must have been published with `watch`. */
  async handled (seq: number): Promise<void> {
    if (this.#handled.get(seq) === true) this.#handled.delete(seq)
    else if (this.failed !== undefined) throw this.failed
    else {
      const waiter = Promise.withResolvers<void>()
      this.#handled.set(seq, waiter)
      await waiter.promise
    }
  }

  /** Resolves when the outbox has room, or nothing can be published any more. */
  async room (): Promise<void> {
    if (this.failed === undefined) await new Promise<void>(resolve => { this.#room.push(resolve) })
  }

  async stop (): Promise<void> {
    this.#driven.stop()
    this.#end(new MeshStoppedError(STOPPED))
    await this.#init.file?.close()
  }

  /** For all who wait. */
  #end (error: Error): void {
    this.failed = error
    for (const resolve of this.#room.splice(0)) resolve()
    for (const watch of [this.#sent, this.#durable, this.#stored]) watch.fail(error)
    for (const waiter of this.#handled.values()) if (waiter !== true) waiter.reject(error)
    this.#handled.clear()
  }

  #output (output: AssignerOutput): void {
    const { file, send, onDead, onEvent } = this.#init
    switch (output.type) {
      case 'append': {
        file?.append(output.id, output.messages)
        const last = output.messages.at(-1)?.seq ?? 0
        this.#gate.pass(output.id, () => { this.#durable.reach(last) })
        break
      }
      case 'save':
        file?.save(output.id, output.state)
        break
      case 'trim':
        file?.trim(output.upto)
        break
      case 'send':
        this.#gate.pass(output.after, () => { send(output.to, output.message) })
        break
      case 'dead':
        onDead(this, output)
        break
      default:
        if (!this.#progress(output)) onEvent(this, output)
    }
  }

  /** What becomes of what was published. False: it is about something else. */
  #progress (output: AssignerOutput): boolean {
    switch (output.type) {
      case 'published':
        this.#published = output
        break
      case 'full':
        this.#published = 'full'
        break
      case 'room':
        for (const resolve of this.#room.splice(0)) resolve()
        break
      case 'publish': {
        const last = output.batch.messages.at(-1)?.seq ?? 0
        const sent = (): void => { this.#sent.reach(last) }
        this.#gate.pass(output.after, () => { this.#init.onBatch(output.batch).then(sent, sent) })
        break
      }
      case 'stored':
        this.#storedBy = output.by
        this.#stored.reach(output.upto)
        break
      case 'handled':
        this.#wasHandled(output.seq)
        break
      default:
        return false
    }
    return true
  }

  #wasHandled (seq: number): void {
    const waiter = this.#handled.get(seq)
    if (waiter === undefined || waiter === true) {
      this.#handled.set(seq, true)
    } else {
      this.#handled.delete(seq)
      waiter.resolve()
    }
  }
}

/** Who waits until a number that only grows has reached theirs. */
class Watch {
  #reached = 0
  #waiting: Array<{ readonly seq: number, readonly resolve: (reached: boolean) => void, readonly reject: (err: Error) => void }> = []
  #failed: Error | undefined

  async reached (seq: number): Promise<boolean> {
    if (seq <= this.#reached) return true
    if (this.#failed !== undefined) throw this.#failed
    return new Promise<boolean>((resolve, reject) => { this.#waiting.push({ seq, resolve, reject }) })
  }

  /** It grows no more. */
  fail (error: Error): void {
    this.#failed = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  giveUp (): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(false)
  }

  reach (seq: number): void {
    this.#reached = Math.max(this.#reached, seq)
    if (this.#waiting.length === 0) return
    const due = this.#waiting.filter(({ seq }) => seq <= this.#reached)
    if (due.length === 0) return
    this.#waiting = this.#waiting.filter(({ seq }) => seq > this.#reached)
    for (const { resolve } of due) resolve(true)
  }
}
