/** The process of one mesh node; see `processes.ts`. Serves the methods of `node-methods.ts` and runs these commands. */
import { multiaddr } from '@multiformats/multiaddr'
import { createMesh } from '../../src/index.ts'
import { runChild } from './child.ts'
import { describeError, wallClock } from './ipc.ts'
import { serveMethods } from './node-methods.ts'
import { pubsubCommands } from './pubsub-methods.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command, Emit } from './child.ts'
import type { ChildInvokeOptions } from './ipc.ts'

/** What a module given as `commands` exports. */
export interface CommandModule {
  commands (mesh: Mesh, emit: Emit): Record<string, Command>
}

const NODE_EVENTS = ['node:add', 'node:update', 'node:remove', 'service:add', 'service:remove'] as const

function streamEvents (mesh: Mesh, emit: Emit): void {
  for (const event of NODE_EVENTS) {
    mesh.discovery.addEventListener(event, ({ detail }: CustomEvent<unknown>) => { emit(event, detail) })
  }
  mesh.addEventListener('status', ({ detail }) => { emit('status', detail) })
  mesh.addEventListener('isolated', ({ detail }) => { emit('isolated', detail.reasons.map(reason => describeError(reason))) })
  mesh.addEventListener('resumed', () => { emit('resumed', undefined) })
}

function block (ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) { /* nothing else runs */ }
}

function commandsOf (mesh: Mesh): Record<string, Command> {
  return {
    invoke: async (service: string, method: string, args: unknown, { abortAfter, ...options }: ChildInvokeOptions) => {
      const signal = abortAfter == null ? {} : { signal: AbortSignal.timeout(abortAfter) }
      return mesh.rpc.invoke(service, method, args, { ...options, ...signal })
    },
    nodes: (service?: string) => [...mesh.discovery.nodes(service)],
    services: () => mesh.discovery.services(),
    waitFor: async (service: string, ms: number) => mesh.discovery.waitFor(service, { signal: AbortSignal.timeout(ms) }),
    self: () => mesh.self,
    status: () => mesh.status,
    drain: async (timeout: number) => mesh.drain({ timeout }),
    stop: async () => mesh.stop(),
    block,
    stats: () => ({ rpc: mesh.rpc.stats(), discovery: mesh.discovery.stats() }),
    connections: () => mesh.libp2p.getConnections().map(({ remoteAddr, remotePeer }) =>
      ({ peer: remotePeer.toString(), address: remoteAddr.toString() })),
    dial: async (address: string) => { await mesh.libp2p.dial(multiaddr(address)) },
    usage: () => ({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss(), resources: process.getActiveResourcesInfo(), at: wallClock() })
  }
}

runChild(async (options, emit, extra) => {
  const mesh = await createMesh({ ...options, start: false })
  // Before the start, so that no event is missed and the first caller finds the methods.
  streamEvents(mesh, emit)
  serveMethods(mesh, emit)
  const commands = { ...commandsOf(mesh), ...pubsubCommands(mesh, emit) }
  if (extra != null) Object.assign(commands, (await import(extra) as CommandModule).commands(mesh, emit))
  await mesh.start()
  return { id: mesh.id, addresses: mesh.libp2p.getMultiaddrs().map(String), status: mesh.status, commands }
})
