/** One stage, played on twice: by real links rooms over real rpc rooms, and by a model of the original. */
import { defaultLogger } from '@libp2p/logger'
import { TypedEventEmitter } from 'main-event'
import { Erased } from '../../src/election/erased.core.ts'
import { RegisterError } from '../../src/errors.ts'
import { links } from '../../src/links/index.ts'
import { until } from '../harness/until.ts'
import { Original, Store } from './links-original.ts'
import { FakeMesh, watch } from './rpc-fakes.ts'
import type { Election, ElectionEvents, FencingToken, GroupView, Register, RegisterEntry } from '../../src/election/index.ts'
import type { Links } from '../../src/links/index.ts'
import type { Target } from './links-original.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Startable } from '@libp2p/interface'

/** What the nodes are called. `login`: the first of them decides about its links, until `handOver`. */
export interface Names { readonly gate: string, readonly login: string, readonly nodes: readonly string[] }

export const PLAIN: Names = { gate: 'gate', login: 'login', nodes: ['a', 'b'] }

/** A calling node. What fails resolves to `'failed'`. */
export interface Gate {
  /** Resolves to the node that it ran on. */
  call (token: string, service: string, what?: 'where' | 'throw' | 'cancelled'): Promise<string>
  target (token: string, service: string): Promise<string | undefined>
  /** Moves it, if it is linked. */
  link (token: string, node: string): Promise<void>
  /** Resolves to what the user is told. */
  unlink (token: string, service: string): Promise<number | undefined>
  down (node: string): Promise<number | undefined>
}

/** Three gates, nodes of a login service, and `post` of service `mail`. */
export interface World {
  readonly gates: readonly [Gate, Gate, Gate]
  /** Links to each node that has some or any other number than 0. */
  numbers (): Record<string, number>
  /** A node of the login service, of which the next one to look after the gates' links has not heard. */
  addUnheard (id: string): Promise<void>
  handOver (): Promise<void>
  /** The node dies; whoever decides for its service knows, the gates do not. */
  kill (id: string): void
  hear (gate: number, id: string): void
  /** For long enough that whatever ends without use has ended. */
  idle (): Promise<void>
  /** A few seconds: there every ticker has run, but that of the clean-up. */
  tick (): void
  stop (): Promise<void>
}

const GATES = ['gate1', 'gate2', 'gate3'] as const

export function original ({ mode = 'shared', names = PLAIN }: { mode?: 'shared' | 'local', names?: Names } = {}): World {
  const store = new Store()
  const targets = new Map<string, Target>([...names.nodes.map(id => ({ id, service: names.login })), { id: 'post', service: 'mail' }].map(target => [target.id, target]))
  const of = (id: string): Target => targets.get(id) as Target
  const dead = new Set<string>()
  const models = GATES.map((_, index) => new Original({ store, parent: names.gate, mode, isMaster: index === 0 })) as [Original, Original, Original]
  for (const model of models) for (const target of targets.values()) model.see(target)
  const gate = (model: Original): Gate => ({
    call: async (token, service, what = 'where') => {
      try {
        return model.invoke(service, token, ({ id }) => {
          if (dead.has(id) || what !== 'where') throw new Error('no answer')
          return id
        })
      } catch {
        return 'failed'
      }
    },
    target: async (token, service) => model.target(token, service)?.id,
    link: async (token, node) => { model.link(token, of(node)) },
    unlink: async token => { model.unlink(token); return undefined },
    down: async node => { model.down(of(node)); return undefined }
  })
  return {
    gates: [gate(models[0]), gate(models[1]), gate(models[2])],
    numbers: () => numbersOf([...store.numbers].map(([key, links]) => [key.slice(key.lastIndexOf('-') + 1), links])),
    addUnheard: async id => {
      targets.set(id, { id, service: names.login })
      for (const model of models.slice(1)) model.see(of(id))
    },
    handOver: async () => { models[0].syncOffline() },
    kill: id => { dead.add(id) },
    hear: (index, id) => { models[index]?.lose(of(id)) },
    idle: async () => {
      for (let minute = 0; minute < 120; minute++) {
        for (const model of models) { model.syncRelation(); model.syncOffline() }
      }
    },
    tick: () => { for (const model of models) model.syncRelation() },
    stop: async () => {}
  }
}

function numbersOf (counts: ReadonlyArray<readonly [node: string, links: number]>): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [node, links] of counts) if (links !== 0) numbers[node] = (numbers[node] ?? 0) + links
  return numbers
}

/** The group of a service: who leads, and what all of it hold. Only one writes at a time, so conditions of writes are met. */
class Group {
  readonly table = new Map<string, RegisterEntry>()
  readonly erased = new Erased(false, performance.now())
  leader: string | undefined
  term = 0
  #index = 0
  readonly #elections = new Map<string, TypedEventEmitter<ElectionEvents>>()

