import { expect } from 'chai'
import { Lazy } from '../../src/util/lazy.ts'
import { Clock, ready, rejection } from './rpc-fakes.ts'

describe('what is loaded when it is needed', () => {
  it('is made once for all who ask, and is there then', async () => {
    const made = Promise.withResolvers<string>()
    let times = 0
    const lazy = new Lazy('a room', new Clock().timers(), async () => { times++; return made.promise }, it => it)
    const asked = [lazy.load(), lazy.load()]
    expect(lazy.value).to.equal(undefined)
    made.resolve('it')
    expect(await Promise.all([...asked, lazy.load()])).to.deep.equal(['it', 'it', 'it'])
    expect([lazy.value, times]).to.deep.equal(['it', 1])
  })

  it('is made again after a failure, which everybody is told who asked', async () => {
    let times = 0
    const lazy = new Lazy('a room', new Clock().timers(), async () => { if (times++ === 0) throw new TypeError('offline'); return 'it' }, it => it)
    const failures = await Promise.all([rejection(lazy.load()), rejection(lazy.load())])
    for (const failure of failures) {
      expect(failure).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
      expect(failure.message).to.equal('a room: the code could not be loaded')
      expect(failure.cause).to.be.instanceOf(TypeError)
    }
    expect([await lazy.load(), times]).to.deep.equal(['it', 2])
  })

  it('is given up after ten seconds; what comes later is taken, once', async () => {
    const clock = new Clock()
    const first = Promise.withResolvers<string>()
    const second = Promise.withResolvers<string>()
    let times = 0
    const made: string[] = []
    const lazy = new Lazy('a room', clock.timers(), async () => times++ === 0 ? first.promise : second.promise, it => { made.push(it); return it })
    const asked = rejection(lazy.load())
    await clock.pass(9_999)
    expect(times).to.equal(1)
    await clock.pass(1)
    expect(await asked).to.include({ code: 'UNAVAILABLE', retryable: true })
    const again = lazy.load()
    first.resolve('the first')
    await ready()
    expect([lazy.value, times]).to.deep.equal(['the first', 2])
    second.resolve('the second')
    expect([await again, lazy.value, made]).to.deep.equal(['the first', 'the first', ['the first']])
  })

  it('is tried at a pace when it fails again and again, with the last error for those who ask meanwhile', async () => {
    const clock = new Clock()
    let times = 0
    const lazy = new Lazy('a room', clock.timers(), async () => { times++; throw new TypeError('offline') }, it => it)
    for (let n = 0; n < 100; n++) expect((await rejection(lazy.load())).cause).to.be.instanceOf(TypeError)
    expect(times).to.equal(3)
    await clock.pass(4_100)
    await rejection(lazy.load())
    expect(times).to.equal(4)
    for (let n = 0; n < 3_600; n++) {
      await rejection(lazy.load())
      await clock.pass(1_000)
    }
    expect(times).to.be.within(60, 4 + 3_600 / 30)
  })

  it('is loaded again without being asked for while it is wanted', async () => {
    const clock = new Clock()
    let [times, wanted, broken] = [0, true, true]
    const failures: unknown[] = []
    const lazy = new Lazy('a room', clock.timers(), async () => { times++; if (broken) throw new TypeError('offline'); return 'it' }, it => it)
    lazy.keep(() => wanted, err => { failures.push(err.cause) })
    await clock.pass(10_000)
    expect(times).to.be.within(4, 6)
    expect(failures).to.have.length(times)
    wanted = false
    await clock.pass(120_000)
    const last = times
    await clock.pass(120_000)
    expect(times).to.equal(last)
    wanted = true
    broken = false
    lazy.keep(() => wanted, () => {})
    await ready()
    expect([lazy.value, times]).to.deep.equal(['it', last + 1])
    await clock.pass(120_000)
    expect(times).to.equal(last + 1)
  })
})
