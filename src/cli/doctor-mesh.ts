/** Checks of a node and of the mesh behind it, with a node of our own. */
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { isName } from '../wire/names.ts'
import { kadProtocol, nodesTopic } from '../wire/protocols.ts'
import { withDeadline } from '../util/deadline.ts'
import type { Finding } from './doctor-network.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { Connection, Peer } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds between two looks at something that comes by itself. */
const LOOK = 50

interface Services {
  dht: { getClosestPeers (key: Uint8Array, options: { signal: AbortSignal }): AsyncIterable<{ name: string }> }
  pubsub: { getSubscribers (topic: string): unknown[] }
}

const CLOCKS = 'the clocks of the two machines are more than an hour apart'

/** The first truthy answer, or undefined at the end of the time. */
async function soon <T> (ask: () => T | Promise<T>, timeout: number, signal: AbortSignal): Promise<T | undefined> {
  const end = performance.now() + timeout
  for (;;) {
    const answer = await ask()
    if (answer != null && answer !== false && answer !== 0) return answer
    signal.throwIfAborted()
    if (performance.now() > end) return undefined
    await new Promise(resolve => setTimeout(resolve, LOOK))
  }
}

/**
 * Encryption, muxer, and whether it is who the address says.
 *
 * @param answers - something is known to listen there
 */
export async function checkDial (mesh: Mesh, address: Multiaddr, answers: boolean, timeout: number, signal: AbortSignal): Promise<{ finding: Finding, connection?: Connection }> {
  try {
    const begin = performance.now()
    const connection = await withDeadline(timeout, [signal], async signal => mesh.libp2p.dial(address, { signal, force: true }))
    const { encryption, multiplexer, remotePeer } = connection
    // This address leads there, too: one connection is enough for the rest.
    if (mesh.libp2p.getConnections(remotePeer).length > 1) await connection.close({ signal })
    return { connection, finding: { status: 'ok', detail: `${remotePeer.toString()}, ${encryption ?? '?'}, ${multiplexer ?? '?'}, ${Math.round(performance.now() - begin)} ms` } }
  } catch (error) {
    signal.throwIfAborted()
    return { finding: whyNoDial(error as Error & { errors?: Error[] }, address, answers) }
  }
}

function whyNoDial (error: Error & { errors?: Error[] }, address: Multiaddr, answers: boolean): Finding {
  const message = [error, ...error.errors ?? []].map(({ name, message }) => `${name} ${message}`).join(' ')
  if (/Unexpected ?Peer|peer id mismatch|does not match|id mismatch/i.test(message)) {
    return { status: 'failed', detail: 'another node than the address names answers there', advice: 'it has a new id: use its address of now, and keep its key with --data (`storage`)' }
  }
  if (/unsupported|no transport/i.test(message)) {
    return { status: 'failed', detail: `this kind of address cannot be dialled from here: ${address.toString()}`, advice: 'use one with tcp, ws or wss' }
  }
  if (/certificate is not valid yet/i.test(message)) {
    return { status: 'failed', detail: 'its certificate begins in the future', advice: `${CLOCKS}: set them right` }
  }
  if (address.getComponents().some(({ name }) => name === 'p2p-circuit')) {
    return { status: 'failed', detail: `no way through the relay: ${error.message}`, advice: 'is it a relay, and has that node a place on it?' }
  }
  if (!answers) return { status: 'failed', detail: `it cannot be dialled: ${error.message}`, advice: 'does the name lead to addresses of a node that is running?' }
  return { status: 'failed', detail: `it answers, but no libp2p handshake: ${error.message}`, advice: 'is it a node of a mesh, and the right one of its ports (TCP without /ws, WebSockets with it)?' }
}