  elect (id: string): void {
    this.leader = id
    this.term++
    this.#index = 0
    this.#elections.get(id)?.safeDispatchEvent('register:ready', { detail: this.#token })
  }

  get #token (): FencingToken { return { epoch: 1, term: this.term } }

  view (): GroupView {
    return { state: 'observer', term: this.term, voters: [...this.#elections.keys()].sort(), ...this.leader !== undefined && { leader: { id: this.leader, token: this.#token } } }
  }

  /** What a node of it has. */
  join (id: string, of: Election['of']): Election {
    const leads = (): boolean => this.leader === id
    const { table, erased } = this
    const register: Register = {
      get ready () { return leads() },
      get current () { return leads() },
      get size () { return { entries: table.size, bytes: 0 } },
      entry: key => table.get(key),
      entries: () => table.values(),
      wasDeleted: key => erased.has(key, performance.now()),
      read: async key => table.get(key),
      write: async writes => {
        if (!leads()) throw new RegisterError('not-leader', true)
        return writes.map(({ key, value }) => {
          const rank = { ...this.#token, index: ++this.#index }
          if (value !== undefined) table.set(key, { key, value, rank })
          else if (table.delete(key)) erased.add(key, performance.now())
          return rank
        })
      }
    }
    const election = Object.assign(new TypedEventEmitter<ElectionEvents>(), { of, register })
    Object.defineProperty(election, 'leader', { get: () => this.view().leader })
    this.#elections.set(id, election)
    return election as unknown as Election
  }
}

/** Time goes on, until it is done. */
async function settled <T> ({ clock }: FakeMesh, promise: Promise<T>): Promise<T> {
  const seen = watch(promise)
  while (!seen.done) await clock.pass(1)
  return promise
}

function gateOf (mesh: FakeMesh, id: string, room: Links): Gate {
  return {
    call: async (token, service, what = 'where') => {
      const controller = new AbortController()
      const call = mesh.node(id).rpc.invoke(service, what, undefined, { token, signal: controller.signal }).then(String, () => 'failed')
      if (what === 'cancelled') {
        await mesh.clock.pass(20)
        controller.abort()
      }
      return settled(mesh, call)
    },
    target: async (token, service) => (await settled(mesh, room.target(token, service)))?.id,
    link: async (token, node) => { await settled(mesh, room.link(token, node, { replace: true })) },
    unlink: async (token, service) => settled(mesh, room.unlink(token, service)),
    down: async node => settled(mesh, room.down(node))
  }
}

export async function ours ({ mode = 'shared', names = PLAIN, ttl = 60_000 }: { mode?: 'shared' | 'local', names?: Names, ttl?: number } = {}): Promise<World> {
  const mesh = new FakeMesh()
  const groups = new Map<string, Group>([names.gate, names.login, 'mail'].map(service => [service, new Group()]))
  const login = groups.get(names.login) as Group
  const rooms = new Map<string, Links & Startable>()
  const add = async (id: string, service: string, introduce = true): Promise<FakeNode> => {
    const node = await mesh.add(id, service, { introduce })
    node.rpc.handle('where', () => id)
    node.rpc.handle('throw', () => { throw new Error('its own') })
    node.rpc.handle('cancelled', async (_, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', reject) }))
    const election = (groups.get(service) as Group).join(id, other => groups.get(other)?.view())
    const room = links({ mode, ttl })({ logger: defaultLogger(), discovery: node.discovery, election, rpc: node.rpc }) as Links & Startable
    await room.start()
    rooms.set(id, room)
    return node
  }
  for (const id of GATES) await add(id, names.gate)
  for (const id of names.nodes) await add(id, names.login)
  await add('post', 'mail')
  login.elect(names.nodes[0] as string)
  groups.get('mail')?.elect('post')

  const gate = (id: string): Gate => gateOf(mesh, id, rooms.get(id) as Links)
  const numbers = (): Record<string, number> => numbersOf([...rooms.values()].flatMap(room => room.status().authority?.nodes ?? []).map(({ node, links }) => [node, links]))
  return {
    gates: [gate(GATES[0]), gate(GATES[1]), gate(GATES[2])],
    numbers,
    addUnheard: async id => {
      const { discovery } = await add(id, names.login, false)
      for (const other of mesh.nodes.values()) {
        discovery.see(other.discovery.self)
        if (other.id !== names.nodes[1]) other.discovery.see(discovery.self)
      }
    },
    handOver: async () => { login.elect(names.nodes[1] as string) },
    kill: id => {
      void rooms.get(id)?.stop()
      rooms.delete(id)
      mesh.kill(id)
      for (const node of names.nodes) mesh.nodes.get(node)?.discovery.lose(id)
    },
    hear: (index, id) => { mesh.node(GATES[index] as string).discovery.lose(id) },
    idle: async () => { await until(() => Object.keys(numbers()).length === 0) },
    tick: () => {},
    stop: async () => {
      for (const room of rooms.values()) await room.stop()
      await mesh.stop()
    }
  }
}
