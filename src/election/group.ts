/**
 * Drives the core of one group: gives it time, messages and what became durable, and carries out what it answers, in that
 * order. Nothing leaves before what it depends on is stored.
 */
import { encodeElection } from '../wire/election-codec.ts'
import { createElection } from './election.core.ts'
import { GroupStore } from './store.ts'
import { Tenures } from './tenure.ts'
import type { FencingToken } from './index.ts'
import type { Message } from './messages.core.ts'
import type { ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, ElectionStatus, Time } from './types.core.ts'
import type { Storage } from '../storage/index.ts'
import type { Logger } from '@libp2p/interface'

/** Milliseconds before the end of a lease at which it is given up: timers are late by about that. */
const MARGIN = 2
/** Milliseconds by which a timer is later than any should be. */
const LATE = 20
/** Milliseconds between two tries to read what was stored. */
const READ_AGAIN = 2_000
/** Messages that wait for what they depend on; a storage that hangs must not fill the memory. */
const MAX_HELD = 4_096

type Output<T extends ElectionOutput['type']> = Extract<ElectionOutput, { type: T }>
type Untimed<I> = I extends ElectionInput ? Omit<I, keyof Time> : never
export type GroupInput = Untimed<ElectionInput>
/** Answers that something waits for. */
export type Answer = Output<'committed' | 'value' | 'refused' | 'transferred' | 'left' | 'recovered'>

export interface GroupInit {
  config: Omit<ElectionConfig, 'time' | 'random' | 'durable' | 'lost' | 'persistent'>
  storage: Pick<Storage, 'stable' | 'log' | 'durable'>
  send: (to: string, frame: Uint8Array) => void
  onChange: (change: Output<'change'>) => void
  onProblem: (problem: Output<'problem'>) => void
  onGroup: (group: Output<'group'>) => void
  onAnswer: (answer: Answer) => void
  /** The register of this leader can be written and read. */
  onReady: (token: FencingToken) => void
  /** The core failed over a message; it begins again with what is stored, and must be told who is there. */
  onRestart: (from: string, reason: Error) => void
  log: Logger
}

export class Group {
  readonly tenures: Tenures
  readonly #init: GroupInit
  #store: GroupStore
  readonly #inputs: GroupInput[] = []
  #core: ElectionCore | undefined
  #stepping = false
  #stopped = false
  #durable = 0
  #held: Array<Output<'send'>> = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #armed = Infinity
  #change: Output<'change'> | undefined
  #until: Time | undefined
  /** The leadership is being given away: what the core still says of the lease counts no more. */
  #retiring = false

