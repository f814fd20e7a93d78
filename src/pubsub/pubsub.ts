/**
 * What a node has of the room from its start. All else, `#pubsub`, is loaded by the first who publishes, consumes or
 * listens, so that a page that does not need it does not carry it; Node peers, which keep messages for others, load it at
 * once.
 */
import { serviceCapabilities } from '@libp2p/interface'
import { needed } from '../discovery/optional.ts'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { InvalidNameError, InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { given } from '../util/given.ts'
import { Lazy } from '../util/lazy.ts'
import { timers } from '../util/timers.ts'
import { LazyTopic } from './lazy-topic.ts'
import { checkTopicOrPattern } from './names.ts'
import { checkPubsubOptions } from './options.ts'
import { isSystem } from './system.ts'
import type { TopicContract } from './contract.ts'
import type { OutboxOptions, Pubsub, PubsubComponents, PubsubEvents, PubsubInfo, PubsubInit, Topic } from './index.ts'
import type * as room from './room.ts'
import type { Room } from './room.ts'
import type { Discovery } from '../discovery/index.ts'
import type { AbortOptions, Logger, Startable } from '@libp2p/interface'
import type { EventHandler } from 'main-event'

/** From a start to a stop. */
interface Run {
  /** Aborts with MeshStoppedError. */
  readonly closing: AbortController
  readonly code: Lazy<typeof room>
  /** Gossipsub has started. */
  listening: boolean
  starting: Promise<Room> | undefined
  /** It has started. */
  room: Room | undefined
}

export class PubsubService extends SafeEmitter<PubsubEvents> implements Pubsub, Startable {
  readonly [Symbol.toStringTag] = '@braid/pubsub'
  readonly [serviceCapabilities]: string[] = ['@braid/pubsub']
  readonly #components: PubsubComponents
  readonly #init: PubsubInit
  readonly #log: Logger
  readonly #topics = new Map<string, LazyTopic>()
  /** Types of events that somebody listens to. */
  readonly #wanted = new Set<string>()
  #run: Run | undefined
  readonly #code: () => Promise<typeof room>

  /** @param code - what tests put their own in place of */
  constructor (components: PubsubComponents, init: PubsubInit, code = async (): Promise<typeof room> => import('#pubsub')) {
    const log = components.logger.forComponent('braid:pubsub')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#init = init
    this.#log = log
    this.#code = code
  }

  // ---- lifecycle

  async start (): Promise<void> {
    if (this.#run?.closing.signal.aborted === false) return
    this.#discovery()
    this.#run = { closing: new AbortController(), code: new Lazy('topics', timers, this.#code, code => code), listening: false, starting: undefined, room: undefined }
    if (this.#init.lazy !== true || this.#wanted.size > 0) await this.#load()
  }

  async afterStart (): Promise<void> {
    if (this.#run === undefined) return
    this.#run.listening = true
    this.#run.room?.listen()
  }

  /** Before libp2p begins to close connections. */
  async beforeStop (): Promise<void> {
    await this.stop()
  }

  async stop (): Promise<void> {
    const run = this.#run
    if (run === undefined) return
    run.closing.abort(new MeshStoppedError())
    run.listening = false
    await (await run.starting?.catch(() => undefined))?.stop()
    if (this.#run !== run) return
    this.#run = undefined
    this.#topics.clear()
  }

  async leave (options: AbortOptions = {}): Promise<void> {
    await this.#run?.room?.leave(options)
  }

  // ---- what can be done

  topic (name: string | TopicContract<any, any>, wanted: OutboxOptions = {}): Topic {
    const options = given(wanted)
    const contract = typeof name === 'string' ? undefined : name
    const known = checkTopicOrPattern(contract?.topic ?? name)
    checkPubsubOptions({ outbox: options })
    if (isSystem(known) && (contract === undefined ? /[*>]/.test(known) : this.#init.system?.includes(known as never) !== true)) throw new InvalidNameError(`${known}: topics of the node are known by their names`)
    const topic = this.#topics.get(known)
    if (topic !== undefined && contract !== undefined && topic.schema !== contract.body) {
      throw new InvalidOptionsError(`the topic ${known} was made ${topic.schema === undefined ? 'without its contract: give the contract first' : 'with another contract'}`)
    }
    if (topic !== undefined && Object.entries(options).some(([name, value]) => value !== topic.options[name as keyof OutboxOptions])) throw new InvalidOptionsError(`the topic ${known} has other options`)
    const made = topic ?? new LazyTopic(known, contract?.body, {
      options,
      room: () => this.#run?.room,
      load: async () => this.#load(),
      request: topic => ({ name: known, schema: topic.schema, options, onClose: () => { if (this.#topics.get(known) === topic) this.#topics.delete(known) } })
    })
    this.#topics.set(known, made)
    return made
  }

  info (): PubsubInfo {
    return this.#run?.room?.info() ?? { topics: [], channels: [], counters: {} }
  }

  resync (): void {
    this.#run?.room?.resync()
  }

  override addEventListener<K extends keyof PubsubEvents> (type: K, listener: EventHandler<PubsubEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)
    this.#wanted.add(type)
    this.#run?.room?.want(type)
    if (this.#run !== undefined && this.#run.room === undefined) this.#load().catch((err: unknown) => { this.#log('could not load - %e', err) })
  }

  // ---- parts

  #discovery (): Discovery {
    return needed('pubsub', this.#components, 'discovery')
  }

  /**
   * @throws MeshStoppedError
   * @throws RpcError `UNAVAILABLE`, retryable - its code could not be loaded
   */
  async #load (): Promise<Room> {
    const run = this.#run
    if (run === undefined) throw new MeshStoppedError('the mesh is not started, or is stopped')
    run.closing.signal.throwIfAborted()
    if (run.room !== undefined) return run.room
    const code = await abortable(run.code.load(), run.closing.signal)
    run.closing.signal.throwIfAborted()
    run.starting ??= this.#make(run, code).catch((err: unknown) => {
      // the next one who needs it tries again
      run.starting = undefined
      throw err
    })
    return run.starting
  }

  async #make (run: Run, { Room }: typeof room): Promise<Room> {
    const room = new Room({
      components: this.#components,
      init: this.#init,
      discovery: this.#discovery(),
      emit: (type, detail) => { this.safeDispatchEvent(type, { detail }) },
      log: this.#log
    })
    // of those that are gone nobody is told
    const wanted = (): string[] => [...this.#wanted].filter(type => this.listenerCount(type) > 0)
    await room.start(wanted())
    run.room = room
    if (run.listening) room.listen()
    for (const type of wanted()) room.want(type)
    return room
  }
}

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: no `discovery` service beside it
 *
 * @example
 *
 * ```ts
 * const node = await createLibp2p({ services: { identify: identify(), pubsub: gossipsub(), discovery: discovery(), topics: pubsub() } })
 * await node.services.topics.topic('orders').publish({ item: 'book' })
 * ```
 */
export function pubsub (init: PubsubInit = {}): (components: PubsubComponents) => Pubsub {
  checkPubsubOptions(init)
  return components => new PubsubService(components, init)
}
