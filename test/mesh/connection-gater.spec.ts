/** A connection gater of the user's stands beside the mesh's own. */
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { libp2pOptions } from '../../src/transport/index.ts'
import type { ConnectionGater, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** As an application may have written it. */
class Gater implements ConnectionGater {
  readonly #asked: string[] = []
  deny = false

  async denyDialMultiaddr (address: Multiaddr): Promise<boolean> {
    this.#asked.push(address.toString())
    return this.deny
  }

  denyDialPeer (peer: PeerId): boolean {
    return this.#asked.includes(peer.toString())
  }

  get asked (): number {
    return this.#asked.length
  }
}

describe('a connection gater of the user', () => {
  const running: Libp2p[] = []
  let listener: Libp2p
  let gater: Gater
  let mayDial: boolean
  let dialler: Libp2p

  async function start (listen: string[], connectionGater?: ConnectionGater): Promise<Libp2p> {
    const node = await createLibp2p({
      ...libp2pOptions({ listen, mayDial: () => mayDial, libp2p: { ...connectionGater === undefined ? {} : { connectionGater } } }), start: true
    })
    running.push(node)
    return node
  }

  async function dial (): Promise<string> {
    return dialler.dial(listener.getMultiaddrs()).then(() => 'connected', (error: Error) => error.name)
  }

  beforeEach(async () => {
    mayDial = true
    gater = new Gater()
    listener = await start(['/ip4/127.0.0.1/tcp/0/ws'])
    dialler = await start([], gater)
  })

  afterEach(async () => { await Promise.all(running.splice(0).map(async node => node.stop())) })

  it('is asked about each address, and may deny it', async () => {
    gater.deny = true
    expect(await dial()).to.equal('DialDeniedError')
    gater.deny = false
    expect(await dial()).to.equal('connected')
    expect(gater.asked).to.be.at.least(2)
  })

  it('lets nothing through that the mesh does not', async () => {
    mayDial = false
    expect(await dial()).to.equal('DialDeniedError')
    expect(gater.asked).to.equal(0)
    mayDial = true
    expect(await dial()).to.equal('connected')
  })

  it('leaves the addresses to the mesh when it does not judge them, and is not written to', async () => {
    const partial: ConnectionGater = { denyDialPeer: () => false }
    dialler = await start([], partial)
    mayDial = false
    expect(await dial()).to.equal('DialDeniedError')
    mayDial = true
    expect(await dial()).to.equal('connected')
    expect(Object.keys(partial)).to.deep.equal(['denyDialPeer'])
  })

  it('may be frozen, hold what is no function, or be none', async () => {
    const count = { denyDialPeer: () => false, asked: 3 }
    dialler = await start([], Object.freeze(count))
    expect(await dial()).to.equal('connected')
    const { connectionGater } = libp2pOptions({ libp2p: { connectionGater: count } })
    expect((connectionGater as typeof count).asked).to.equal(3)
    dialler = await start([], null as unknown as ConnectionGater)
    expect(await dial()).to.equal('connected')
  })
})
