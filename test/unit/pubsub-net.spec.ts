import { defaultLogger } from '@libp2p/logger'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Net } from '../../src/pubsub/net.ts'
import { until } from '../harness/until.ts'
import type { NetInit } from '../../src/pubsub/net.ts'
import type { PeerStreamsComponents } from '../../src/streams/index.ts'
import type { PeerId } from '@libp2p/interface'

describe('pub/sub: streams to peers that are not reached', () => {
  it('it is remembered of so many that they were not, and for others as if they had not been tried', async () => {
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const tried: string[] = []
    const components = {
      logger: defaultLogger(),
      registrar: { handle: async () => {}, unhandle: async () => {} },
      connectionManager: { getConnections: () => [], openConnection: async () => { throw new Error('nobody there') } }
    } as unknown as PeerStreamsComponents
    const net = new Net(components, {
      protocol: '/test', onMessage: () => {}, onLost: () => {}, connected: () => false, now: () => 1, count: () => {}, log: defaultLogger().forComponent('test'),
      peerId: (id: string): PeerId => {
        tried.push(id)
        return peer
      }
    } satisfies NetInit)
    await net.start()
    const send = async (...ids: string[]): Promise<string[]> => {
      tried.length = 0
      for (const id of ids) net.sendFrame(id, Uint8Array.of(1))
      const now = [...tried]
      if (now.length > 0) await until(() => ids.every(id => net.queued(id) === 0))
      return now
    }
    expect(await send('first')).to.deep.equal(['first'])
    // the clock stands still: it is too soon to try again
    expect(await send('first')).to.deep.equal([])
    for (let i = 0; i < 2_000; i += 100) await send(...Array.from({ length: 100 }, (_, j) => `peer ${i + j}`))
    expect(await send('first')).to.deep.equal(['first'])
    await net.stop()
  })
})
