/**
 * Drives the core of one group: gives it time, messages and what became durable, and carries out what it answers, in that
 * order. Nothing leaves before what it depends on is stored.
 */
import { unref } from '../util/timeouts.ts'
import { time } from '../util/clocks.ts'
import { createElection } from './election.core.ts'
import { refusal } from './orders.ts'
import { createOutbox } from './outbox.ts'
import { longLog } from './problems.ts'
import { GroupStore } from './store.ts'
import { Tenures } from './tenure.ts'
import type { FencingToken } from './index.ts'
import type { Answer, GroupInput } from './orders.ts'
import type { Outbox } from './outbox.core.ts'
import type { Signer } from './signer.ts'
import type { ElectionConfig, ElectionCore, ElectionOutput, ElectionStatus, Time } from './types.core.ts'
import type { Storage } from '../storage/index.ts'
import type { Logger } from '@libp2p/interface'

/** Milliseconds before the end of a lease at which it is given up: timers are late by about that. */
const MARGIN = 2
/** Milliseconds by which a timer is later than any should be. */
const LATE = 20
/** Milliseconds between two tries to read what was stored. */
const READ_AGAIN = 2_000

type Output<T extends ElectionOutput['type']> = Extract<ElectionOutput, { type: T }>
/** Of a core that is gone. */
const NOBODY: Output<'change'> = { type: 'change', state: 'wait', leader: undefined, token: undefined, config: undefined }

export interface GroupInit {
  config: Omit<ElectionConfig, 'time' | 'random' | 'durable' | 'lost' | 'persistent'>
  storage: Pick<Storage, 'stable' | 'log' | 'durable'>
  send: (to: string, frame: Uint8Array) => void
  /** Without one nothing is signed, and no signature is believed. */
  signer?: Pick<Signer, 'answer'>
  onChange: (change: Output<'change'>) => void
  onProblem: (problem: Output<'problem'>) => void
  onGroup: (group: Output<'group'>) => void
  onAnswer: (answer: Answer) => void
  /** The register of this leader can be written and read. */
  onReady: (token: FencingToken) => void
  /** There is a core, which must be told who is there: what it was told before went to none. */
  onBegin: () => void
  /** The core failed over a message; it begins again with what is stored. */
  onRestart: (from: string, reason: Error) => void
  log: Logger
}

export class Group {
  readonly tenures: Tenures
  readonly #init: GroupInit
  #store: GroupStore
  readonly #inputs: GroupInput[] = []
  #outbox: Outbox
  #core: ElectionCore | undefined
  #stepping = false
  #stopped = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #armed = Infinity
  #change: Output<'change'> | undefined
  #until: Time | undefined
  /** The leadership is being given away, or this node leaves: what the core still says of the lease begins no task. */
  #retiring = false

  constructor (init: GroupInit) {
    this.#init = init
    this.tenures = new Tenures(() => this.#holds(), err => { init.log.error('a task failed - %e', err) })
    this.#store = this.#createStore()
    this.#outbox = createOutbox(init)
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
        this.#outbox.drop()
        this.input({ type: 'save-failed', id, reason })
      },
      onLong: reason => { if (store === this.#store) this.#init.onProblem({ type: 'problem', problem: 'log-long', message: longLog(reason) }) }
    })
    return store
  }

  get change (): Output<'change'> | undefined {
    return this.#change
  }

  async start (): Promise<void> {
    const stored = await this.#load()
    if (this.#stopped || stored === undefined) return
    const { config, storage } = this.#init
    const { durable, lost } = stored
    const orders = this.#inputs.splice(0)
    this.#core = createElection({ ...config, durable, lost, persistent: storage.durable, time: time(), random: Math.random })
    this.#init.onBegin()
    for (const order of orders) this.input(order)
    this.#run()
  }

  /** Undefined: not now; it is tried again, and until then this node does not vote. */
  async #load (): Promise<Awaited<ReturnType<GroupStore['load']>> | undefined> {
    try {
      return await this.#store.load()
    } catch (err) {
      if (!this.#stopped) {
        const message = `cannot read the election's state, so this node does not vote: ${String(err)}`
        this.#init.onProblem({ type: 'problem', problem: 'storage-failed', message: `${message}; free or mend the disk, it is tried again every ${READ_AGAIN / 1_000} s` })
        // not carried out later, when somebody else may have been asked
        for (const order of this.#inputs.splice(0)) this.#refuse(order, message)
        this.#sleep(READ_AGAIN, () => { this.start().catch((err: unknown) => { this.#end(err) }) })
      }
      return undefined
    }
  }

  stop (): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#inputs.length = 0
    this.#outbox.drop()
    this.tenures.stop()
  }

  /** Resolves when nothing is being stored. */
  async idle (): Promise<void> {
    await this.#store.idle()
  }

  /** Before there is a core nobody is heard: see {@link GroupInit.onBegin}. */
  input (input: GroupInput): void {
    if (this.#stopped) return
    if (this.#core === undefined && input.type !== 'recover') return this.#refuse(input)
    this.#inputs.push(input)
    this.#run()
  }

  #refuse (input: GroupInput, why = 'the node has just started'): void {
    const answer = refusal(input, why)
    if (answer !== undefined) this.#init.onAnswer(answer)
  }

  /** Nobody waits for it any more. */
  withdraw (order: GroupInput): void {
    const at = this.#inputs.indexOf(order)
    if (at >= 0) this.#inputs.splice(at, 1)
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

  /** What {@link retire} was for is over: this node leads on, or may lead again. */
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
    this.#core = undefined
    this.#onChange(NOBODY)
    this.#init.onProblem({ type: 'problem', problem: 'storage-failed', message: `the election of this node failed and has ended: ${String(err)}; restart this node` })
  }

  /** As after a crash: nothing but what is stored counts, and nothing more is said of what was not. */
  #restart (from: string, reason: unknown): void {
    const before = this.#store
    this.#core = undefined
    this.#store = this.#createStore(before)
    this.#outbox.drop()
    this.#outbox = createOutbox(this.#init)
    this.#inputs.length = 0
    this.#onChange(NOBODY)
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
    this.#timer = unref(setTimeout(then, Math.max(0, ms)))
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
      case 'send': this.#outbox.send(output); break
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
      case 'sign': case 'verify': this.#sign(output); break
      default: this.#init.onAnswer(output)
    }
  }

  /** What a key says late is not for a core that has begun anew meanwhile. */
  #sign (asked: Output<'sign' | 'verify'>): void {
    const core = this.#core
    const { signer, log } = this.#init
    signer?.answer(asked).then(answer => { if (core === this.#core) this.input(answer) }, (err: unknown) => { log.error('could not %s a config - %e', asked.type, err) })
  }

  #onChange (change: Output<'change'>): void {
    this.#change = change
    if (change.state !== 'leader') {
      this.#until = undefined
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

  #onSaved (id: number): void {
    if (!this.#stopped) this.#outbox.saved(id)
    this.input({ type: 'saved', id })
  }
}