  constructor (init: GroupInit) {
    this.#init = init
    this.tenures = new Tenures(() => this.#holds(), err => { init.log.error('a task failed - %e', err) })
    this.#store = this.#createStore()
  }

  #createStore (former?: GroupStore): GroupStore {
    const { storage, config: { service } } = this.#init
    const store: GroupStore = new GroupStore({
      storage,
      service,
      volatile: !storage.durable,
      former,
      onSaved: id => { if (store === this.#store) this.#onSaved(id) },
      onFailed: (id, reason) => {
        if (store !== this.#store) return
        this.#held = []
        this.input({ type: 'save-failed', id, reason })
      }
    })
    return store
  }

  get change (): Output<'change'> | undefined {
    return this.#change
  }

  /** What was given to {@link input} before waits until the store is read. */
  async start (): Promise<void> {
    const stored = await this.#load()
    if (this.#stopped || stored === undefined) return
    const { config, storage } = this.#init
    const { durable, lost } = stored
    this.#core = createElection({ ...config, durable, lost, persistent: storage.durable, time: time(), random: Math.random })
    this.#run()
  }

  /** Undefined: not now; it is tried again, and until then this node does not vote. */
  async #load (): Promise<Awaited<ReturnType<GroupStore['load']>> | undefined> {
    try {
      return await this.#store.load()
    } catch (err) {
      if (!this.#stopped) {
        this.#init.onProblem({ type: 'problem', problem: 'storage-failed', message: `cannot read the election's state, so this node does not vote: ${String(err)}` })
        this.#sleep(READ_AGAIN, () => { this.start().catch((err: unknown) => { this.#end(err) }) })
      }
      return undefined
    }
  }

  stop (): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#inputs.length = 0
    this.#held = []
    this.tenures.stop()
  }

  /** Resolves when nothing is being stored. */
  async idle (): Promise<void> {
    await this.#store.idle()
  }

  input (input: GroupInput): void {
    if (this.#stopped) return
    this.#inputs.push(input)
    this.#run()
  }

  status (): ElectionStatus | undefined {
    return this.#core?.status(time())
  }

  get core (): ElectionCore | undefined {
    return this.#core
  }

  /** End this leader's tenure before its leadership goes. */
  async retire (why: string, signal?: AbortSignal): Promise<void> {
    this.#retiring = true
    await this.tenures.retire(why, signal === undefined ? {} : { signal })
  }

  /** {@link retire} came to nothing: this node leads on. */
  resume (): void {
    this.#retiring = false
    this.#takeOffice()
  }

  #run (): void {
    const core = this.#core
    if (core === undefined || this.#stepping) return
    this.#stepping = true
    let input: GroupInput | undefined
    try {
      for (input = this.#inputs.shift(); input !== undefined && !this.#stopped; input = this.#inputs.shift()) {
        const outputs = core.step({ ...input, ...time() })
        for (const output of outputs) if (output.type !== 'register-ready') this.#carry(output)
        // a leader that is alone has its register before it is told that it leads
        for (const output of outputs) if (output.type === 'register-ready') this.#carry(output)
      }
    } catch (err) {
      // A core that threw knows no longer what it knew: it must not vote on.
      this.#init.log.error('the election failed - %e', err)
      if (input?.type === 'message') this.#restart(input.from, err)
      else this.#end(err)
    } finally {
      this.#stepping = false
    }
    this.#arm()
  }

  #end (err: unknown): void {
    this.stop()
    this.#init.onProblem({ type: 'problem', problem: 'storage-failed', message: `the election of this node failed and has ended: ${String(err)}` })
  }

  /** As after a crash: nothing but what is stored counts, and nothing more is said of what was not. */
  #restart (from: string, reason: unknown): void {
    const before = this.#store
    this.#core = undefined
    this.#store = this.#createStore(before)
    this.#durable = 0
    this.#held = []
    this.#inputs.length = 0
    this.#onChange({ type: 'change', state: 'wait', leader: undefined, token: undefined, config: undefined })
    this.#init.onProblem({ type: 'problem', problem: 'stranger', message: `a message of ${from} made this node's election fail: it is cut, and the election begins again with what is stored`, peer: from })
    this.#init.onRestart(from, reason instanceof Error ? reason : new Error(String(reason)))
    before.idle().then(async () => this.start()).catch((err: unknown) => { this.#end(err) })
  }

  #arm (): void {
    const due = Math.min(this.#core?.due ?? Infinity, (this.#until?.now ?? Infinity) - MARGIN)
    if (this.#stopped || due >= this.#armed) return
    clearTimeout(this.#timer)
    this.#armed = due
    this.#sleep(Math.ceil(due - performance.now()), () => {
      this.#expire()
      // this process was stopped, or very busy: what came meanwhile is heard first
      if (performance.now() - due > LATE) this.#sleep(0, () => { this.#tick() })
      else this.#tick()
    })
  }

  #sleep (ms: number, then: () => void): void {
    const timer: { unref?: () => void } | number = this.#timer = setTimeout(then, Math.max(0, ms))
    if (typeof timer === 'object') timer.unref?.()
  }

  #tick (): void {
    this.#armed = Infinity
    this.#expire()
    if ((this.#core?.due ?? Infinity) <= performance.now()) this.input({ type: 'tick' })
    else this.#arm()
  }

  #carry (output: ElectionOutput): void {
    switch (output.type) {
      case 'save': this.#store.save(output); break
      case 'send': this.#send(output); break
      case 'change': this.#onChange(output); break
      case 'lease':
        this.#until = output.until
        this.#takeOffice()
        break
      case 'lease-end':
        this.#until = undefined
        this.tenures.end(output.reason)
        break
      case 'problem': this.#init.onProblem(output); break
      case 'group': this.#init.onGroup(output); break
      case 'register-ready': this.#init.onReady(output.token); break
      default: this.#init.onAnswer(output)
    }
  }

  #onChange (change: Output<'change'>): void {
    this.#change = change
    if (change.state !== 'leader') {
      this.#until = undefined
      this.#retiring = false
      this.tenures.end('another term has begun')
    }
    this.#takeOffice()
    this.#init.onChange(change)
  }

  #takeOffice (): void {
    const token = this.#change?.token
    if (token !== undefined && !this.#retiring && this.#holds()) this.tenures.begin(token)
  }

  #holds (): boolean {
    if (this.#change?.state !== 'leader' || this.#stopped) return false
    if (this.#init.config.lease === 'off') return true
    const { now, wall } = time()
    return this.#until !== undefined && now < this.#until.now && wall < this.#until.wall
  }

  /** This node leads, and nobody else can: without leases it never knows. */
  get leased (): boolean {
    return this.#init.config.lease !== 'off' && this.#until !== undefined && this.#holds()
  }

  /** The core may extend a lease that ran out; this node has told its tasks that it ended. */
  #expire (): void {
    if (this.#until === undefined || performance.now() < this.#until.now - MARGIN) return
    this.#until = undefined
    this.tenures.end('no majority of the voters answered in time')
  }

  #send (output: Output<'send'>): void {
    const waits = output.after > this.#durable || this.#held.some(({ to }) => to === output.to)
    if (!waits) this.#post(output.to, output.message)
    else if (this.#held.push(output) > MAX_HELD) this.#held.shift()
  }

  #onSaved (id: number): void {
    this.#durable = id
    const held = this.#held
    this.#held = []
    if (!this.#stopped) for (const output of held) this.#send(output)
    this.input({ type: 'saved', id })
  }

  #post (to: string, message: Message): void {
    try {
      this.#init.send(to, encodeElection(this.#init.config.service, { ...message }))
    } catch (err) {
      this.#init.log.error('could not write a %s - %e', message.type, err)
    }
  }
}

function time (): Time {
  return { now: performance.now(), wall: Date.now() }
}
