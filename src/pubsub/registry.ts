/** Which channels there are and who consumes from them: what all nodes tell each other. */
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { time } from '../util/clocks.ts'
import { within } from '../util/deadline.ts'
import { createRegistry } from './registry.core.ts'
import { Driven } from './loop.ts'
import { DELETE_TIMEOUT, FIND_TIMEOUT, SYNC_TIMEOUT } from './numbers.ts'
import { MEMBER } from './roles.ts'
import type { Context } from './context.ts'
import type { ChannelSpec, Member, RegistryDelta, RegistryInput, RegistryOutput } from './types.core.ts'

/** A channel as the mesh knows it. */
export interface Opened { readonly spec: ChannelSpec, readonly fresh: boolean }

export interface RegistryInit {
  context: Context
  /** Of this start of the node. */
  incarnation: number
  onChanged: (spec: ChannelSpec, members: readonly Member[]) => void
  onEnded: (channel: string, opened: number) => void
}

export class Registry {
  readonly #init: RegistryInit
  readonly #core: ReturnType<typeof createRegistry>
  readonly #driven: Driven<RegistryInput, RegistryOutput>
  /** Set while a channel is opened. */
  #opened: Opened | undefined
  /** Somebody told what it knows, or that took too long. */
  readonly #heard = Promise.withResolvers<void>()
  /** When that was for the first time. */
  #heardAt = Infinity
  #startedAt = Infinity
  /** Channels that are to be deleted, and of which nobody has told yet. */
  readonly #awaited = new Map<string, () => void>()
  #synced = false

  constructor (init: RegistryInit) {
    const { context, incarnation } = init
    this.#init = init
    this.#core = createRegistry({ self: context.self, incarnation, random: Math.random, isKnown: id => context.discovery.node(id)?.roles.includes(MEMBER) === true, time: time() })
    this.#driven = new Driven(this.#core, context.loop, output => { this.#output(output) })
  }

  /**
   * This node consumes from the channel, and asks for what is `stated` of its settings.
   *
   * @throws MeshStoppedError
   * @throws InvalidOptionsError - the mesh has too many channels
   */
  async open (spec: ChannelSpec, stated: number, weight: number): Promise<Opened> {
    return new Promise((resolve, reject) => {
      this.#init.context.loop.post(() => {
        this.#opened = undefined
        // the loop is not left before the answer is there
        this.#driven.stepNow({ type: 'open', spec, stated, weight })
        if (this.#opened !== undefined) resolve(this.#opened)
        else reject(this.#driven.stopped ? new MeshStoppedError() : new InvalidOptionsError(`${spec.channel}: too many channels`))
      })
    })
  }

  /** What was stored is read: from now on this node finds others. */
  start (): void {
    this.#startedAt = performance.now()
  }

  /** This node consumes from it no more. */
  close (channel: string): void {
    this.#driven.input({ type: 'close', channel })
  }

  /** Who has just begun to hear, and not of it, or may find others yet, waits to be told: only what is known can be taken back. */
  async delete (channel: string): Promise<void> {
    const alone = this.#init.context.neighbours().length === 0 ? this.#startedAt + FIND_TIMEOUT : Infinity
    const left = Math.min(this.#heardAt, alone) + DELETE_TIMEOUT - performance.now()
    if (left > 0 && !this.matching().some(({ spec }) => spec.channel === channel)) {
      await within(Math.min(left, DELETE_TIMEOUT), new Promise<void>(resolve => { this.#awaited.set(channel, resolve) }))
      this.#awaited.delete(channel)
    }
    this.#driven.input({ type: 'delete', channel })
  }

  message (from: string, delta: RegistryDelta): void {
    this.#heard.resolve()
    this.#heardAt = Math.min(this.#heardAt, performance.now())
    this.#driven.input({ type: 'message', from, delta })
  }

  gone (peer: string): void {
    this.#driven.input({ type: 'gone', peer })
  }

  /** What it said before counts again. */
  back (peer: string): void {
    this.#driven.input({ type: 'back', peer })
  }

  /** Tells a node all that is known. */
  hello (to: string): void {
    const { context } = this.#init
    context.loop.post(() => { context.send(to, { type: 'registry', delta: this.#core.whole() }) })
  }

  /** Channels of a topic, or all. */
  matching (topic?: string): ReturnType<ReturnType<typeof createRegistry>['matching']> {
    return this.#core.matching(topic)
  }

  /** Resolves when a node told what it knows, or there is none that would. */
  async synced (): Promise<void> {
    if (this.#synced || this.#init.context.neighbours().length === 0) return
    await within(SYNC_TIMEOUT, this.#heard.promise)
    this.#synced = true
  }

  stop (): void {
    this.#driven.stop()
  }

  #output (output: RegistryOutput): void {
    const { context, onChanged, onEnded } = this.#init
    switch (output.type) {
      case 'opened':
        this.#opened = output
        break
      case 'spread':
        for (const peer of context.neighbours()) {
          if (peer !== output.except) context.send(peer, { type: 'registry', delta: output.delta })
        }
        break
      case 'changed':
        this.#awaited.get(output.spec.channel)?.()
        onChanged(output.spec, output.members)
        break
      case 'ended':
        onEnded(output.channel, output.opened)
        break
      case 'problem':
        context.problem(output.peer, output.message)
    }
  }
}
