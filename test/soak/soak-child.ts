/**
 * What each process of the soak does all the time, and the commands that look into it: the `commands` module of
 * `harness/node-child.ts`.
 */
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Caller } from './calls.ts'
import { Leading } from './leading.ts'
import { serveWork } from './methods.ts'
import { Publisher } from './publishing.ts'
import type { Command, Emit } from '../harness/child.ts'
import type { GroupView, Mesh } from '../../src/index.ts'

/** What a node knows, when all is quiet: the parent compares. */
export interface Look {
  readonly nodes: readonly string[]
  /** By service. */
  readonly groups: Readonly<Record<string, GroupView | undefined>>
  readonly fault: string | undefined
  readonly voting: boolean
  /** By topic and channel: messages of this node that are not final, consumers that it knows. */
  readonly channels: Readonly<Record<string, { readonly lag: number, readonly consumers: number }>>
  /** Calls that it makes, and serves. */
  readonly calls: number
}

/** What a process holds, after a full collection. Sizes in bytes. */
export interface Usage {
  readonly rss: number
  readonly heap: number
  readonly streams: number
  readonly connections: number
  readonly handles: number
  readonly timers: number
}

/** An address of its own for what it dials: the proxies know by it who calls. */
function dialFrom (address: string): void {
  const connect = Socket.prototype.connect as (...args: unknown[]) => Socket
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const first = Array.isArray(args[0]) ? args[0][0] as unknown : args[0]
    if (typeof first === 'object' && first !== null && 'port' in first) Object.assign(first, { localAddress: address })
    return connect.apply(this, args)
  }
}

async function collect (): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise(resolve => { setTimeout(resolve, 30) })
  }
}

function look (mesh: Mesh, caller: Caller, services: readonly string[]): Look {
  const channels: Record<string, { lag: number, consumers: number }> = {}
  const { topics, channels: open } = mesh.pubsub.info()
  for (const { topic, name, consumers } of open) channels[`${topic}/${name}`] = { lag: 0, consumers }
  for (const topic of topics) {
    for (const { name, lag, consumers } of topic.channels) channels[`${topic.name}/${name}`] = { lag, consumers }
  }
  const { fault, voting } = mesh.election.status()
  return {
    nodes: mesh.discovery.nodes().map(({ id }) => id).sort(),
    groups: Object.fromEntries(services.map(service => [service, mesh.election.of(service)])),
    fault: fault === undefined ? undefined : `${fault.name}: ${fault.message}`,
    voting,
    channels,
    calls: caller.open
  }
}

async function usage (mesh: Mesh): Promise<Usage> {
  await collect()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const connections = mesh.libp2p.getConnections()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter(name => name === 'Timeout').length
  return {
    rss,
    heap: heapUsed + arrayBuffers,
    streams: connections.reduce((sum, { streams }) => sum + streams.length, 0),
    connections: connections.length,
    handles: resources.length - timers,
    timers
  }
}

export function commands (mesh: Mesh, emit: Emit, label = process.env['SOAK_LABEL'] ?? ''): Record<string, Command> {
  const from = process.env['SOAK_FROM']
  if (from !== undefined) dialFrom(from)
  serveWork(mesh, emit)
  const caller = new Caller(mesh, emit, label)
  const publisher = new Publisher(mesh, emit)
  const leading = new Leading(mesh, emit)
  for (const type of ['link:move', 'link:remove'] as const) {
    mesh.links.addEventListener(type, ({ detail }) => { if (detail.decided) emit(type, detail) })
  }
  mesh.election.addEventListener('fault', ({ detail }) => { emit('election:fault', `${detail.name}: ${detail.message}`) })
  return {
    callOn: (rate: number, calm: boolean) => { caller.start(rate, calm) },
    callOff: async () => caller.stop(),
    tellOn: (topic: string, label: string, rate: number) => { publisher.start(topic, label, rate) },
    tellOff: async () => publisher.stop(),
    leadOn: (writesTo: string) => { leading.start(writesTo) },
    pauseAll: () => {
      caller.pause()
      publisher.pause()
    },
    // its own timers must not keep the process
    stop: async () => {
      caller.pause()
      publisher.pause()
      await mesh.stop()
    },
    moves: async (count: number) => caller.moves(count),
    look: (services: string[]) => look(mesh, caller, services),
    soakUsage: async () => usage(mesh),
    transfer: async (to: string) => mesh.election.transfer(to),
    resign: async () => mesh.election.resign(),
    recover: async (voters: string[]) => mesh.election.recover({ voters }),
    down: async (node: string) => mesh.links.down(node),
    status: () => mesh.status,
    election: () => {
      const { fault, ...status } = mesh.election.status()
      return { ...status, fault: fault?.message }
    },
    monitor: () => mesh.monitor.snapshot()
  }
}
