import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { GossipWatchdog } from '../../src/pubsub/watchdog.ts'

interface FakeStream { direction: string, protocol: string, status: string }

describe('pub/sub: the watch on gossip streams', () => {
  function connection (peer: string, streams: FakeStream[]): any {
    return { remotePeer: { toString: () => peer }, status: 'open', streams, closed: 0, async close () { this.closed++ } }
  }
  const out = { direction: 'outbound', protocol: '/meshsub/1.2.0', status: 'open' }
  const into = { ...out, direction: 'inbound' }

  function bench (connections: any[], gossipsub: object | undefined): { watchdog: GossipWatchdog, counts: string[] } {
    const counts: string[] = []
    const watchdog = new GossipWatchdog({
      gossipsub: () => gossipsub, connections: () => connections, known: peer => peer !== 'stranger', count: what => { counts.push(what) }, log: defaultLogger().forComponent('test')
    })
    return { watchdog, counts }
  }

  it('opens the stream of a peer that has lacked one for two looks, and of no other', () => {
    const opened: string[] = []
    const gossipsub = { createOutboundStream: async (peer: unknown) => { opened.push(String(peer)) } }
    const deaf = connection('deaf', [into])
    const { watchdog, counts } = bench([deaf, connection('well', [into, out]), connection('stranger', [])], gossipsub)
    watchdog.look()
    expect(opened).to.deep.equal([])
    watchdog.look()
    expect(opened).to.deep.equal(['deaf'])
    expect(counts).to.deep.equal(['gossip_reopened'])
    deaf.streams.push(out)
    watchdog.look()
    watchdog.look()
    expect(opened).to.deep.equal(['deaf'])
  })

  it('reconnects the peer when gossipsub cannot open it anew', () => {
    const deaf = connection('deaf', [{ ...out, status: 'reset' }])
    const { watchdog } = bench([deaf], {})
    watchdog.look()
    watchdog.look()
    expect(deaf.closed).to.equal(1)
  })
})
