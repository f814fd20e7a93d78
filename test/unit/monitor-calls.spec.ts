import { expect } from 'chai'
import { CallWindow } from '../../src/monitor/window.core.ts'
import { MadeCalls } from '../../src/rpc/counts.ts'
import { Histogram } from '../../src/util/histogram.core.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import { countsOf } from './monitor-fakes.ts'

describe('monitor: calls of the last minute', () => {
  it('rate and quantiles are of the last minute, not of all time', () => {
    const window = new CallWindow(0)
    const counts = countsOf('', 'echo')
    const call = (times: number, ms: number): void => {
      for (let i = 0; i < times; i++) {
        counts.calls++
        counts.times.add(ms)
      }
    }
    call(100, 10)
    expect(window.stats(10_000, counts, 'shop')).to.include({ service: 'shop', method: 'echo', calls: 100, errors: 0, rate: 10 })
    for (let now = 20_000; now <= 200_000; now += 20_000) {
      call(40, 200)
      window.mark(now, [counts])
    }
    const { rate, p50, p99, calls } = window.stats(205_000, counts, 'shop')
    expect(calls).to.equal(500)
    expect(rate).to.be.closeTo(40 / 45 * 1, 1)
    for (const value of [p50, p99]) expect(value).to.be.closeTo(200, 20)
  })

  it('when there was no call in it, quantiles are those of all calls, and the rate is 0', () => {
    const window = new CallWindow(0)
    const counts = countsOf('login', 'echo', 3, 1, [1, 2, 4])
    for (let now = 20_000; now <= 100_000; now += 20_000) window.mark(now, [counts])
    const stats = window.stats(110_000, counts, '')
    expect(stats).to.include({ service: 'login', rate: 0, errors: 1 })
    expect(stats.p50).to.be.closeTo(2, 0.3)
    expect(window.stats(110_000, countsOf('', 'never'), 'x')).to.include({ rate: 0, p50: 0, p95: 0, p99: 0 })
  })

  it('is right for a method that came later, and for a page whose timers are slow', () => {
    const window = new CallWindow(0)
    window.mark(60_000, [])
    window.mark(120_000, [])
    const counts = countsOf('', 'new', 30)
    expect(window.stats(180_000, counts, '').rate).to.be.closeTo(30 / 60, 0.01)
  })

  it('marks that come too soon change nothing, and idle methods share what is remembered', () => {
    const window = new CallWindow(0)
    const counts = countsOf('', 'x', 1, 0, [1])
    let copies = 0
    const copy = counts.times.copy.bind(counts.times)
    counts.times.copy = () => { copies++; return copy() }
    for (let now = 0; now <= 100_000; now += 1_000) window.mark(now, [counts])
    expect(copies).to.equal(1)
  })
})

describe('histogram', () => {
  it('counts what is below a limit, exactly at powers of two', () => {
    const histogram = new Histogram()
    for (const us of [100, 255, 256, 300, 511, 512, 100_000]) histogram.add(us / 1_000)
    expect(histogram.below([0.256, 0.512, 1.024, 8_388.608])).to.deep.equal([2, 5, 6, 7])
    expect(new Histogram().below([1, 2])).to.deep.equal([0, 0])
  })

  it('tells quantiles of what came since a copy', () => {
    const histogram = new Histogram()
    for (let i = 0; i < 1_000; i++) histogram.add(1)
    const before = histogram.copy()
    expect(histogram.quantile(0.5, before)).to.be.NaN
    for (let i = 0; i < 10; i++) histogram.add(100)
    expect(histogram.quantile(0.5)).to.be.closeTo(1, 0.1)
    expect(histogram.quantile(0.5, before)).to.be.closeTo(100, 8)
    expect(new Histogram().quantile(0.5, new Histogram().copy())).to.be.NaN
  })
})

