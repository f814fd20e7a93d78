/** What a relay tells its operator's tools beside what each node does: whether it can do its work, and its figures. */
import { counter, gauge, single } from '../monitor/families.ts'
import { render } from '../monitor/prometheus.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { HandlerOptions } from '../monitor/handler.ts'
import type { Relay } from '../transport/index.ts'

/** Milliseconds by which the event loop may be late in one of a hundred turns: above it clients take the relay for dead. */
const TOO_LATE = 1_000
/** Milliseconds between two looks at it: the monitor judges as many together. */
const WINDOW = 10_000

export interface Told {
  mesh: Mesh
  relay: Relay
  /** It was told to end. */
  stopping: () => boolean
  /** Why it has no path to the other nodes. */
  isolation: () => readonly Error[]
}

/** How late the event loop is, as the monitor last saw. Milliseconds. */
function lateness (mesh: Mesh): () => number {
  let at = -Infinity
  let late = 0
  return () => {
    const now = performance.now()
    if (now - at >= WINDOW) {
      at = now
      late = mesh.monitor.snapshot().resources.loopDelay ?? 0
    }
    return late
  }
}

function reasonsOf ({ mesh, stopping, isolation }: Told, late: number): string[] {
  const reasons: string[] = []
  if (stopping() || mesh.status === 'draining' || mesh.status === 'stopped') reasons.push('it is stopping')
  else if (mesh.status === 'starting') reasons.push('it is starting')
  if (mesh.status === 'isolated') reasons.push('no path to the other nodes', ...isolation().map(({ message }) => message))
  if (mesh.libp2p.status === 'started' && mesh.libp2p.getMultiaddrs().length === 0) reasons.push('it listens nowhere')
  if (late > TOO_LATE) reasons.push(`overloaded: the event loop is ${Math.round(late)} ms late`)
  return reasons
}

function relayMetrics (relay: Relay, late: number): string {
  const { limits } = relay
  const stats = relay.stats()
  return render([
    gauge('braid_relay_reservations', 'Peers that have a place.', [], single(stats.reservations)),
    gauge('braid_relay_reservations_max', 'Places that there are.', [], single(limits.reservations)),
    counter('braid_relay_reserved_total', 'Places given, renewals apart.', [], single(stats.reserved)),
    gauge('braid_relay_circuits', 'Relayed connections that are open.', [], single(stats.circuits)),
    gauge('braid_relay_circuits_max', 'Relayed connections that may be open.', [], single(limits.circuits)),
    counter('braid_relay_circuits_opened_total', 'Relayed connections that were opened.', [], single(stats.opened)),
    counter('braid_relay_bytes_total', 'Bytes relayed.', [], single(stats.bytes)),
    counter('braid_relay_slowed_total', 'Times that a peer was read more slowly as it sent faster than it may.', [], single(stats.slowed)),
    counter('braid_relay_refused_total', 'Places and relayed connections refused, by the limit that was reached.', ['reason'],
      Object.entries(stats.refused).map(([reason, value]) => ({ labels: { reason }, value }))),
    gauge('braid_relay_event_loop_late_seconds', 'As braid_process_loop_delay_seconds.', [], single(late / 1_000))
  ])
}

/** For the handler of the monitor. */
export function relayPages (told: Told): HandlerOptions {
  const { mesh, relay } = told
  const late = lateness(mesh)
  return {
    health: () => {
      const { reservations, circuits } = relay.stats()
      return {
        reasons: reasonsOf(told, late()),
        warnings: reservations >= relay.limits.reservations ? [`all ${reservations} places are given: raise --reservations, or run another relay`] : [],
        id: mesh.id,
        mesh: mesh.discovery.mesh,
        status: mesh.status,
        nodes: mesh.discovery.nodes().length,
        connections: mesh.libp2p.getConnections().length,
        reservations,
        circuits,
        limits: relay.limits
      }
    },
    metrics: () => relayMetrics(relay, late())
  }
}
