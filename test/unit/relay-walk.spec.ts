/** Whoever looks for a place on a relay never walks the DHT at random for it, whatever it finds. */
import { circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { relayTransport } from '../../src/transport/reserve.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { PeerId, Startable, Transport } from '@libp2p/interface'

/** A HopMessage of type STATUS, RESERVATION_REFUSED, behind its length. */
const REFUSED = Uint8Array.of(5, 0x08, 2, 0x28, 0xc8, 1)

async function peer (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

/** A node's components, connected with a node that is no relay, or a full one; what is asked of them counts. */
async function node (full: boolean): Promise<{ components: object, counts: { walks: number, asked: number } }> {
  const counts = { walks: 0, asked: 0 }
  const [peerId, remotePeer] = await Promise.all([peer(), peer()])
  const connection = {
    id: 'one', status: 'open', remotePeer, remoteAddr: multiaddr(`/ip4/192.0.2.1/tcp/1/ws/p2p/${remotePeer.toString()}`),
    newStream: async () => {
      counts.asked++
      const [ours, theirs] = await streamPair()
      theirs.addEventListener('message', () => { theirs.send(REFUSED) }, { once: true })
      return ours
    }
  }
  const remote = { id: remotePeer, protocols: full ? [RELAY_V2_HOP_CODEC] : [], tags: new Map(), addresses: [] }
  const components = {
    peerId,
    logger: defaultLogger(),
    events: new EventTarget(),
    registrar: { handle: async () => {}, unhandle: async () => {}, register: async () => 'hop', unregister: () => {} },
    addressManager: { confirmObservedAddr: () => {}, removeObservedAddr: () => {} },
    transportManager: { getAddrs: () => [] },
    connectionManager: { getConnections: () => [connection], openConnection: async () => connection, isDialable: async () => true },
    peerStore: { get: async () => remote, all: async () => [], merge: async () => remote },
    randomWalk: {
      async * walk () { counts.walks++ }
    }
  }
  return { components, counts }
}

async function listen (transport: Transport & Startable): Promise<void> {
  await transport.start()
  await transport.createListener({ upgrader: {} as never }).listen(multiaddr('/p2p-circuit'))
}

async function passed (ms: number): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, ms) })
}

describe('a node that looks for a place on a relay', () => {
  for (const full of [false, true]) {
    it(`does not walk the DHT when ${full ? 'the only relay is full' : 'there is no relay'}, however often it looks`, swiftly(async () => {
      const { components, counts } = await node(full)
      const told: Error[] = []
      const transport = relayTransport(reasons => { told.push(...reasons) })(components) as Transport & Startable
      await listen(transport)
      await until(() => told.length > 0, { what: 'it is told why there is no place' })
      expect(told[0]?.message).to.include(full ? 'is full' : 'none of the nodes')
      await passed(5_000)
      // it is a matter of the machine how many looks that is
      if (full) await until(() => counts.asked > 2)
      expect(counts.walks).to.equal(0)
      await transport.stop()
    }))
  }

  it('looks at one thing at a time, also when it needs a place again before it has ended to look for the one before', swiftly(async () => {
    const { components } = await node(true)
    const looks: Array<() => void> = []
    const get = async (): Promise<object> => new Promise(resolve => { looks.push(() => { resolve({ protocols: [] }) }) })
    const { peerStore } = components as { peerStore: object }
    const transport = relayTransport()({ ...components, peerStore: { ...peerStore, get } }) as Transport & Startable
    const { discovery } = transport as unknown as { discovery: { startDiscovery: () => void, stopDiscovery: () => void } }
    await listen(transport)
    await until(() => looks.length > 0)
    discovery.stopDiscovery()
    discovery.startDiscovery()
    looks.splice(0)[0]?.()
    await until(() => looks.length > 0)
    await passed(5_000)
    expect(looks).to.have.lengthOf(1)
    await transport.stop()
  }))

  it('would walk it with the search of libp2p', async () => {
    const { components, counts } = await node(false)
    const transport = circuitRelayTransport()(components as never) as Transport & Startable
    await listen(transport)
    await until(() => counts.walks > 0)
    await transport.stop()
  })
})
