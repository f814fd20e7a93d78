/** What somebody sees who waits for a command that takes its time. */
import { expect } from 'chai'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import { FakeTerminal, seen, useShop } from './cli-shop.ts'
import { ForeignPeer } from './foreign-peer.ts'

describe('the line of progress', function () {
  this.timeout(60_000)
  const shop = useShop()

  async function progressOf (expected: number, ...words: string[]): Promise<Array<string | undefined>> {
    return (await ran(new FakeTerminal(), expected, ...words)).progressed
  }

  async function ran (terminal: FakeTerminal, expected: number, ...words: string[]): Promise<FakeTerminal> {
    const { code, err } = await terminal.run(...words, '--timeout', '30000', ...shop.bootstrap)
    expect(code, err).to.equal(expected)
    expect(terminal.progressed.at(-1), 'what is left of it').to.equal(undefined)
    return terminal
  }

  /** What is told of a measurement: how much of it is done, and how fast it goes. */
  function measured ([, , ...steps]: Array<string | undefined>): Array<{ percent: number, rate: number }> {
    return steps.slice(0, -1).map(step => {
      const [, percent, rate] = /^(\d+) % {2}(\d+)\/s$/.exec(step ?? '') ?? []
      return { percent: Number(percent), rate: Number(rate) }
    })
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
      for (const command of ['links', 'channels']) {
        // of all three, once it has heard of them
        const all = await seen(async () => {
          const terminal = await ran(new FakeTerminal(), 0, command)
          return { ...terminal, out: terminal.progressed.join(), err: '' }
        }, ({ out }) => out.includes('of 3'))
        expect(all.progressed, command).to.deep.equal(["joining mesh 'shop' …", undefined, ...asked])
      }
    } finally {
      await peer.leave()
    }
  })

  it('tells how far a measurement by its calls is, also when they fail, and how fast', async () => {
    for (const [method, calls, code] of [['nap', 100, 0], ['fail', 40, 1]] as const) {
      const terminal = new FakeTerminal()
      let [begun, lines] = [0, 0]
      const began = performance.now()
      const done: Array<{ most: number, time: number }> = []
      const tell = terminal.progress
      Object.assign(terminal, {
        progress: (text?: string) => {
          lines++
          // one at a time: all that have begun are answered but the last one
          if (text?.includes('%') === true) done.push({ most: begun, time: performance.now() - began })
          tell(text)
        }
      })
      const step = async (): Promise<void> => {
        // some lines come before the end, however fast this machine is
        const before = lines
        if (++begun % (calls / 4) === 9) await until(() => lines > before)
        if (method === 'fail') throw new Error('no')
      }
      const handled = shop.login.rpc.handle(`${method}.measured`, step)
      try {
        await ran(terminal, code, 'bench', 'login', `${method}.measured`, '--calls', String(calls), '--concurrency', '1')
      } finally {
        handled[Symbol.dispose]()
      }
      const told = measured(terminal.progressed)
      expect(told.length, method).to.be.above(3)
      for (const [i, { percent, rate }] of told.entries()) {
        const { most = 0, time = 0 } = done[i] ?? {}
        expect([most - 1, most].map(count => Math.round(Math.max(0, count) / calls * 100)), method).to.include(percent)
        // its own time is a part of that
        expect(rate, `${percent} %`).to.be.within(...code === 0 ? [Math.floor((most - 1) / time * 1_000), Infinity] as const : [0, 0] as const)
      }
    }
  })

  it('tells how far a measurement by its time is, and how fast', async () => {
    const told = await undisturbed(async () => measured(await progressOf(0, 'bench', 'login', 'braid.ping', '--duration', '3000')), ([first]) => first !== undefined && first.percent < 100)
    const percents = told.map(({ percent }) => percent)
    expect(percents).not.to.have.lengthOf(0)
    expect(percents).to.deep.equal(percents.toSorted((a, b) => a - b))
    expect(percents[0]).to.be.within(1, 99)
    expect(percents.at(-1)).to.be.at.most(100)
    for (const { percent, rate } of told) expect(rate > 0, `${percent} %, ${rate}/s`).to.equal(true)
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
