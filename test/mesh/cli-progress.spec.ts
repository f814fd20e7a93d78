/** What somebody sees who waits for a command that takes its time. */
import { expect } from 'chai'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../harness/until.ts'
import { FakeTerminal, useShop } from './cli-shop.ts'
import { ForeignPeer } from './foreign-peer.ts'

describe('the line of progress', function () {
  this.timeout(60_000)
  const shop = useShop()

  async function progressOf (expected: number, ...words: string[]): Promise<Array<string | undefined>> {
    const terminal = new FakeTerminal()
    const { code, err } = await terminal.run(...words, ...shop.bootstrap)
    expect(code, err).to.equal(expected)
    expect(terminal.progressed.at(-1), 'what is left of it').to.equal(undefined)
    return terminal.progressed
  }

  it('tells that a command joins, that it calls, and that it waits for what it has published', async () => {
    expect(await progressOf(0, 'call', 'login', 'greet', '{"name":"ada"}')).to.deep.equal(["joining mesh 'shop' …", undefined, 'calling login greet …', undefined])
    expect(await progressOf(0, 'publish', 'orders', '1', '--confirm', 'sent')).to.deep.equal(["joining mesh 'shop' …", undefined, 'waiting until it is sent …', undefined])
    expect(await progressOf(0, 'nodes')).to.deep.equal(["joining mesh 'shop' …", undefined])
  })

  it('is cleared, too, when the mesh cannot be joined or the call fails', async () => {
    const terminal = new FakeTerminal()
    expect((await terminal.run('nodes', '--mesh', 'shop', '--bootstrap', '/ip4/127.0.0.1/tcp/9')).code).to.equal(3)
    expect(terminal.progressed.slice(0, 2)).to.deep.equal(["joining mesh 'shop' …", undefined])
    const failing = new FakeTerminal()
    expect((await failing.run('call', 'login', 'fail', ...shop.bootstrap)).code).to.equal(1)
    expect(failing.progressed.slice(-2)).to.deep.equal(['calling login fail …', undefined])
  })

  it('counts the nodes that have been asked, also one that tells nothing', async () => {
    const peer = await ForeignPeer.start({ mesh: 'shop', service: 'abroad' })
    try {
      await peer.join(shop.address)
      await until(() => shop.login.discovery.node(peer.id))
      const asked = ['asking the nodes: 1 of 3', 'asking the nodes: 2 of 3', 'asking the nodes: 3 of 3', undefined]
      for (const command of ['links', 'channels']) expect(await progressOf(0, command), command).to.deep.equal(["joining mesh 'shop' …", undefined, ...asked])
    } finally {
      await peer.leave()
    }
  })

  it('tells how far a measurement is, by its time or by its calls, also when they fail, and how fast', async () => {
    shop.login.rpc.handle('nap', async () => delay(10))
    for (const [words, code] of [[['braid.ping', '--duration', '3000'], 0], [['nap', '--calls', '100', '--concurrency', '1'], 0], [['fail', '--calls', '40', '--concurrency', '1'], 1]] as Array<[string[], number]>) {
      const [, , ...steps] = await progressOf(code, 'bench', 'login', ...words)
      const told = steps.slice(0, -1).map(step => /^(\d+) % {2}(\d+)\/s$/.exec(step ?? ''))
      expect(told, words.join(' ')).not.to.include(null).and.not.to.have.lengthOf(0)
      const percents = told.map(match => Number(match?.[1]))
      expect(percents, words.join(' ')).to.deep.equal([...percents].sort((a, b) => a - b))
      expect(percents[0], words.join(' ')).to.be.within(1, 99)
      expect(percents.at(-1), words.join(' ')).to.be.at.most(100)
      for (const match of told) expect(Number(match?.[2]) > 0, match?.[0]).to.equal(code === 0)
    }
  })

  it('tells which check of doctor runs, and is cleared before what came of it is printed', async () => {
    const terminal = new FakeTerminal()
    await terminal.run('doctor', ...shop.bootstrap)
    const started = terminal.progressed.filter((_, index) => index % 2 === 0)
    expect(terminal.progressed.filter((_, index) => index % 2 === 1)).to.deep.equal(started.map(() => undefined))
    const checks = terminal.lines.slice(0, -1).map(line => line.split(/ +/).slice(1, 3).join(' '))
    expect(started).to.deep.equal(checks.map(check => `${check} …`)).and.to.include(`call ${shop.relay.id} …`)
  })
})
