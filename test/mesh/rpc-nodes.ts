/** Libp2p nodes with discovery and rpc, made without createMesh, on loopback TCP. */
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { createLibp2p } from 'libp2p'
import { discovery } from '../../src/discovery/index.ts'
import { resolveRpcOptions } from '../../src/rpc/options.ts'
import { RpcService } from '../../src/rpc/rpc.ts'
import { rpc } from '../../src/rpc/index.ts'
import { peerStreams } from '../../src/streams/index.ts'
import { timers } from '../../src/util/timers.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import { until } from '../harness/until.ts'
import type { Discovery } from '../../src/discovery/index.ts'
import type { Rpc, RpcComponents, RpcInit } from '../../src/rpc/index.ts'
import type { FrameLimits } from '../../src/streams/index.ts'
import type { Timers } from '../../src/util/timers.ts'
import type { Libp2p } from '@libp2p/interface'
import type * as Code from '#serving'

export interface Node {
  readonly id: string
  readonly libp2p: Libp2p
  readonly discovery: Discovery
  readonly rpc: Rpc
}

export interface NodeOptions {
  name?: string
  rpc?: RpcInit
  /** In place of the real way to the code that serves. */
  load?: () => Promise<typeof Code>
  /** In place of the real ones, for limits that a test cannot wait for. */
  limits?: FrameLimits
  /** With `load`: in place of the real ones. */
  timers?: Timers
  /** Before anybody has heard of it. */
  made?: (node: Node) => void
}

/** Milliseconds of calls that are given none: a busy machine decides nothing. */
const TIMEOUT = 20_000

export class Nodes {
  readonly #all: Node[] = []

  /** A started node, connected with all that there are; it need not be known to them yet. */
  async add (service: string | undefined, options: NodeOptions = {}): Promise<Node> {
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [tls(), noise()],
      streamMuxers: [guardedYamux()],
      connectionManager: { inboundConnectionThreshold: Infinity, reconnectRetries: 0 },
      connectionMonitor: { enabled: false },
      services: {
        rpc: options.limits !== undefined ? impatient(options.limits) : options.load !== undefined ? (components: RpcComponents) => new RpcService(components, resolveRpcOptions({ timeout: TIMEOUT, ...options.rpc, lazy: true }), { load: options.load as NonNullable<typeof options.load>, ...options.timers !== undefined && { timers: options.timers } }) : rpc({ timeout: TIMEOUT, ...options.rpc }),
        discovery: discovery({ mesh: 'shop', ...service !== undefined && { service }, ...options.name !== undefined && { name: options.name } })
      }
    })
    const node: Node = { id: libp2p.peerId.toString(), libp2p, discovery: libp2p.services.discovery, rpc: libp2p.services.rpc }
    options.made?.(node)
    for (const other of this.#all) {
      if (other.libp2p.status === 'started') await libp2p.dial(other.libp2p.getMultiaddrs())
    }
    this.#all.push(node)
    return node
  }

  /** All that run know each other. */
  async met (): Promise<void> {
    const running = this.#all.filter(({ libp2p }) => libp2p.status === 'started')
    await until(() => running.every(({ discovery }) => running.every(({ id }) => discovery.node(id) !== undefined)), { what: 'all nodes know all' })
  }

  async stop (): Promise<void> {
    await Promise.all(this.#all.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
  }
}

function impatient (limits: FrameLimits): (components: any) => Rpc {
  return components => new RpcService(components, resolveRpcOptions({ timeout: TIMEOUT }), {
    timers,
    streams: (_, init) => peerStreams(components, { ...init, limits: { ...init.limits, ...limits } })
  })
}
