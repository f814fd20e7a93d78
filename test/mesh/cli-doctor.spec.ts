/** Finds out why one cannot join. */
import { expect } from 'chai'
import { createServer } from 'node:net'
import { muteWebSocket } from '../harness/mute-websocket.ts'
import { until } from '../harness/until.ts'
import { CLOSED, FakeTerminal, found, useShop } from './cli-shop.ts'
import type { AddressInfo, Socket } from 'node:net'

/** Of nobody. */
const STRANGER = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'

describe('braid-mesh doctor', function () {
  this.timeout(120_000)
  const shop = useShop()

  it('finds nothing wrong where nothing is', async () => {
    const ws = shop.relay.libp2p.getMultiaddrs().map(String).find(address => address.includes('/ws')) ?? ''
    const ran = await new FakeTerminal().run('doctor', '--mesh', 'shop', '--bootstrap', ws, '--timeout', '30000')
    expect(ran.out, ran.out).to.include('all is well')
    expect(ran.code).to.equal(0)
    for (const check of ['address', 'tcp', 'websocket', 'dial', 'mesh', 'call', 'nodes', 'dht', 'gossip', 'relay']) expect(ran.out).to.match(new RegExp(`^ok +${check} `, 'm'))
  })

  it('finds out why one cannot join, and says what to do', async () => {
    const [tcp = '', ws = ''] = shop.relay.libp2p.getMultiaddrs().map(String)
    const plain = tcp.replace(/\/p2p\/.*/, '')
    const other = `${plain}/p2p/${shop.login.id}`
    for (const [address, mesh, check, hint] of [
      [CLOSED, 'shop', 'tcp', 'nobody listens there'],
      ['/dns4/no-such-name.invalid/tcp/9001', 'shop', 'dns', 'no such name|cannot be looked up'],
      [`${plain}/ws`, 'shop', 'websocket', 'without /ws'],
      [ws.replace(/\/ws\/.*/, ''), 'shop', 'dial', 'TCP without /ws'],
      [`${ws.replace(/\/ws\/.*/, '')}/wss`, 'shop', 'tls', 'use ws instead of wss'],
      [other, 'shop', 'dial', 'another node than the address names'],
      [`${CLOSED}/p2p/${shop.relay.id}/p2p-circuit/p2p/${shop.login.id}`, 'shop', 'tcp', 'nobody listens there'],
      [`${tcp}/p2p-circuit/p2p/${STRANGER}`, 'shop', 'dial', 'no way through the relay'],
      [plain, 'shoes', 'mesh', "of mesh 'shop', not 'shoes': --mesh shop"],
      ['/ip4/0.0.0.0/tcp/9001', 'shop', 'address', 'where a node listens']
    ] as Array<[string, string, string, string]>) {
      interface Found { joined: boolean, checks: Array<{ check: string, status: string, detail: string, advice: string }> }
      const failed = ({ out }: { out: string }): Found['checks'] => (JSON.parse(out) as Found).checks.filter(({ status }) => status === 'failed')
      const told = (ran: { out: string }): string => failed(ran).map(({ check, detail, advice }) => `${check}: ${detail}: ${advice}`).join()
      const right = new RegExp(`^${check}: .*(${hint})`)
      const ran = await found(async timeout => new FakeTerminal().run('doctor', '--mesh', mesh, '--bootstrap', address, '--timeout', String(timeout), '--json'), ran => right.test(told(ran)))
      expect(told(ran), `${address}: ${ran.out}`).to.match(right)
      expect(failed(ran)).to.have.lengthOf(1)
      expect((JSON.parse(ran.out) as Found).joined).to.equal(false)
      expect(ran.code).to.equal(3)
    }
  })

  it('dials each address, also of a node that it has reached by another', async () => {
    await using mute = await muteWebSocket()
    const silent = `${mute.address}/p2p/${shop.relay.id}`
    const ran = await found(async timeout => new FakeTerminal().run('doctor', '--mesh', 'shop', '--bootstrap', shop.address, '--bootstrap', silent, '--timeout', String(timeout), '--json'), ({ code }) => code === 1)
    const { checks } = JSON.parse(ran.out) as { checks: Array<{ check: string, status: string, target: string }> }
    expect(checks.filter(({ target }) => target === silent).map(({ check, status }) => `${check} ${status}`)).to.deep.equal(['address ok', 'dial failed'])
    expect(ran.code).to.equal(1)
  })

  it('ends the check that is under way at Ctrl-C, whatever it waits for', async () => {
    const sockets: Socket[] = []
    const mute = createServer(socket => { sockets.push(socket.on('error', () => {}).resume()) })
    await new Promise<void>(resolve => { mute.listen(0, '127.0.0.1', resolve) })
    const { port } = mute.address() as AddressInfo
    try {
      for (const kind of ['wss', 'ws']) {
        sockets.length = 0
        const terminal = new FakeTerminal()
        const ended = terminal.run('doctor', '--mesh', 'shop', '--bootstrap', `/ip4/127.0.0.1/tcp/${port}/${kind}`, '--timeout', '60000')
        // one for tcp, one for what comes after
        await until(() => sockets.length === 2)
        terminal.stop.abort()
        expect((await ended).code).to.equal(130)
        await until(() => sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded), { what: 'no socket is left open' })
      }
    } finally {
      for (const socket of sockets) socket.destroy()
      mute.close()
    }
  })
})
