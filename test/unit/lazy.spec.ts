import { expect } from 'chai'
import { Lazy } from '../../src/util/lazy.ts'
import { Clock, ready, rejection } from './rpc-fakes.ts'

describe('what is loaded when it is needed', () => {
  it('is made once for all who ask, and is there then', async () => {
    const made = Promise.withResolvers<string>()
    let times = 0
    const lazy = new Lazy('a room', new Clock().timers(), async () => { times++; return made.promise })
    const asked = [lazy.load(), lazy.load()]
    expect(lazy.value).to.equal(undefined)
    made.resolve('it')
    expect(await Promise.all([...asked, lazy.load()])).to.deep.equal(['it', 'it', 'it'])
    expect([lazy.value, times]).to.deep.equal(['it', 1])
  })

  it('is made again after a failure, which everybody is told who asked', async () => {
    let times = 0
    const lazy = new Lazy('a room', new Clock().timers(), async () => { if (times++ === 0) throw new TypeError('offline'); return 'it' })
    const failures = await Promise.all([rejection(lazy.load()), rejection(lazy.load())])
    for (const failure of failures) {
      expect(failure).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
      expect(failure.message).to.equal('a room: the code could not be loaded')
      expect(failure.cause).to.be.instanceOf(TypeError)
    }
    expect([await lazy.load(), times]).to.deep.equal(['it', 2])
  })

  it('is given up after ten seconds, and what comes later counts no more', async () => {
    const clock = new Clock()
    const first = Promise.withResolvers<string>()
    let times = 0
    const lazy = new Lazy('a room', clock.timers(), async () => times++ === 0 ? first.promise : 'the second')
    const asked = rejection(lazy.load())
    await clock.pass(9_999)
    expect(times).to.equal(1)
    await clock.pass(1)
    expect(await asked).to.include({ code: 'UNAVAILABLE', retryable: true })
    first.resolve('the first')
    await ready()
    expect(lazy.value).to.equal(undefined)
    expect(await lazy.load()).to.equal('the second')
  })
})
