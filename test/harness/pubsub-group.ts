/** Publishers, consumers and keepers, each a process with a place of its own, for runs with faults; and what they said of every message. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDeliveries } from './deliveries.ts'
import { faultProxy } from './fault-proxy.ts'
import { wallClock } from './ipc.ts'
import { freePort } from './ports.ts'
import { spawnNode } from './processes.ts'
import { until } from './until.ts'
import { allSeeAll } from './use-processes.ts'
import type { DeliveryVerdict, Fault, Handling } from './deliveries.ts'
import type { FaultProxy } from './fault-proxy.ts'
import type { ChildMeshOptions } from './ipc.ts'
import type { NodeProcess } from './processes.ts'
import type { Stall } from './stalls.ts'
import type { ChildSubscribeOptions, Handled, Tried } from './pubsub-methods.ts'
import type { NodeInfo, PublishOptions } from '../../src/index.ts'

const TOPIC = 'orders'
/** A delivery to a consumer that was killed, or taken for gone, counts as one: with the default of 5, faults in quick succession bury a message that no handler has seen. */
const MAX_DELIVER = 100

/** Milliseconds in which what is confirmed as durable leaves a process that is starved, while it runs. */
const UNDER_WAY = 3_000

/** Milliseconds that a process ran nothing, from which on what it does may come too late. */
const STARVED = 900

