/** The monitor of a node. It is a part of its own, so that it is loaded beside a page's first code, not with it. */
import { prefixed } from '../discovery/counters.ts'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { roundTrip } from '../streams/round-trip.ts'
import { timers } from '../util/timers.ts'
import { VERSION } from '../util/version.ts'
import { SNAPSHOT_AGE } from '../wire/limits.ts'
import { BUILT_IN, OWN } from '../wire/names.ts'
import { bounded } from './bounded.ts'
import { findings } from './findings.ts'
import { HealthCore } from './health.core.ts'
import { LeaderChanges } from './leader-changes.ts'
import { Admission, families } from './metrics.ts'
import { observe } from './observe.ts'
import { describePath } from './paths.ts'
import { render } from './prometheus.ts'
import { register } from './registry.ts'
import { Rtts } from './rtts.ts'
import { describeLinks, describeServices } from './services.ts'
import { CallWindow } from './window.core.ts'
import { usage } from '#usage'
import type { Family } from './families.ts'
import type { Health, MeshSnapshot, MonitorComponents, MonitorEvents, PathInfo, Resources, RunningMonitor } from './index.ts'
import type { LinksStatus } from '../links/index.ts'
import type { CallCounts } from '../rpc/index.ts'
import type { TimerHandle } from '../util/timers.ts'

/** Milliseconds between two looks at the node. */
const INTERVAL = 1_000
/** A look that takes long is taken more seldom: at most this share of the time goes into them. */
const SHARE = 0.005
/** Milliseconds between two looks at what the process uses. */
const USAGE_INTERVAL = 10_000

export class NodeMonitor extends SafeEmitter<MonitorEvents> implements RunningMonitor {
  readonly #components: MonitorComponents
  readonly #usage = usage()
  readonly #madeAt = timers.now()
  readonly #health = new HealthCore({ level: 'isolated', reasons: ['the node is starting'] })
  readonly #window = new CallWindow(timers.now())
  readonly #leaders = new LeaderChanges()
  readonly #admission = new Admission()
  readonly #rtts: Rtts
  #told: { readonly at: number, readonly snapshot: MeshSnapshot } | undefined
  #families: { readonly at: number, readonly all: readonly Family[] } | undefined
  #timer: TimerHandle | undefined
  #usedAt = timers.now()

  constructor (components: MonitorComponents) {
    const log = components.logger.forComponent('braid:monitor')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#rtts = new Rtts({
      probed: peer => components.discovery.rtt(peer),
      ping: async (connection, signal) => roundTrip(connection, { signal }),
      now: () => timers.now()
    })
    components.rpc.handle('braid.monitor.snapshot', () => this.#answer(), OWN)
    if (components.metrics !== undefined) register(components.metrics, () => this.#all())
  }

  start (): void {
    this.#usage.start()
    this.#look()
  }

  stop (): void {
    if (this.#timer !== undefined) timers.cancel(this.#timer)
    this.#timer = undefined
    this.#usage.stop()
    this.#rtts.stop()
  }

  refresh (): void {
    this.#judge(timers.now())
  }

  get health (): Health {
    return this.#health.health
  }

  snapshot (): MeshSnapshot {
    const { discovery, election, pubsub, status } = this.#components
    const nodes = discovery.nodes()
    const { topics, channels, counters } = pubsub.info()
    const paths = this.#paths()
    return {
      at: Date.now(),
      uptime: timers.now() - this.#madeAt,
      version: VERSION,
      mesh: discovery.mesh,
      status: status(),
      health: this.health,
      self: discovery.self,
      nodes,
      paths,
      services: describeServices(discovery, election),
      links: describeLinks(discovery.self.service, nodes, this.#linksStatus()),
      topics,
      channels,
      calls: this.#calls(),
      resources: this.#resources(paths, counters)
    }
  }

  prometheus (): string {
    return render(this.#all())
  }

  // ---- what is told

  /** To other nodes, of which many may ask at a time. */
  #answer (): MeshSnapshot {
    const now = timers.now()
    if (this.#told === undefined || now - this.#told.at >= SNAPSHOT_AGE) this.#told = { at: now, snapshot: bounded(this.snapshot()) }
    return this.#told.snapshot
  }

  #all (): readonly Family[] {
    const now = timers.now()
    if (this.#families === undefined || now - this.#families.at >= SNAPSHOT_AGE) {
      const source = { snapshot: this.snapshot(), counts: this.#counts(), leaderChanges: this.#leaders.counts }
      this.#families = { at: now, all: families(source, this.#admission) }
    }
    return this.#families.all
  }

  #paths (): PathInfo[] {
    const connections = this.#components.getConnections()
    const rtts = this.#rtts.of(connections)
    return connections.map(connection => {
      const rtt = rtts.get(connection)
      return { ...describePath(connection, peer => this.#components.discovery.node(peer)?.name), ...rtt !== undefined && { rtt: Math.round(rtt * 1_000) / 1_000 } }
    })
  }

  #calls (): MeshSnapshot['calls'] {
    const now = timers.now()
    const { served, made } = this.#counts()
    const own = this.#components.discovery.self.service ?? ''
    return { served: served.map(counts => this.#window.stats(now, counts, own)), made: made.map(counts => this.#window.stats(now, counts, '')) }
  }

  /** Without the methods that every node has and nobody has called here. */
  #counts (): { served: CallCounts[], made: readonly CallCounts[] } {
    const { served, made } = this.#components.rpc.counts()
    return { served: served.filter(({ method, calls }) => calls > 0 || !method.startsWith(BUILT_IN)), made }
  }

  #resources (paths: readonly PathInfo[], counters: Readonly<Record<string, number>>): Resources {
    const { discovery, rpc } = this.#components
    const { running, pending, late } = rpc.nodeStats()
    return {
      ...this.#usage.read(),
      connections: paths.length,
      streams: paths.reduce((sum, { streams }) => sum + streams, 0),
      counters: { ...prefixed('discovery', discovery.stats()), ...prefixed('pubsub', counters), ...prefixed('rpc', { running, pending, late }) }
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

  // ---- what is watched

  #look (late = 0): void {
    const begun = timers.now()
    const { served, made } = this.#counts()
    if (begun - this.#usedAt >= USAGE_INTERVAL) {
      this.#usedAt = begun
      this.#usage.sample(late)
    }
    this.#window.mark(begun, [...served, ...made])
    this.#leaders.see(describeServices(this.#components.discovery, this.#components.election))
    this.#judge(begun)
    const now = timers.now()
    const wait = Math.max(INTERVAL, (now - begun) / SHARE)
    this.#timer = timers.after(wait, () => { this.#look(Math.max(0, timers.now() - now - wait)) })
  }

  #judge (now: number): void {
    const health = this.#health.step(now, findings(observe(this.#components, this.#usage.read().loopDelay)))
    if (health === undefined) return
    this.#told = this.#families = undefined
    this.safeDispatchEvent('health', { detail: health })
  }
}

/** The room. @see MonitorComponents */
export function monitor (components: MonitorComponents): RunningMonitor {
  return new NodeMonitor(components)
}
