import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { libp2pOptions } from '../../src/transport/index.ts'

describe('transport: the addresses that a node tells', () => {
  const RELAYED = '/ip4/203.0.113.7/tcp/443/wss/p2p/12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq/p2p-circuit'
  const SELF = '/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
  const told = (...addresses: string[]): string[] => {
    const filter = libp2pOptions().addresses?.announceFilter ?? (all => all)
    return filter(addresses.map(address => multiaddr(address + SELF))).map(address => address.toString().slice(0, -SELF.length))
  }
  const tcp = (...hosts: string[]): string[] => hosts.map(host => `/ip4/${host}/tcp/9001`)
  const ws = (...hosts: string[]): string[] => hosts.map(host => `/ip4/${host}/tcp/9002/ws`)
  const bridges = (count: number): string[] => Array.from({ length: count }, (_, i) => `172.${17 + i}.0.1`)

  it('are all there are, in their order', () => {
    const all = [...tcp('127.0.0.1', ...bridges(7)), ...ws('127.0.0.1', ...bridges(6)), RELAYED]
    expect(all).to.have.length(16)
    expect(told(...all)).to.deep.equal(all)
  })

  it('are of each kind when there are too many: a page dials no TCP, and a place on a relay leads anywhere', () => {
    const found = told(...tcp(...bridges(16)), ...ws('10.0.0.9', '10.0.0.10'), RELAYED)
    expect(found).to.have.length(16)
    expect(found).to.include.members([...ws('10.0.0.9', '10.0.0.10'), RELAYED, ...tcp('172.17.0.1')])
    expect(told(...tcp(...bridges(20)), ...ws(...bridges(20))).filter(address => address.endsWith('/ws'))).to.have.length(8)
  })

  it('are those first that lead farther than to this machine, or to the next switch', () => {
    const near = ['/ip4/127.0.0.1/tcp/1/ws', '/ip4/169.254.3.4/tcp/1/ws', '/ip6/::1/tcp/1/ws', '/ip6/fe80::1/tcp/1/ws']
    const far = [...tcp(...bridges(14)), '/ip6/2001:db8::1/tcp/1/ws']
    expect(told(...near, ...far)).to.deep.equal([far[0], far[14], ...far.slice(1, 14), near[0]])
  })
})