const address = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`

export interface Seat {
  readonly label: string
  /** Keeps messages for others. */
  readonly keeper?: boolean
  /** Channels that it consumes from. */
  readonly consumes?: readonly string[]
  /** Messages a second that it publishes, and what it waits for. */
  readonly publishes?: { readonly rate: number, readonly confirm: NonNullable<PublishOptions['confirm']> }
  /** In memory: a new identity with each start. @default true */
  readonly storage?: boolean
}

export interface PubsubGroupInit {
  readonly seats: readonly Seat[]
  readonly subscribe?: ChildSubscribeOptions
  /** Milliseconds that a handler takes. @default 5 */
  readonly delay?: number
  /** The first seat reaches the others, and is reached, only through {@link PubsubGroup.proxies}. @default false */
  readonly island?: boolean
}

export class PubsubGroup implements AsyncDisposable {
  readonly faults: Fault[] = []
  /** By the index of the seat; who was killed stays until it is started again. */
  readonly nodes: NodeProcess[] = []
  /** What lies between the first seat and each other one. */
  readonly proxies: FaultProxy[] = []
  readonly #init: PubsubGroupInit
  readonly #all: NodeProcess[] = []
  readonly #starts: number[] = []
  readonly #killed = new Map<number, Fault & { to?: number }>()
  /** Processes that stand still, and since when. */
  readonly #still = new Map<NodeProcess, number>()
  #ports: number[] = []
  #directory = ''

  constructor (init: PubsubGroupInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    const { seats, island = false } = this.#init
    this.#directory = await mkdtemp(join(tmpdir(), 'braid-pubsub-'))
    this.#ports = await Promise.all(seats.map(freePort))
    if (island) this.proxies.push(...await Promise.all(this.#ports.slice(1).map(async port => faultProxy({ port }))))
    await Promise.all(seats.map(async (_, index) => this.#spawn(index)))
    await allSeeAll(this.nodes)
    await Promise.all(seats.map(async (_, index) => this.#consume(index)))
    await Promise.all(seats.map(async (_, index) => this.#publish(index)))
  }

  node (index: number): NodeProcess {
    return this.nodes[index] as NodeProcess
  }

  indexes (of: (seat: Seat) => boolean): number[] {
    return this.#init.seats.flatMap((seat, index) => of(seat) ? [index] : [])
  }

  /** SIGKILL; {@link restart} brings it back. */
  async kill (index: number, kind: string): Promise<void> {
    this.#killed.set(index, this.#fault(index, kind))
    const node = this.node(index)
    node.kill('SIGKILL')
    await node.exit
  }

  /** At its old address, with its old storage; goes on with what it did. What was done to it lasts until then. */
  async restart (index: number): Promise<void> {
    const fault = this.#killed.get(index)
    await this.#spawn(index)
    await this.#consume(index)
    await this.#publish(index)
    if (fault !== undefined) fault.to = wallClock()
  }

  /** SIGSTOP; the returned function ends it. */
  stop (index: number, kind: string): () => void {
    const fault = this.#fault(index, kind)
    const node = this.node(index)
    if (this.#init.seats[index]?.publishes?.confirm === 'outbox') this.#still.set(node, fault.at)
    node.kill('SIGSTOP')
    return () => {
      node.kill('SIGCONT')
      this.#still.delete(node)
      fault.to = wallClock()
    }
  }

  /** Something that is done from outside; the returned function ends it. */
  fault (kind: string): () => void {
    const fault = this.#fault(undefined, kind)
    return () => { fault.to = wallClock() }
  }

  /** Handlings so far, of every process that there ever was. */
  handlings (): Handling[] {
    return this.#all.flatMap(node => node.eventsOf<Handled & { channel: string }>('done').map(({ detail }) => ({ ...detail, node: node.id })))
  }

  /** Messages that were tried before that time by who is in the seat now, and not handled by then. */
  openAt (index: number, time: number): number {
    const { id, events } = this.node(index)
    const tried = new Set(events.filter(({ event, at }) => event === 'tried' && at <= time).map(({ detail }) => (detail as Tried).body))
    for (const node of this.#all) {
      for (const { detail, at } of node.eventsOf<Handled>('done')) {
        if (detail.publisher === id && at <= time) tried.delete(detail.body as string)
      }
    }
    return tried.size
  }

  /** Resolves when so many more messages were handled. */
  async flow (more: number): Promise<void> {
    const before = this.handlings().length
    await until(() => this.handlings().length >= before + more, { timeout: 150_000, interval: 50, what: `${more} more messages are handled` })
  }

  /** Resolves when all that is confirmed by now is handled in every channel. */
  async caughtUp (): Promise<void> {
    const attempts = this.#attempts()
    await until(() => this.#judge(attempts).lost.length === 0, { timeout: 150_000, interval: 100, what: 'what was confirmed is handled' }).catch(async (error: Error) => {
      const { lost } = this.#judge(attempts)
      const infos = await Promise.all(this.nodes.filter(({ alive }) => alive).map(async node => {
        // one of them may be stopped
        const info = await node.command<object>('pubsubInfo', [], 5_000).catch(({ message }: Error) => ({ message }))
        return { id: node.id, label: node.label, ...info }
      }))
      throw new Error(`${error.message}: ${lost.length} are not, ${lost.slice(0, 5).join(', ')}; ${JSON.stringify(infos)}`)
    })
  }

  /** Ends the publishing and waits until every confirmed message is handled in every channel; then judges. */
  async verdict (): Promise<DeliveryVerdict> {
    const publishers = this.indexes(({ publishes }) => publishes !== undefined)
    await Promise.all(publishers.map(async index => this.node(index).command('publishOff', [], 150_000)))
    await this.caughtUp()
    return this.judge()
  }

  /** Of what is known now: what is under way may seem lost. */
  judge (): DeliveryVerdict {
    return this.#judge(this.#attempts())
  }

  /** @throws when one of the processes did what none may */
  expectClean (): void {
    for (const node of this.#all) node.expectClean()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.#all.map(async node => node[Symbol.asyncDispose]()))
    await Promise.all(this.proxies.map(async proxy => proxy.close()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  #fault (index: number | undefined, kind: string): Fault & { to?: number } {
    const keeper = index !== undefined && this.#init.seats[index]?.keeper === true
    const fault = { kind, at: wallClock(), ...index === undefined || keeper ? {} : { node: this.node(index).id } }
    this.faults.push(fault)
    return fault
  }

  #judge (attempts: readonly Tried[]): DeliveryVerdict {
    return checkDeliveries({
      attempts,
      handlings: this.handlings(),
      channels: [...new Set(this.#init.seats.flatMap(({ consumes = [] }) => consumes))],
      faults: [...this.#views(), ...this.faults]
    })
  }

  /** What a busy machine does by itself: a connection between two ended, one took the other for gone, or ran nothing while its acks were waited for. */
  #views (): Fault[] {
    return this.#all.flatMap(({ id, events }) => events.flatMap(({ event, detail, at }): Fault[] => {
      if (event === 'disconnect') return [{ kind: 'a connection ended', node: id, other: detail as string, at }]
      if (event === 'stall') {
        const { from, to } = detail as Stall
        return to - from < STARVED ? [] : [{ kind: 'stood still', node: id, at: from, to }]
      }
      if (event === 'node:remove') return [{ kind: 'taken for gone', node: id, other: (detail as NodeInfo).id, at }]
      return []
    }))
  }

  #attempts (): Tried[] {
    const ids = new Map<string, string | undefined>()
    for (const node of this.#all) {
      // what only its own disk has when it is stopped is for later
      const stopped = this.#still.get(node)
      const until = stopped === undefined ? Infinity : stopped - UNDER_WAY - node.stoodStill(stopped - 4 * UNDER_WAY)
      for (const { detail: { body, id }, at } of node.eventsOf<Tried>('tried')) ids.set(body, (at <= until ? id : undefined) ?? ids.get(body))
    }
    return Array.from(ids, ([body, id]) => ({ body, id }))
  }

  async #spawn (index: number): Promise<void> {
    const { label, keeper = false, storage = true } = this.#init.seats[index] as Seat
    const node = await spawnNode({
      label,
      options: {
        mesh: 'pubsub',
        name: label,
        ...this.#paths(index),
        election: false,
        pubsub: { keeper },
        ...storage ? { storage: join(this.#directory, label) } : {}
      }
    })
    this.nodes[index] = node
    this.#all.push(node)
  }

  #paths (index: number): ChildMeshOptions {
    const { island = false } = this.#init
    const proxied = this.proxies.map(({ port }) => address(port))
    if (island && index === 0) return { listen: [], bootstrap: proxied }
    const listen = [address(this.#ports[index] as number)]
    const bootstrap = this.#ports.filter((_, other) => other !== index && !(island && other === 0)).map(address)
    return { listen, bootstrap, ...island ? { announce: proxied.slice(index - 1, index) } : {} }
  }

  async #consume (index: number): Promise<void> {
    const { subscribe = {}, delay = 5, seats } = this.#init
    for (const channel of seats[index]?.consumes ?? []) {
      await this.node(index).command('subscribe', [TOPIC, channel, { ...subscribe, maxDeliver: MAX_DELIVER }, { delay, tellEnd: true }])
    }
  }

  async #publish (index: number): Promise<void> {
    const { label, publishes } = this.#init.seats[index] as Seat
    if (publishes === undefined) return
    const start = this.#starts[index] = (this.#starts[index] ?? 0) + 1
    await this.node(index).command('publishOn', [TOPIC, `${label}/${start}`, publishes.rate, { confirm: publishes.confirm }])
  }
}
