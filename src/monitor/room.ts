/** The monitor of a node. It is a part of its own, so that it is loaded beside a page's first code, not with it. */
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { VERSION } from '../util/version.ts'
import { describePath } from './paths.ts'
import { describeLinks, describeServices } from './services.ts'
import { usage } from '#usage'
import type { CallStats, Health, MeshSnapshot, Monitor, MonitorComponents, MonitorEvents, Resources } from './index.ts'
import type { LinksStatus } from '../links/index.ts'

export class NodeMonitor extends SafeEmitter<MonitorEvents> implements Monitor {
  readonly #components: MonitorComponents
  readonly #usage = usage()
  readonly #madeAt = performance.now()

  constructor (components: MonitorComponents) {
    const log = components.logger.forComponent('braid:monitor')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    components.rpc.handle('braid.monitor.snapshot', () => this.snapshot())
  }

  start (): void {
    this.#usage.start()
  }

  stop (): void {
    this.#usage.stop()
  }

  get health (): Health {
    const joined = this.#components.status() === 'joined'
    return { level: joined ? 'healthy' : 'isolated', reasons: joined ? [] : ['there is no path into the mesh'] }
  }

  snapshot (): MeshSnapshot {
    const { discovery, election, pubsub, status } = this.#components
    const nodes = discovery.nodes()
    return {
      at: Date.now(),
      uptime: performance.now() - this.#madeAt,
      version: VERSION,
      mesh: discovery.mesh,
      status: status(),
      health: this.health,
      self: discovery.self,
      nodes,
      paths: this.#components.getConnections().map(connection => describePath(connection, peer => discovery.node(peer)?.name)),
      services: describeServices(discovery, election),
      links: describeLinks(discovery.self.service, nodes, this.#linksStatus()),
      topics: pubsub.info().topics,
      calls: { served: this.#served(), made: [] },
      resources: this.#resources()
    }
  }

  prometheus (): string {
    return ''
  }

  #served (): CallStats[] {
    const { rpc, discovery } = this.#components
    const service = discovery.self.service ?? ''
    return Object.entries(rpc.stats()).map(([method, { calls, errors, p50 = 0, p99 = 0 }]) => ({ service, method, calls, errors, rate: 0, p50, p95: p99, p99 }))
  }

  #resources (): Resources {
    const { discovery, pubsub } = this.#components
    const connections = this.#components.getConnections()
    return {
      ...this.#usage.read(),
      connections: connections.length,
      streams: connections.reduce((sum, { streams }) => sum + streams.length, 0),
      counters: { ...discovery.stats(), ...pubsub.info().counters }
    }
  }

  #linksStatus (): LinksStatus | undefined {
    try {
      return this.#components.links.status()
    } catch {
      // off, or not started
      return undefined
    }
  }
}

/** The room. @see MonitorComponents */
export function monitor (components: MonitorComponents): NodeMonitor {
  return new NodeMonitor(components)
}
