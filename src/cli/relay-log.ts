/** What a relay writes down. */
import type { Mesh } from '../mesh-interface.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { Relay, RelayRefusal } from '../transport/index.ts'
import type { Log } from './log.ts'

/** Milliseconds in which refusals for the same reason make one line: whoever is refused comes again. */
const REFUSALS_PER = 10_000

const ADVICE: Readonly<Record<RelayRefusal, string>> = {
  reservations: 'raise --reservations, or run another relay',
  reservationsPerIp: 'raise --reservations-per-ip, or name the reverse proxy with --proxy',
  requests: 'it asks for its place again and again, which no node of this project does',
  circuits: 'raise --circuits, or run another relay',
  circuitsPerPeer: 'raise --circuits-per-peer if this peer may have so many',
  circuitsPerPair: 'two peers need one: one of them opens many and closes none',
  gone: 'it hung up while it asked'
}

function nodeFields ({ id, name, service, state, roles }: NodeInfo): Record<string, unknown> {
  return { id, name, service, state, ...roles.length > 0 ? { roles: roles.join(',') } : {} }
}

/** One line for all refusals of a while. Returns what ends it. */
function logRefusals (relay: Relay, log: Log): () => void {
  const waiting = new Map<RelayRefusal, { count: number, timer: ReturnType<typeof setTimeout> }>()
  const tell = (why: RelayRefusal, more: object): void => {
    log[why === 'gone' ? 'debug' : 'warn']('refused', { why, ...more, advice: ADVICE[why] })
  }
  relay.addEventListener('refuse', ({ detail: { why, peer, address } }) => {
    const known = waiting.get(why)
    if (known != null) {
      known.count++
      return
    }
    tell(why, { peer, address })
    const timer = setTimeout(() => {
      const { count = 0 } = waiting.get(why) ?? {}
      waiting.delete(why)
      if (count > 0) tell(why, { times: count })
    }, REFUSALS_PER)
    waiting.set(why, { count: 0, timer })
  })
  return () => {
    for (const { timer } of waiting.values()) clearTimeout(timer)
  }
}

/** Write down what happens to a relay. Returns what ends it. */
export function logRelay (mesh: Mesh, relay: Relay, log: Log): () => void {
  relay.addEventListener('reserve', ({ detail }) => { log.info('place given', detail) })
  relay.addEventListener('release', ({ detail }) => { log.info('place free again', detail) })
  relay.addEventListener('circuit:open', ({ detail }) => { log.debug('circuit opened', detail) })
  relay.addEventListener('circuit:close', ({ detail }) => { log.debug('circuit closed', { ...detail, time: Math.round(detail.time) }) })
  mesh.discovery.addEventListener('node:add', ({ detail }) => { if (detail.id !== mesh.id) log.info('node joined', nodeFields(detail)) })
  mesh.discovery.addEventListener('node:remove', ({ detail }) => { if (detail.id !== mesh.id) log.info(detail.state === 'left' ? 'node left' : 'node lost', nodeFields(detail)) })
  mesh.discovery.addEventListener('conflict', ({ detail }) => {
    log.error('another process uses this identity', { id: detail, advice: 'stop one of them, or give it a --data of its own' })
  })
  mesh.addEventListener('isolated', ({ detail }) => {
    log.warn('isolated: no path to the other nodes', { reasons: detail.reasons.map(({ message }) => message) })
  })
  mesh.addEventListener('resumed', () => { log.info('joined again') })
  mesh.libp2p.addEventListener('peer:connect', ({ detail }) => { log.debug('peer connected', { peer: detail.toString() }) })
  mesh.libp2p.addEventListener('peer:disconnect', ({ detail }) => { log.debug('peer disconnected', { peer: detail.toString() }) })
  return logRefusals(relay, log)
}
