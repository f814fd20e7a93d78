/** Faults that a person may cause, to see what the mesh makes of them. */
import { computed, signal } from '@preact/signals'
import { log } from './log.ts'
import { mesh, nameOf, nodes } from './view.ts'
import type { ServerInterceptor } from '../../../src/index.ts'
import type { ConnectionGater } from '@libp2p/interface'

/** Milliseconds that this tab's handlers take longer. */
export const latency = signal(0)
/** Peers that this tab neither dials nor lets in. */
const blocked = signal<ReadonlySet<string>>(new Set())
/** Why the relay cannot be cut off now; empty: nothing to say. */
export const cutProblem = signal('')
export const relayCut = computed(() => blocked.value.size > 0)
/** Seconds until this tab is held up. */
export const pausing = signal(false)

const PAUSE = 6_000

/** Each handler of this tab waits as long as the slider says. */
export const slowHandlers: ServerInterceptor = next => async call => {
  if (latency.peek() > 0) await new Promise(resolve => setTimeout(resolve, latency.peek()))
  return next(call)
}

function isBlocked (address: string): boolean {
  return [...blocked.peek()].some(id => address.includes(`/p2p/${id}`))
}

/** As the mesh's own, which lets everything through, but for peers that were cut off. */
export const gater: ConnectionGater = {
  denyDialPeer: peer => blocked.peek().has(peer.toString()),
  denyDialMultiaddr: address => isBlocked(address.toString()),
  denyInboundEncryptedConnection: peer => blocked.peek().has(peer.toString()),
  denyOutboundEncryptedConnection: peer => blocked.peek().has(peer.toString())
}

/** As if its cable was pulled: connections to the relays end, and no new one is made. */
export function cutRelay (): void {
  const node = mesh.peek()
  const relays = nodes.peek().filter(({ roles }) => roles.includes('relay')).map(({ id }) => id)
  if (node == null) return
  cutProblem.value = relays.length === 0 ? 'There is no relay in view of this tab now: nothing was cut off.' : ''
  if (relays.length === 0) return
  blocked.value = new Set(relays)
  log('page', `this tab is cut off from ${relays.map(nameOf).join(', ')}`, true)
  for (const connection of node.libp2p.getConnections()) {
    const address = connection.remoteAddr.toString()
    const relayed = isBlocked(address) && !/\/webrtc(\/|$)/.test(address)
    if (blocked.peek().has(connection.remotePeer.toString()) || relayed) connection.abort(new Error('the relay was cut off'))
  }
}

export function restoreRelay (): void {
  blocked.value = new Set()
  log('page', 'this tab may dial the relay again, and tries within 10 s', true)
}

/** Waits without letting anything else run; the page's server answers when the time is over. */
function standStill (span: number): void {
  const end = performance.now() + span
  try {
    // A loop would take a whole core from the processes that this is to leave alone.
    const request = new XMLHttpRequest()
    request.open('GET', `still?ms=${span}`, false)
    request.send()
  } catch {
    // The server is gone.
  }
  while (performance.now() < end) { /* a server of plain files answers at once */ }
}

/** Nothing of this page runs for a while: no heartbeat is sent, nothing is answered. */
export function pauseTab (): void {
  pausing.value = true
  log('page', `this tab stands still for ${PAUSE / 1000} s: it answers nobody`, true)
  // The words and the button are to be seen before nothing is drawn any more.
  setTimeout(() => {
    standStill(PAUSE)
    pausing.value = false
    log('page', 'this tab runs again', true)
  }, 300)
}

export function forgetFaults (): void {
  blocked.value = new Set()
  cutProblem.value = ''
  latency.value = 0
}
