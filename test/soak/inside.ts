/**
 * The same nodes in this one process, on a network in memory: for machines that are too busy for a dozen processes, and to
 * look into what a run has found. A node that is killed ends its calls; one that stands still keeps its own timers going.
 */
import { wallClock } from '../harness/ipc.ts'
import { serveMethods } from '../harness/node-methods.ts'
import { pubsubCommands } from '../harness/pubsub-methods.ts'
import { createMesh } from '../../src/index.ts'
import { Network as MemoryNetwork } from '../../src/testing/network.ts'
import { SEATS } from './cast.ts'
import { commands } from './soak-child.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command } from '../harness/child.ts'
import type { NodeEvent } from '../harness/ipc.ts'
import type { Exit } from '../harness/processes.ts'
import type { Ground, Member } from './soak-mesh.ts'
import type { Seat } from './cast.ts'

let counter = 0

class Inside implements Member {
  readonly pid = ++counter
  readonly label: string
  readonly host: string
  readonly mesh: Mesh
  readonly events: NodeEvent[] = []
  readonly faults = []
  readonly stdout = ''
  readonly stderr = ''
  alive = true
  readonly #network: MemoryNetwork
  readonly #commands: Record<string, Command>
  #over: Promise<unknown> | undefined

  constructor (mesh: Mesh, label: string, host: string, network: MemoryNetwork) {
    this.mesh = mesh
    this.label = label
    this.host = host
    this.#network = network
    const emit = (event: string, detail: unknown): void => { if (this.alive) this.events.push({ type: 'event', event, detail: structuredClone(detail), at: wallClock() }) }
    for (const event of ['node:add', 'node:remove'] as const) mesh.discovery.addEventListener(event, ({ detail }) => { emit(event, detail) })
    serveMethods(mesh, emit)
    this.#commands = {
      ...pubsubCommands(mesh, emit),
      drain: async (timeout: number) => mesh.drain({ timeout }),
      invoke: async (service: string, method: string, args: unknown, options: object) => mesh.rpc.invoke(service, method, args, options),
      ...commands(mesh, emit, label)
    }
  }

  get id (): string {
    return this.mesh.id
  }

  get exit (): Promise<unknown> {
    return this.#over ?? new Promise(() => {})
  }

  eventsOf <D> (name: string): Array<Omit<NodeEvent, 'detail'> & { readonly detail: D }> {
    return this.events.filter(({ event }) => event === name) as Array<Omit<NodeEvent, 'detail'> & { readonly detail: D }>
  }

  async command <T> (name: string, args: readonly unknown[] = []): Promise<T> {
    return await this.#commands[name]?.(...args) as T
  }

  async invoke <T> (service: string, method: string, args?: unknown, options: object = {}): Promise<T> {
    return this.command('invoke', [service, method, args, options])
  }

  async stop (): Promise<Exit> {
    await this.command('stop')
    this.alive = false
    return { code: 0, signal: null }
  }

  kill (signal?: string): void {
    if (signal === 'SIGSTOP') return this.#network.freeze(this.host)
    if (signal === 'SIGCONT') return this.#network.thaw(this.host)
    if (!this.alive) return
    this.alive = false
    this.#network.kill(this.host)
    void this.command('pauseAll')
    this.#over = this.mesh.stop({ signal: AbortSignal.abort() }).catch(() => {})
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    this.kill()
    await this.#over
  }
}

export class InsideGround implements Ground {
  readonly #network = new MemoryNetwork()
  readonly #members = new Map<number, Inside>()

  async open (): Promise<void> {}

  async start (index: number, { label, service, relay, options }: Seat, storage: string | undefined): Promise<Member> {
    const host = `${label}.${++counter}`
    const bootstrap = [0, 1, 4, 7].flatMap(seat => {
      const member = this.#members.get(seat)
      return member?.alive === true ? [`/memory/${member.host}/p2p/${member.id}`] : []
    })
    const mesh = await createMesh({
      mesh: 'soak',
      name: label,
      listen: [`/memory/${host}`],
      bootstrap,
      start: false,
      ...service === undefined ? {} : { service },
      ...storage === undefined ? {} : { storage },
      ...options,
      relay: false,
      ...relay === true ? { election: false } : {},
      libp2p: { transports: [this.#network.transport(host)] }
    })
    const member = new Inside(mesh, label, host, this.#network)
    this.#members.set(index, member)
    await mesh.start()
    return member
  }

  impair (from: number, to: number): () => void {
    const [a, b] = [this.#members.get(from)?.host, this.#members.get(to)?.host]
    if (a === undefined || b === undefined) return () => {}
    this.#network.fail(a, b, 'silent')
    return () => { this.#network.repair((one, two) => [one, two].sort().join() === [a, b].sort().join()) }
  }

  reset (index: number): void {
    const host = this.#members.get(index)?.host
    for (const seat of SEATS.keys()) {
      const other = this.#members.get(seat)?.host
      if (host === undefined || other === undefined || other === host) continue
      this.#network.fail(host, other, 'cut')
      this.#network.repair((one, two) => [one, two].sort().join() === [host, other].sort().join())
    }
  }

  async close (): Promise<void> {}
}