describe('rpc: counts', () => {
  let mesh: FakeMesh

  beforeEach(() => { mesh = new FakeMesh() })
  afterEach(async () => { await mesh.stop() })

  it('tells calls, errors and times of what a node serves, and with `counted` of what it calls', async () => {
    const login = await mesh.add('login-1', 'login')
    const gate = await mesh.add('gate-1', undefined, { counted: true })
    login.rpc.handle('echo', args => args)
    login.rpc.handle('fail', () => { throw new Error('no') })
    for (let i = 0; i < 3; i++) await gate.rpc.invoke('login', 'echo', i)
    await rejection(gate.rpc.invoke('login', 'fail'))
    await gate.rpc.notify('login', 'echo')
    const of = (all: ReadonlyArray<{ method: string, calls: number, errors: number, times: { count: number } }>, method: string): unknown =>
      all.filter(counts => counts.method === method).map(({ calls, errors, times }) => [calls, errors, times.count])
    const { made } = gate.rpc.counts()
    expect(made.map(({ service, method }) => `${service}/${method}`)).to.deep.equal(['login/echo', 'login/fail'])
    // nobody waits for the end of one that is told only
    expect(of(made, 'echo')).to.deep.equal([[4, 0, 3]])
    expect(of(made, 'fail')).to.deep.equal([[1, 1, 1]])
    const { served } = login.rpc.counts()
    expect(of(served, 'fail')).to.deep.equal([[1, 1, 1]])
    expect(login.rpc.counts().made).to.deep.equal([])
  })

  it('times the first 64 calls of a method, and one in sixteen after that', async () => {
    const login = await mesh.add('login-1', 'login')
    const gate = await mesh.add('gate-1', undefined, { counted: true })
    login.rpc.handle('echo', args => args)
    for (let i = 0; i < 64 + 160; i++) await gate.rpc.invoke('login', 'echo')
    for (const { calls, times } of [...gate.rpc.counts().made, ...login.rpc.counts().served.filter(({ method }) => method === 'echo')]) {
      expect([calls, times.count]).to.deep.equal([224, 74])
    }
  })

  it('a stream is a call whose time ends with its first word', async () => {
    const login = await mesh.add('login-1', 'login')
    const gate = await mesh.add('gate-1', undefined, { counted: true })
    login.rpc.handleStream('count', 'serverStream', async function * (to: number) { for (let n = 1; n <= to; n++) yield n })
    for await (const n of gate.rpc.stream('login', 'count', 'serverStream', 3)) expect(n).to.be.a('number')
    const [counts] = gate.rpc.counts().made
    expect(counts).to.include({ service: 'login', method: 'count', calls: 1, errors: 0 })
    expect(counts?.times.count).to.equal(1)
  })

  it('names beyond 1024 are counted together', () => {
    const made = new MadeCalls()
    for (let i = 0; i < 1_100; i++) made.get('login', `m${i}`).calls++
    expect(made.all()).to.have.lengthOf(1_025)
    expect(made.all().at(-1)).to.include({ service: '', method: 'other', calls: 76 })
  })

  it('names that calls were made by are known, and what those beyond share is no name', async () => {
    await mesh.add('login-1', 'login')
    for (const counted of [true, false]) {
      const gate = await mesh.add(`gate-${counted}`, undefined, { counted })
      await Promise.all(Array.from({ length: 1_100 }, async (_, i) => rejection(gate.rpc.invoke('login', `m${i}`))))
      for (const [service, method] of [['', 'other'], ['', 'm0'], ['login', ''], ['Login', 'm0'], ['login', 'm 0']] as const) {
        expect(await rejection(gate.rpc.invoke(service, method)), `${service}/${method}`).to.have.property('name', 'InvalidNameError')
      }
      expect((await rejection(gate.rpc.invoke('login', 'm1099'))).message).to.match(/no method 'm1099'/)
      expect(gate.rpc.counts().made).to.have.lengthOf(counted ? 1_025 : 0)
    }
  })
})
