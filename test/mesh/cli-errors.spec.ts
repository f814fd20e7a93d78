/** What the commands say when something is wrong, and what others cannot make them say. */
import { expect } from 'chai'
import { createMesh, RpcError } from '../../src/index.ts'
import { OWN } from '../../src/wire/names.ts'
import { until } from '../harness/until.ts'
import { CLOSED, FakeTerminal, useShop } from './cli-shop.ts'
import { cbor } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import { ForeignPeer } from './foreign-peer.ts'

describe('the command line, when something is wrong', function () {
  this.timeout(60_000)
  const shop = useShop()
  const { peers } = useForeign()

  /** A node of foreign make that answers so to the methods that every node has. */
  async function foreign (service: string, answers: Readonly<Record<string, () => unknown>>): Promise<ForeignPeer> {
    const peer = await ForeignPeer.start({ mesh: 'shop', service })
    peers.push(peer)
    for (const [method, answer] of Object.entries(answers)) {
      peer.handlers.set(method, ({ respond }) => {
        try {
          respond([[3, 1], [4, cbor(answer())]])
        } catch (error) {
          respond([[2, 5], [5, (error as Error).message]])
        }
      })
    }
    await peer.join(shop.address)
    return peer
  }

  it('says what went wrong with a call, and what was meant perhaps', async () => {
    const wrong = await shop.cli('call', 'login', 'gret')
    expect(wrong).to.include({ code: 1, out: '' })
    expect(wrong.err).to.include('UNIMPLEMENTED').and.to.include("did you mean 'greet'?")
    // how it is called, not what it is named, is wrong
    shop.login.rpc.handleStream('sum', 'clientStream', async () => 0)
    expect((await shop.cli('call', 'login', 'count', '3')).err).to.match(/'count' is a serverStream method; --stream prints what it sends$/m)
    expect((await shop.cli('call', 'login', 'greet', '{}', '--stream')).err).to.match(/'greet' is a unary method; it is called without --stream$/m)
    expect((await shop.cli('call', 'login', 'sum', '1')).err).to.match(/'sum' is a clientStream method; the command line has nothing to send it$/m)
    const missing = await shop.sees(({ err }) => err.includes("did you mean 'login'?"), 'call', 'logn', 'greet', '--timeout', '500')
    expect(missing.err).to.include('UNAVAILABLE')
    const asJson = await shop.cli('call', 'login', 'fail', '--json')
    expect(asJson.code).to.equal(1)
    expect(JSON.parse(asJson.err)).to.have.nested.property('error.code', 'UNKNOWN')
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
      expect((await errorOf(3, ...words, '--bootstrap', CLOSED)).message).to.include('no way into mesh')
      await errorOf(2, ...words, '--frob')
    }
    for (const words of [['methods', 'nobody'], ['call', 'nobody', 'x'], ['leader', 'nobody']]) expect((await errorOf(1, ...words, '--timeout', '300', ...shop.bootstrap)).code).to.equal('UNAVAILABLE')
    for (const words of [['bench', 'nobody', 'x'], ['info', 'nobody']]) await errorOf(2, ...words, ...shop.bootstrap)
  })

  it('tells what is wrong with the command line before it joins', async () => {
    for (const [hint, ...words] of [
      ['usage: braid-mesh methods <service>', 'methods'], ['usage: braid-mesh leader <service>', 'leader', 'a', 'b'], ['usage: braid-mesh nodes [service]', 'nodes', 'a', 'b'],
      ['usage: braid-mesh services', 'services', 'login'], ['usage: braid-mesh call <service> <method> [json]', 'call', 'login'], ['not JSON', 'call', 'login', 'greet', 'ada'],
      ['usage: braid-mesh publish <topic> <json>', 'publish', 'orders'], ['not JSON', 'publish', 'orders', '{book}'], ['usage: braid-mesh top', 'top', 'now'],
      ['usage: braid-mesh bench <service> <method> [json]', 'bench', 'login'], ['usage: braid-mesh bench --publish <topic> [json]', 'bench', '--publish'],
      ['not JSON', 'bench', '--publish', 'orders', 'book'], ['usage: braid-mesh repl', 'repl', 'now'], ['usage: braid-mesh subscribe <topic> [channel]', 'subscribe']
    ] as Array<[string, ...string[]]>) {
      const ran = await new FakeTerminal().run(...words, '--bootstrap', CLOSED)
      expect(ran.err, words.join(' ')).to.include(hint).and.to.not.include('no way into mesh')
      expect(ran.code, words.join(' ')).to.equal(2)
    }
  })

  it('tells that there is no way in, exit code 3', async () => {
    const ran = await new FakeTerminal().run('nodes', '--bootstrap', CLOSED)
    expect(ran.code).to.equal(3)
    expect(ran.err).to.include(`${CLOSED} cannot be reached`).and.to.include('doctor')
    const stranger = await new FakeTerminal().run('nodes', '--mesh', 'other', '--bootstrap', shop.address)
    expect(stranger.code).to.equal(3)
    expect(stranger.err).to.include("belongs to mesh 'shop'")
  })

  it('lets no node forge a line', async () => {
    const name = '\u001b[2J\nleader  me'
    const evil = await createMesh({ mesh: 'shop', service: 'evil', name, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [shop.address] })
    try {
      evil.rpc.handle('fail', () => { throw new RpcError('NOT_FOUND', 'no\nleader  me') })
      await until(async () => (await shop.cli('leader', 'evil')).code === 0)
      const no = (): never => { throw new Error('no\nleader  me') }
      const { id } = await foreign('forger', { 'braid.describe': no, 'braid.leader': no, 'braid.monitor.snapshot': no })
      await until(async () => (await shop.cli('nodes')).out.includes(id))
      for (const words of [['methods', 'forger'], ['leader', 'forger'], ['info', id], ['leader', 'evil'], ['info', evil.id], ['top', '--count', '1'], ['nodes'], ['call', 'evil', 'fail'], ['bench', 'evil', 'fail', '--calls', '1']]) {
        const { out, err } = await shop.sees(({ out, err }) => (out + err).includes('leader  me'), ...words)
        expect(out + err, words.join(' ')).not.to.match(/^leader {2}me/m)
      }
    } finally {
      await evil.stop()
    }
  })

  it('a schema and a view of the leader that are none are told as such', async () => {
    const input = { type: {}, properties: { a: { anyOf: 1 }, b: null, c: { type: [{ toString: 1 }, 'string'] } }, required: 1 }
    let answer: unknown = { id: 'odd', service: 'odd', health: 'SERVING', methods: [{ name: 'work', kind: 'unary', input, output: { type: {} } }] }
    await foreign('odd', { 'braid.describe': () => answer, 'braid.leader': () => answer })
    const { out } = await until(async () => {
      const ran = await shop.cli('methods', 'odd', '--timeout', '500')
      return ran.code === 0 ? ran : undefined
    })
    expect(out).to.match(/^work +unary +\{a\?: any, b\?: any, c\?: any \| string\} +any$/m)
    for (answer of [{ leader: {} }, { voters: 5 }, { leader: { id: 'me', token: null } }, 'me']) {
      expect(await shop.cli('leader', 'odd')).to.deep.equal({ code: 1, out: '', err: 'its answer is no view of a leader' })
      expect(await shop.cli('methods', 'odd')).to.deep.equal({ code: 1, out: '', err: 'its answer is no description' })
    }
  })

  it('a node that answers nonsense is one that does not tell, and nothing else is lost', async () => {
    await shop.login.pubsub.topic('orders').publish({ item: 'pen' })
    for (const answer of [{}, null, 'all is well', { ...shop.relay.monitor.snapshot(), links: [null] }, shop.relay.monitor.snapshot()]) {
      const odd = await createMesh({ mesh: 'shop', service: 'odd', name: 'odd-1', monitor: false, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [shop.address] })
      try {
        odd.rpc.handle('braid.monitor.snapshot', () => answer, OWN)
        interface View { nodes: Array<{ name: string }>, silent: string[] }
        const view = (out: string): View => JSON.parse(out) as View
        const top = await shop.sees(({ out }) => view(out).nodes.length + view(out).silent.length === 3, 'top', '--count', '1', '--json')
        expect(top).to.include({ code: 0, err: '' })
        expect(view(top.out).nodes.map(({ name }) => name)).to.have.members(['login-1', 'relay'])
        expect(view(top.out).silent).to.deep.equal(['odd-1'])
        await shop.sees(({ out }) => out.includes('orders'), 'channels')
        expect(JSON.parse((await shop.sees(({ err }) => err !== '', 'links', '--json')).err)).to.have.nested.property('silent[0].name', 'odd-1')
        expect(await shop.sees(({ code }) => code !== 2, 'info', 'odd-1')).to.include({ code: 1 }).and.to.have.property('err').that.includes('its answer is')
      } finally {
        await odd.stop()
      }
    }
  })
})
