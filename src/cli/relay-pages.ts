/** What a relay tells its operator's tools: whether it is well, and its figures. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Mesh } from '../mesh-node.ts'
import type { Relay } from '../transport/index.ts'
import type { Pages, Wellness } from './http.ts'

/** Milliseconds by which the event loop may be late in one of a hundred turns: above it clients take the relay for dead. */
const TOO_LATE = 1_000
/** Milliseconds that are judged together. */
const WINDOW = 10_000

/** How late the event loop is: the 99th percentile of the last window that is over. Milliseconds. */
export class Pulse {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })
  readonly #timer: ReturnType<typeof setInterval>
  #late = 0

  constructor () {
    this.#delay.enable()
    this.#timer = setInterval(() => {
      this.#late = this.#delay.percentile(99) / 1e6
      this.#delay.reset()
    }, WINDOW)
    this.#timer.unref()
  }

  get late (): number {
    return this.#late
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#delay.disable()
  }
}

export interface Told {
  mesh: Mesh
  relay: Relay
  pulse: Pulse
  /** It was told to end. */
  stopping: () => boolean
  /** Why it has no path to the other nodes. */
  isolation: () => readonly Error[]
}

export function wellness ({ mesh, relay, pulse, stopping, isolation }: Told): Wellness {
  const { reservations } = relay.stats()
  const reasons: string[] = []
  const warnings: string[] = []
  if (stopping() || mesh.status === 'draining' || mesh.status === 'stopped') reasons.push('it is stopping')
  else if (mesh.status === 'starting') reasons.push('it is starting')
  if (mesh.status === 'isolated') reasons.push('no path to the other nodes', ...isolation().map(({ message }) => message))
  if (mesh.libp2p.status === 'started' && mesh.libp2p.getMultiaddrs().length === 0) reasons.push('it listens nowhere')
  if (pulse.late > TOO_LATE) reasons.push(`overloaded: the event loop is ${Math.round(pulse.late)} ms late`)
  if (reservations >= relay.limits.reservations) warnings.push(`all ${reservations} places are given: raise --reservations, or run another relay`)
  if (mesh.monitor.health.level === 'joined') warnings.push(...mesh.monitor.health.reasons)
  return { ok: reasons.length === 0, reasons, warnings }
}

/** One metric in the text format of Prometheus. */
function metric (name: string, type: 'gauge' | 'counter', help: string, values: number | Readonly<Record<string, number>>): string {
  const lines = typeof values === 'number'
    ? [`${name} ${values}`]
    : Object.entries(values).map(([reason, value]) => `${name}{reason="${reason}"} ${value}`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
}

export function relayMetrics ({ relay, pulse }: Pick<Told, 'relay' | 'pulse'>): string {
  const { limits } = relay
  const stats = relay.stats()
  return [
    metric('braid_relay_reservations', 'gauge', 'Peers that have a place.', stats.reservations),
    metric('braid_relay_reservations_max', 'gauge', 'Places that there are.', limits.reservations),
    metric('braid_relay_reserved_total', 'counter', 'Places given, renewals apart.', stats.reserved),
    metric('braid_relay_circuits', 'gauge', 'Relayed connections that are open.', stats.circuits),
    metric('braid_relay_circuits_max', 'gauge', 'Relayed connections that may be open.', limits.circuits),
    metric('braid_relay_circuits_opened_total', 'counter', 'Relayed connections that were opened.', stats.opened),
    metric('braid_relay_bytes_total', 'counter', 'Bytes relayed.', stats.bytes),
    metric('braid_relay_slowed_total', 'counter', 'Times that a peer was read more slowly as it sent faster than it may.', stats.slowed),
    metric('braid_relay_refused_total', 'counter', 'Places and relayed connections refused, by the limit that was reached.', stats.refused),
    metric('braid_relay_event_loop_late_seconds', 'gauge', 'How late the event loop is, 99th percentile of ten seconds.', pulse.late / 1_000)
  ].join('')
}

export function relayPages (told: Told): Pages {
  return {
    health: () => {
      const { mesh, relay } = told
      const { reservations, circuits } = relay.stats()
      return {
        ...wellness(told),
        id: mesh.id,
        mesh: mesh.discovery.mesh,
        status: mesh.status,
        nodes: mesh.discovery.nodes().length,
        connections: mesh.libp2p.getConnections().length,
        reservations,
        circuits
      }
    },
    metrics: () => told.mesh.monitor.prometheus() + relayMetrics(told)
  }
}
