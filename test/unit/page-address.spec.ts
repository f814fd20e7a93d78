import { expect } from 'chai'
import { whyNotFromPage } from '../../src/transport/page-address.core.ts'

const ID = '12D3KooWGzBmLm5gq2Pp6Fh2aMNQ8pMx1B6kVRYmSMxHmbJZYLXP'
const PLAIN = `/ip4/192.0.2.1/tcp/9002/ws/p2p/${ID}`

describe('what a page can dial', () => {
  it('says of an https page with a relay on ws:// what a person can do', () => {
    expect(whyNotFromPage(PLAIN, 'https:')).to.include('https').and.to.include('certificate').and.to.include('/wss')
    expect(whyNotFromPage(`/dns4/relay.example/tcp/80/ws/p2p/${ID}`, 'https:')).to.include('certificate')
    expect(whyNotFromPage(`${PLAIN}/p2p-circuit/p2p/${ID}`, 'https:')).to.include('certificate')
  })

  it('finds nothing wrong with encrypted WebSockets, or with this machine', () => {
    for (const address of [
      `/dns4/relay.example/tcp/443/wss/p2p/${ID}`,
      `/dns4/relay.example/tcp/443/tls/ws/p2p/${ID}`,
      '/ip4/192.0.2.1/tcp/443/tls/sni/relay.example/ws',
      `/dns4/relay.example/tcp/443/wss/p2p/${ID}/p2p-circuit/p2p/${ID}`,
      '/ip4/127.0.0.1/tcp/9002/ws',
      '/ip6/::1/tcp/9002/ws',
      '/dns4/localhost/tcp/9002/ws'
    ]) {
      expect(whyNotFromPage(address, 'https:'), address).to.equal(undefined)
    }
  })

  it('finds nothing wrong with ws:// on a page over http', () => {
    expect(whyNotFromPage(PLAIN, 'http:')).to.equal(undefined)
    expect(whyNotFromPage(PLAIN, '')).to.equal(undefined)
  })

  it('says of a TCP address that browsers dial WebSockets', () => {
    for (const address of ['/ip4/192.0.2.1/tcp/9001', `/ip4/192.0.2.1/tcp/9001/p2p/${ID}`, `/ip4/127.0.0.1/tcp/9001/p2p/${ID}/p2p-circuit/p2p/${ID}`]) {
      expect(whyNotFromPage(address, 'http:'), address).to.include('WebSockets').and.to.include('/ws')
    }
  })

  it('leaves alone what it does not know', () => {
    for (const address of ['/memory/7', '/p2p-circuit', `/ip4/192.0.2.1/udp/9/webrtc-direct/certhash/uEi/p2p/${ID}`]) {
      expect(whyNotFromPage(address, 'https:'), address).to.equal(undefined)
    }
  })
})
