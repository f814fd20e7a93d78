import { expect } from 'chai'
import { abortable } from '../../src/util/abortable.ts'
import { unhandledIn } from '../harness/unhandled.ts'
import { rejection } from './rpc-fakes.ts'
import { turn } from './turn.ts'

describe('waiting until a signal aborts', () => {
  it('gives what the promise gives, or the reason, whichever comes first', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(1), undefined)).to.equal(1)
    expect(await abortable(Promise.resolve(1), signal)).to.equal(1)
    expect(await rejection(abortable(Promise.reject(new Error('no')), signal))).to.have.property('message', 'no')
    const giving = new AbortController()
    const waiting = rejection(abortable(new Promise(() => {}), giving.signal))
    giving.abort(new Error('enough'))
    expect(await waiting).to.have.property('message', 'enough')
    // it was too late already
    expect(await rejection(abortable(Promise.resolve(1), giving.signal))).to.have.property('message', 'enough')
  })

  it('what fails after the signal has aborted, or had from the start, is nobody\'s unhandled rejection', async () => {
    const unhandled = await unhandledIn(async () => {
      for (const early of [true, false]) {
        const giving = new AbortController()
        const failing = Promise.withResolvers<never>()
        if (early) giving.abort(new Error('enough'))
        const given = rejection(abortable(failing.promise, giving.signal))
        giving.abort(new Error('enough'))
        expect(await given).to.have.property('message', 'enough')
        failing.reject(new Error('the code could not be loaded'))
        await new Promise<void>(resolve => { turn(resolve) })
      }
    })
    expect(unhandled).to.deep.equal([])
  })
})
