/** The commands, in this process, in a mesh of real nodes. What needs a process or a terminal is in test/process. */
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { run } from '../../src/cli/run.ts'
import { createMesh, RpcError } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Terminal } from '../../src/cli/command.ts'
import type { Mesh } from '../../src/index.ts'

interface Ran { code: number, out: string, err: string }

const terminals: FakeTerminal[] = []

class FakeTerminal implements Terminal {
  readonly stop = new AbortController()
  readonly lines: string[] = []
  readonly errors: string[] = []
  readonly signal = this.stop.signal
  readonly out = (line: string): void => { this.lines.push(line) }
  readonly err = (line: string): void => { this.errors.push(line) }
  readonly progress = (): void => {}

  constructor () {
    terminals.push(this)
  }

  async run (...argv: string[]): Promise<Ran> {
    const code = await run(argv, this, '1.2.3')
    return { code, out: this.lines.join('\n'), err: this.errors.join('\n') }
  }
}

describe('the command line', function () {
  this.timeout(60_000)
  let relay: Mesh
  let login: Mesh
  let bootstrap: string[]

  before(async () => {
    relay = await createMesh({ mesh: 'shop', relay: true, name: 'relay', listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] })
    const [address = ''] = relay.libp2p.getMultiaddrs().map(String)
    login = await createMesh({ mesh: 'shop', service: 'login', name: 'login-1', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address] })
    login.rpc.handle('greet', ({ name, bytes }: { name: string, bytes?: unknown }, ctx) =>
      ({ text: `welcome ${name}`, token: ctx.token != null, raw: Uint8Array.of(1, 2), bytes: bytes instanceof Uint8Array }), { description: 'says hello' })
    login.rpc.handle('fail', () => { throw new Error('no') })
    login.rpc.handleStream('count', 'serverStream', function * (upTo: number) { for (let i = 0; i < upTo; i++) yield i })
    bootstrap = ['--mesh', 'shop', '--bootstrap', address]
  })

  after(async () => { await Promise.all([relay.stop(), login.stop()]) })

  // What a failed test left running would keep this process alive.
  afterEach(() => { for (const { stop } of terminals.splice(0)) stop.abort() })

  const cli = async (...words: string[]): Promise<Ran> => new FakeTerminal().run(...words, ...bootstrap)

  it('calls a method and prints its result', async () => {
    const ran = await cli('call', 'login', 'greet', '{"name":"ada","bytes":{"$bytes":"AQI="}}', '--token', 'ada', '--json')
    expect(ran).to.deep.include({ code: 0, err: '' })
    expect(JSON.parse(ran.out)).to.deep.equal({ text: 'welcome ada', token: true, raw: { $bytes: 'AQI=' }, bytes: true })
    expect((await cli('call', 'login', 'count', '3', '--stream')).out).to.equal('0\n1\n2')
  })

  it('calls the node that --node names, by name, end of id or id', async () => {
    for (const node of ['login-1', login.id.slice(-8), login.id]) {
      const ran = await cli('call', 'login', 'greet', '{"name":"ada"}', '--node', node, '--json')
      expect(ran, ran.err).to.include({ code: 0, err: '' })
    }
    const wrong = await cli('call', 'login', 'greet', '{"name":"ada"}', '--node', 'logn-1', '--timeout', '2000')
    expect(wrong).to.include({ code: 2 }).and.to.have.property('err').that.includes("did you mean 'login-1'?")
    expect(JSON.parse((await cli('bench', 'login', 'greet', '{"name":"ada"}', '--calls', '5', '--node', 'login-1', '--json')).out)).to.deep.include({ nodes: { [login.id]: 5 } })
  })

  it('says what went wrong with a call, and what was meant perhaps', async () => {
    const wrong = await cli('call', 'login', 'gret')
    expect(wrong).to.include({ code: 1, out: '' })
    expect(wrong.err).to.include('UNIMPLEMENTED').and.to.include("did you mean 'greet'?")
    const missing = await cli('call', 'logn', 'greet', '--timeout', '500')
    expect(missing.err).to.include('UNAVAILABLE').and.to.include("did you mean 'login'?")
    const asJson = await cli('call', 'login', 'fail', '--json')
    expect(asJson.code).to.equal(1)
    expect(JSON.parse(asJson.err)).to.have.nested.property('error.code', 'UNKNOWN')
  })

  it('lists nodes, services and methods', async () => {
    const nodes = await cli('nodes')
    expect(nodes.out).to.match(/^SERVICE/).and.to.match(/login +login-1 +up/).and.to.match(/- +relay +up +relay/)
    expect((JSON.parse((await cli('nodes', 'login', '--json')).out) as Array<{ id: string }>).map(({ id }) => id)).to.deep.equal([login.id])
    expect((await cli('services')).out).to.match(/login +1 +1 +3 +\d+/)
    expect((await cli('methods', 'login')).out).to.match(/greet +unary .*says hello/)
    const all = JSON.parse((await cli('methods', 'login', '--all', '--json')).out) as Array<{ name: string }>
    expect(all.map(({ name }) => name)).to.include.members(['greet', 'braid.ping'])
    expect((await cli('nodes', 'logn')).err).to.include("did you mean 'login'?")
  })

  it('tells leader, links and what a node does', async () => {
    const led = await cli('leader', 'login', '--json')
    await until(async () => (JSON.parse((await cli('leader', 'login', '--json')).out) as { leader?: unknown }).leader)
    expect(led.code).to.be.oneOf([0, 1])
    expect((await cli('leader', 'login')).out).to.include(`leader  login-1 ${login.id}`).and.to.match(/term \d+/)
    // 'ada' is linked since the first test
    await relay.rpc.invoke('login', 'greet', { name: 'eve' }, { token: 'eve' })
    await until(async () => (JSON.parse((await cli('links', 'login', '--json')).out) as Array<{ count: number }>)[0]?.count === 2)
    expect((await cli('links')).out).to.match(/login +\S+ +login-1 +\S+ +2$/m)
    const about = await cli('info', 'login-1')
    expect(about.out).to.include(login.id).and.to.match(/greet +\d+ +0/).and.to.match(/mesh +shop/)
    expect(JSON.parse((await cli('info', login.id.slice(-8), '--json')).out)).to.have.nested.property('self.id', login.id)
    expect((await cli('info', 'logn-1'))).to.deep.include({ code: 2 }).and.to.have.property('err').that.includes("did you mean 'login-1'?")
  })

  it('publishes, subscribes and tells how far channels are', async () => {
    const listening = new FakeTerminal()
    const ended = listening.run('subscribe', 'orders', 'billing', '--json', '--count', '2', ...bootstrap)
    await until(() => listening.errors.some(line => line.startsWith('subscribed')))
    const sent = await cli('publish', 'orders', '{"item":"book"}', '--key', 'a', '--json', '--timeout', '20000')
    expect(sent.err).to.equal('')
    expect(JSON.parse(sent.out)).to.include({ reached: 'stored' })
    await login.pubsub.topic('orders').publish({ item: 'pen' })
    const { code, out } = await ended
    expect(code).to.equal(0)
    expect(out.split('\n').map(line => (JSON.parse(line) as { body: unknown }).body)).to.have.deep.members([{ item: 'book' }, { item: 'pen' }])
    const { topics } = JSON.parse((await cli('channels', '--json')).out) as { topics: Array<{ topic: string }> }
    expect(topics.map(({ topic }) => topic)).to.include('orders')
  })

  it('subscribe --count leaves to the channel what it does not print', async () => {
    const orders = login.pubsub.topic('counted')
    const billing = await orders.subscribe('billing', { durable: true })
    await billing.close()
    for (let n = 0; n < 50; n++) await orders.publish({ n })
    const { code, out } = await cli('subscribe', 'counted', 'billing', '--count', '3', '--json')
    expect(code).to.equal(0)
    const numbers = out.split('\n').map(line => (JSON.parse(line) as { body: { n: number } }).body.n)
    expect(numbers).to.have.length(3)
    const rest = await orders.subscribe('billing')
    rest.onMessage(({ body }: { body: { n: number } }) => { numbers.push(body.n) })
    await until(() => numbers.length >= 50, { what: () => `50 messages, got ${numbers.length}` })
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, n) => n))
    await rest.close()
  })

  it('subscribe takes no place from a channel that services share, whoever came first', async () => {
    const topic = login.pubsub.topic('shared')
    const early = new FakeTerminal()
    const ended = early.run('subscribe', 'shared', 'billing', '--count', '1', ...bootstrap)
    await until(() => early.errors.some(line => line.startsWith('subscribed')))
    const service = await topic.subscribe('billing')
    await topic.publish(0)
    expect((await ended).code).to.equal(0)
    await service.close()
    for (const n of [1, 2]) {
      expect((await topic.publish(n)).channels).to.deep.equal(['billing'])
      // the last one that leaves is the command
      expect(await cli('subscribe', 'shared', 'billing', '--count', '1', '--json')).to.have.property('code', 0)
    }
    expect((await topic.publish(3)).channels).to.deep.equal(['billing'])
    const rest = await topic.subscribe('billing')
    expect(rest.settings).to.deep.include({ durable: true, maxDeliver: 5 })
    const got: unknown[] = []
    rest.onMessage(({ body }) => { got.push(body) })
    await until(() => got.length > 0)
    expect(got).to.deep.equal([3])
    await rest.close()
  })

  it('bench --publish ends, whatever its messages wait for', async () => {
    const channel = await login.pubsub.topic('unattended').subscribe('billing')
    const finish = Promise.withResolvers<void>()
    channel.onMessage(async () => finish.promise)
    const begin = performance.now()
    const { code, out } = await cli('bench', '--publish', 'unattended', '--confirm', 'handled', '--duration', '300', '--timeout', '500', '--json')
    expect(performance.now() - begin).to.be.below(10_000)
    expect(code).to.equal(1)
    expect((JSON.parse(out) as { errors: object }).errors).to.have.keys('DEADLINE_EXCEEDED')
    finish.resolve()
    await channel.close()
  })

  it('lets no node forge a line', async () => {
    const name = '\u001b[2J\nleader  me'
    const evil = await createMesh({ mesh: 'shop', service: 'evil', name, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: bootstrap.slice(3) })
    try {
      evil.rpc.handle('fail', () => { throw new RpcError('NOT_FOUND', 'no\nleader  me') })
      await until(async () => (await cli('leader', 'evil')).code === 0)
      for (const words of [['leader', 'evil'], ['info', evil.id], ['top', '--count', '1'], ['nodes'], ['call', 'evil', 'fail']]) {
        const { out, err } = await cli(...words)
        expect(out + err, words.join(' ')).to.include('leader  me').and.not.to.match(/^leader {2}me/m)
      }
    } finally {
      await evil.stop()
    }
  })

  it('a node that answers nonsense is one that does not tell, and nothing else is lost', async () => {
    await login.pubsub.topic('orders').publish({ item: 'pen' })
    for (const answer of [{}, null, 'all is well', { ...relay.monitor.snapshot(), links: [null] }, relay.monitor.snapshot()]) {
      const odd = await createMesh({ mesh: 'shop', service: 'odd', name: 'odd-1', monitor: false, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: bootstrap.slice(3) })
      try {
        odd.rpc.handle('braid.monitor.snapshot', () => answer)
        // On a busy machine a command may look before it has heard of all.
        const { nodes, silent } = await until(async () => {
          const top = await cli('top', '--count', '1', '--json')
          expect(top).to.include({ code: 0, err: '' })
          const view = JSON.parse(top.out) as { nodes: Array<{ name: string }>, silent: string[] }
          return view.nodes.length + view.silent.length === 3 ? view : undefined
        })
        expect(nodes.map(({ name }) => name)).to.have.members(['login-1', 'relay'])
        expect(silent).to.deep.equal(['odd-1'])
        expect((await cli('channels')).out).to.include('orders')
        expect(JSON.parse((await cli('links', '--json')).err)).to.have.nested.property('silent[0].name', 'odd-1')
        expect((await cli('info', 'odd-1'))).to.include({ code: 1 }).and.to.have.property('err').that.includes('its answer is')
      } finally {
        await odd.stop()
      }
    }
  })

  it('measures calls and messages', async () => {
    const { code, out } = await cli('bench', 'login', 'greet', '{"name":"ada"}', '--calls', '200', '--concurrency', '8', '--json')
    expect(code).to.equal(0)
    const result = JSON.parse(out) as { count: number, rate: number, errors: object, nodes: Record<string, number>, latency: { p50: number, max: number } }
    expect(result).to.deep.include({ count: 200, errors: {}, nodes: { [login.id]: 200 } })
    expect(result.latency.p50).to.be.above(0).and.to.be.at.most(result.latency.max)
    const failing = await cli('bench', 'login', 'fail', '--calls', '3')
    expect(failing.code).to.equal(1)
    expect(failing.out).to.match(/3 failed/).and.to.match(/UNKNOWN +3/)
    expect((await cli('bench', '--publish', 'orders', '--calls', '20')).out).to.match(/^20 messages/)
    expect(await cli('bench', 'logn', 'greet')).to.deep.include({ code: 2 })
  })

  it('shows the mesh as it lives, as text and as JSON', async () => {
    const { out } = await cli('top', '--count', '1')
    expect(out).to.match(/^mesh shop .* 2 nodes, 2 up {2}1 services/).and.to.match(/login +1\/1/).and.to.match(/^login-1 +login +up/m)
    const json = await cli('top', '--count', '2', '--interval', '100', '--json')
    const views = json.out.split('\n').map(line => JSON.parse(line) as { nodes: unknown[] })
    expect(views.map(({ nodes }) => nodes.length)).to.deep.equal([2, 2])
  })

  it('finds nothing wrong where nothing is', async () => {
    const ws = relay.libp2p.getMultiaddrs().map(String).find(address => address.includes('/ws')) ?? ''
    const ran = await new FakeTerminal().run('doctor', '--mesh', 'shop', '--bootstrap', ws)
    expect(ran.out, ran.out).to.include('all is well')
    expect(ran.code).to.equal(0)
    for (const check of ['address', 'tcp', 'websocket', 'dial', 'mesh', 'call', 'nodes', 'dht', 'gossip', 'relay']) expect(ran.out).to.match(new RegExp(`^ok +${check} `, 'm'))
  })

  it('finds out why one cannot join, and says what to do', async () => {
    const [tcp = '', ws = ''] = relay.libp2p.getMultiaddrs().map(String)
    const closed = '/ip4/127.0.0.1/tcp/9'
    const plain = tcp.replace(/\/p2p\/.*/, '')
    const other = `${plain}/p2p/${login.id}`
    for (const [address, mesh, check, hint] of [
      [closed, 'shop', 'tcp', 'nobody listens there'],
      ['/dns4/no-such-name.invalid/tcp/9001', 'shop', 'dns', 'no such name|cannot be looked up'],
      [`${plain}/ws`, 'shop', 'websocket', 'without /ws'],
      [ws.replace(/\/ws\/.*/, ''), 'shop', 'dial', 'TCP without /ws'],
      [`${ws.replace(/\/ws\/.*/, '')}/wss`, 'shop', 'tls', 'use ws instead of wss'],
      [other, 'shop', 'dial', 'another node than the address names'],
      [`${closed}/p2p/${relay.id}/p2p-circuit/p2p/${login.id}`, 'shop', 'tcp', 'nobody listens there'],
      [`${tcp}/p2p-circuit/p2p/${stranger}`, 'shop', 'dial', 'no way through the relay'],
      [plain, 'shoes', 'mesh', "of mesh 'shop', not 'shoes': --mesh shop"],
      ['/ip4/0.0.0.0/tcp/9001', 'shop', 'address', 'where a node listens']
    ] as Array<[string, string, string, string]>) {
      const ran = await new FakeTerminal().run('doctor', '--mesh', mesh, '--bootstrap', address, '--timeout', '4000', '--json')
      const { checks, joined } = JSON.parse(ran.out) as { joined: boolean, checks: Array<{ check: string, status: string, detail: string, advice: string }> }
      const failed = checks.filter(({ status }) => status === 'failed')
      expect(failed.map(({ check }) => check), `${address}: ${ran.out}`).to.deep.equal([check])
      expect(`${failed[0]?.detail}: ${failed[0]?.advice}`, address).to.match(new RegExp(hint))
      expect(joined).to.equal(false)
      expect(ran.code).to.equal(3)
    }
  })

  it('dials each address, also of a node that it has reached by another', async () => {
    const server = createHttpServer()
    server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
      const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
    })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    try {
      const silent = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws/p2p/${relay.id}`
      const ran = await new FakeTerminal().run('doctor', '--mesh', 'shop', '--bootstrap', bootstrap[3] ?? '', '--bootstrap', silent, '--timeout', '2000', '--json')
      const { checks } = JSON.parse(ran.out) as { checks: Array<{ check: string, status: string, target: string }> }
      expect(checks.filter(({ target }) => target === silent).map(({ check, status }) => `${check} ${status}`)).to.deep.equal(['address ok', 'dial failed'])
      expect(ran.code).to.equal(1)
    } finally {
      server.closeAllConnections()
      server.close()
    }
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

  it('with --json tells what went wrong as one document, whatever the command', async () => {
    const errorOf = async (code: number, ...words: string[]): Promise<{ code: string, message: string }> => {
      const ran = await new FakeTerminal().run(...words, '--json')
      expect(ran, words.join(' ')).to.include({ code, out: '' })
      const { error } = JSON.parse(ran.err) as { error: { code: string, message: string } }
      expect(error.code, words.join(' ')).to.be.a('string')
      expect(error.message, words.join(' ')).to.be.a('string')
      return error
    }
    const commands = [
      ['nodes'], ['services'], ['methods', 'login'], ['call', 'login', 'greet'], ['publish', 'orders', '1'], ['subscribe', 'orders'], ['leader', 'login'],
      ['links'], ['channels'], ['info'], ['bench', 'login', 'greet'], ['top'], ['repl']
    ]
    for (const words of commands) {
      expect((await errorOf(3, ...words, '--bootstrap', closedAddress)).message).to.include('no way into mesh')
      await errorOf(2, ...words, '--frob')
    }
    for (const words of [['methods', 'nobody'], ['call', 'nobody', 'x'], ['leader', 'nobody']]) expect((await errorOf(1, ...words, '--timeout', '300', ...bootstrap)).code).to.equal('UNAVAILABLE')
    for (const words of [['bench', 'nobody', 'x'], ['info', 'nobody']]) await errorOf(2, ...words, ...bootstrap)
  })

  it('publish fails when it does not come as far as it was to', async () => {
    await using alone = await createMesh({ mesh: 'alone', listen: ['/ip4/127.0.0.1/tcp/0'] })
    const words = ['publish', 'orders', '1', '--mesh', 'alone', '--bootstrap', alone.libp2p.getMultiaddrs().map(String)[0] ?? '']
    const asked = await new FakeTerminal().run(...words, '--confirm', 'stored')
    expect(asked.err).to.include('it is sent, not stored')
    expect(asked.code).to.equal(1)
    expect(await new FakeTerminal().run(...words)).to.include({ code: 0, err: '' })
    expect(await new FakeTerminal().run(...words, '--confirm', 'sent')).to.include({ code: 0, err: '' })
  })

  it('tells that there is no way in, exit code 3', async () => {
    const ran = await new FakeTerminal().run('nodes', '--bootstrap', closedAddress)
    expect(ran.code).to.equal(3)
    expect(ran.err).to.include(`${closedAddress} cannot be reached`).and.to.include('doctor')
    const stranger = await new FakeTerminal().run('nodes', '--mesh', 'other', '--bootstrap', bootstrap[3] ?? '')
    expect(stranger.code).to.equal(3)
    expect(stranger.err).to.include("belongs to mesh 'shop'")
  })
})

/** Of nobody. */
const stranger = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'
const closedAddress = '/ip4/127.0.0.1/tcp/9'
