/** A group of voters, each a process with a storage of its own, for the process tests, the long runs and the bench. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wallClock } from './ipc.ts'
import { termsOf, violations } from './leaders.ts'
import { freePort } from './ports.ts'
import { spawnNode } from './processes.ts'
import { until } from './until.ts'
import type { Term } from './leaders.ts'
import type { NodeProcess } from './processes.ts'
import type { ElectionChange, ElectionOptions, Leader } from '../../src/index.ts'
import type { ChildMeshOptions } from './ipc.ts'

/** More commands of a node process: what it knows of elections, and orders. */
export const ELECTION_COMMANDS = fileURLToPath(new URL('../process/election-child.ts', import.meta.url))

export interface ElectionGroupInit {
  voters: number
  election?: ElectionOptions
  /** False: in memory, and a new identity with every start. @default true */
  storage?: boolean
  /** What a node's options are beside that. */
  options?: (index: number) => ChildMeshOptions
  /** The first one leads before the others start: of default groups that are founded at once one gives way, after a while of two. @default false */
  oneFirst?: boolean
  /** Nodes without an election, to compare with. @default false */
  idle?: boolean
  /** As in {@link ELECTION_COMMANDS}, and more. */
  commands?: string
}

export class ElectionGroup implements AsyncDisposable {
  /** In their seats; a process that was killed stays until it is started again. */
  readonly nodes: NodeProcess[] = []
  readonly #init: ElectionGroupInit
  readonly #all: NodeProcess[] = []
  readonly #died = new Map<NodeProcess, number>()
  #directory = ''
  #ports: number[] = []

  constructor (init: ElectionGroupInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'braid-election-'))
    this.#ports = await Promise.all(Array.from({ length: this.#init.voters }, freePort))
    const indexes = [...this.#ports.keys()]
    if (this.#init.oneFirst === true) {
      indexes.shift()
      await this.agreed(undefined, [await this.startNode(0, { bootstrap: [] })])
    }
    await Promise.all(indexes.map(async index => this.startNode(index)))
    if (this.#init.idle !== true) await this.agreed()
  }

  get alive (): NodeProcess[] {
    return this.nodes.filter(node => node.alive)
  }

  /** Start the process of a seat (again), at its old address and with its old storage. */
  async startNode (index: number, more: ChildMeshOptions = {}): Promise<NodeProcess> {
    const { voters, election, storage = true, options, idle = false, commands = ELECTION_COMMANDS } = this.#init
    const address = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`
    const node = await spawnNode({
      label: `n${index}`,
      commands,
      options: {
        mesh: 'bench',
        service: 'login',
        name: `n${index}`,
        listen: [address(this.#ports[index] as number)],
        bootstrap: this.#ports.filter((_, other) => other !== index).map(address),
        ...storage ? { storage: join(this.#directory, String(index)) } : {},
        election: { expect: voters, ...election },
        ...options?.(index),
        ...more
      }
    })
    this.nodes[index] = node
    this.#all.push(node)
    if (!idle) await node.command('lead')
    return node
  }

  /** The leader that all living nodes name, once they do; @param after - the token that it must exceed */
  async agreed (after?: Leader, nodes = this.alive, timeout = 60_000): Promise<Leader> {
    let seen = ''
    return until(async () => {
      const leaders = await Promise.all(nodes.map(async node => node.command<Leader | undefined>('leader')))
      seen = JSON.stringify(leaders.map(leader => leader === undefined ? 'none' : [leader.id.slice(-4), leader.token.term]))
      const [leader] = leaders
      const agree = leader !== undefined && leaders.every(other => other?.id === leader.id && other.token.term === leader.token.term && other.token.epoch === leader.token.epoch)
      return agree && newer(leader, after) && nodes.some(({ id }) => id === leader.id) ? leader : undefined
    }, { timeout, what: () => `one leader at all: ${seen}` })
  }

  /** Who leads and runs its task, which begins a moment after it is named. */
  async leading (): Promise<{ leader: Leader, node: NodeProcess }> {
    return until(async () => {
      const leader = await this.agreed()
      const node = this.node(leader.id)
      return termsOf(node).some(({ token: { epoch, term } }) => epoch === leader.token.epoch && term === leader.token.term) ? { leader, node } : undefined
    }, { what: 'who leads runs its task' })
  }

  /** Who led next after `before`, as soon as one of the processes was told. */
  next (before: Leader): Leader | undefined {
    const told = this.#all.flatMap(node => node.eventsOf<ElectionChange>('change').flatMap(({ detail: { leader } }) => leader !== undefined && newer(leader, before) ? [leader] : []))
    return told.reduce<Leader | undefined>((first, leader) => first === undefined || newer(first, leader) ? leader : first, undefined)
  }

  /** A transfer may come to nothing while the disks are slow: the leader then leads on, and may try again. */
  async handOver (to: NodeProcess): Promise<Leader> {
    return until(async () => {
      const leader = await this.agreed()
      if (leader.id === to.id) return leader
      await this.node(leader.id).command('transfer', [to.id])
      return undefined
    }, { timeout: 60_000, what: `${to.label} leads` })
  }

  node (id: string): NodeProcess {
    const node = this.nodes.find(other => other.id === id)
    if (node === undefined) throw new Error(`no process has the id ${id}`)
    return node
  }

  /** SIGKILL, noted for {@link terms}. */
  async kill (node: NodeProcess): Promise<number> {
    const at = wallClock()
    this.#died.set(node, at)
    node.kill('SIGKILL')
    await node.exit
    return at
  }

  /** Milliseconds from `since` until the last of the nodes was told of a leader beyond `before`. */
  seenAfter (before: Leader, since: number, nodes = this.alive): number {
    return Math.max(...nodes.map(node => node.eventsOf<ElectionChange>('change').find(({ detail, at }) =>
      at >= since && detail.leader !== undefined && newer(detail.leader, before))?.at ?? Number.NaN)) - since
  }

  /** Milliseconds of the longest time in which one of its processes ran nothing: a group may elect for that alone. */
  stoodStill (): number {
    return Math.max(...this.#all.map(node => node.stoodStill()))
  }

  terms (): Term[] {
    return this.#all.flatMap(node => termsOf(node, this.#died.get(node)))
  }

  /** @throws when two ever led at once, or a process was not clean */
  async expectSafe (): Promise<void> {
    // who has lost its office tells so at its next check
    await until(() => violations(this.terms()).length === 0, { what: () => violations(this.terms()).join('\n') })
    for (const node of this.#all) node.expectClean()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.#all.map(async node => node[Symbol.asyncDispose]()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

function newer (leader: Leader, before: Leader | undefined): boolean {
  return before === undefined || leader.token.epoch > before.token.epoch || (leader.token.epoch === before.token.epoch && leader.token.term > before.token.term)
}