/** What the node says that it speaks. */
export async function checkName (mesh: Mesh, connection: Connection, timeout: number, signal: AbortSignal): Promise<Finding & { relay: boolean }> {
  const name = mesh.discovery.mesh
  const known = async (): Promise<Peer | undefined> => mesh.libp2p.peerStore.get(connection.remotePeer).catch(() => undefined)
  // Each stream that opens adds its protocol: only who has identified itself has named all.
  const identified = async (): Promise<boolean> => (await known())?.metadata.has('AgentVersion') === true
  await soon(async () => connection.status !== 'open' || await identified(), timeout, signal)
  const told = await identified()
  const protocols = (await known())?.protocols ?? []
  const relay = protocols.includes(RELAY_V2_HOP_CODEC)
  // A stranger may claim any: what is told, and advised, is a name at least.
  const names = [...new Set(protocols.map(protocol => /^\/braid\/([^/]+)\//.exec(protocol)?.[1]))].filter(name => isName('mesh', name))
  if (protocols.includes(kadProtocol(name)) || names.includes(name)) return { status: 'ok', detail: `it is of mesh '${name}'${relay ? ', and a relay' : ''}`, relay }
  if (names.length > 0) return { status: 'failed', detail: `it is of mesh '${names.join("', '")}', not '${name}'`, advice: `--mesh ${names[0]}`, relay }
  if (!told && connection.status !== 'open') {
    return { status: 'failed', detail: 'it hung up right after the handshake', advice: `perhaps ${CLOCKS}; else it is stopping, or has too many connections`, relay }
  }
  return told
    ? { status: 'failed', detail: 'it speaks libp2p, but is of no mesh', advice: 'is it the right address?', relay }
    : { status: 'failed', detail: `it did not say within ${timeout} ms what it is`, advice: 'is it overloaded, or very far away?', relay }
}

/** The first words with the mesh: who is there. Each of `peers` is to be, whoever else is. */
export async function checkHello (mesh: Mesh, peers: readonly string[], timeout: number, signal: AbortSignal): Promise<Finding> {
  const silent = (): string[] => peers.filter(peer => mesh.discovery.node(peer) == null)
  const told = await soon(() => silent().length === 0, timeout, signal)
  return told == null
    ? { status: 'failed', detail: `no word within ${timeout} ms of ${silent().join(', ')}`, advice: 'does the clock of this machine run right? Are the versions of braid-mesh the same?' }
    : { status: 'ok', detail: `${mesh.discovery.nodes().length - 1} nodes; services: ${mesh.discovery.services().join(', ') || 'none'}` }
}

export async function checkCall (mesh: Mesh, peer: string, timeout: number, signal: AbortSignal): Promise<Finding> {
  const begin = performance.now()
  try {
    const service = mesh.discovery.node(peer)?.service ?? 'braid'
    await mesh.rpc.invoke(service, 'braid.ping', undefined, { node: peer, timeout, signal })
    return { status: 'ok', detail: `answered in ${Math.round(performance.now() - begin)} ms` }
  } catch (error) {
    signal.throwIfAborted()
    // Only a node that has told of itself can be called: `nodes` says that it has not.
    if (mesh.discovery.node(peer) == null) return { status: 'skipped', detail: 'it has told nothing of itself yet, so it cannot be called' }
    return { status: 'failed', detail: (error as Error).message, advice: 'is it stopping, or overloaded?' }
  }
}

export async function checkDht (mesh: Mesh, timeout: number, signal: AbortSignal): Promise<Finding> {
  const { dht } = mesh.libp2p.services as unknown as Services
  let peers = 0
  const key = new TextEncoder().encode('braid-mesh doctor')
  await withDeadline(timeout, [signal], async signal => {
    for await (const { name } of dht.getClosestPeers(key, { signal })) {
      if (name === 'FINAL_PEER' || name === 'PEER_RESPONSE') peers++
      if (name === 'FINAL_PEER') break
    }
  }).catch(() => {})
  signal.throwIfAborted()
  return peers > 0
    ? { status: 'ok', detail: 'its nodes answer' }
    : { status: 'failed', detail: `no answer in ${timeout} ms`, advice: 'at least one node that is no browser tab must be reachable: tabs only ask the DHT, they do not serve it' }
}

export async function checkGossip (mesh: Mesh, timeout: number, signal: AbortSignal): Promise<Finding> {
  const { pubsub } = mesh.libp2p.services as unknown as Services
  const peers = await soon(() => pubsub.getSubscribers(nodesTopic(mesh.discovery.mesh)).length, timeout, signal)
  return peers == null
    ? { status: 'failed', detail: `nobody gossips with this node after ${timeout} ms`, advice: 'changes arrive late: is something between that cuts long connections?' }
    : { status: 'ok', detail: `${peers} ${peers === 1 ? 'peer' : 'peers'}` }
}

/** A place on a relay, as a tab needs one; `reasons`: why relays refused it so far. */
export async function checkPlace (mesh: Mesh, relays: number, reasons: () => readonly Error[], timeout: number, signal: AbortSignal): Promise<Finding> {
  const known = relays + mesh.discovery.nodes().filter(({ roles }) => roles.includes('relay')).length
  if (known === 0) return { status: 'skipped', detail: 'none of these nodes is a relay: browser tabs, and nodes behind NAT, cannot be reached', advice: 'run braid-mesh relay if there are any' }
  const place = await soon(() => mesh.libp2p.getMultiaddrs().length, timeout, signal)
  if (place != null) return { status: 'ok', detail: 'it gave this node a place' }
  const detail = reasons().map(({ message }) => message).join('; ') || `no place within ${timeout} ms`
  return { status: 'failed', detail, advice: detail.includes('is full') ? 'raise --reservations of the relay, or run another one' : 'does this machine reach the relay? Give its own address with --bootstrap to find out' }
}
