import { expect } from 'chai'
import { slowDown } from '../../src/transport/slow-down.ts'
import { until } from '../harness/until.ts'
import type { Stream } from '@libp2p/interface'

/** A stream that takes `room` buffers, then wants to be drained. */
class FakeStream extends EventTarget {
  readStatus = 'readable'
  room = Infinity
  readonly taken: number[] = []

  send (data: Uint8Array): boolean {
    this.taken.push(data.byteLength)
    return this.taken.length < this.room
  }

  pause (): void { this.readStatus = 'paused' }
  resume (): void { this.readStatus = 'readable' }
}

describe('a relay', () => {
  let from: FakeStream
  let to: FakeStream

  beforeEach(() => {
    from = new FakeStream()
    to = new FakeStream()
    slowDown(from as unknown as Stream, to as unknown as Stream)
  })

  it('stops reading from a sender whose receiver is full, and goes on when that was drained', () => {
    to.room = 2
    expect(to.send(new Uint8Array(1))).to.equal(true)
    expect(from.readStatus).to.equal('readable')
    expect(to.send(new Uint8Array(2))).to.equal(false)
    expect(from.readStatus).to.equal('paused')
    expect(to.taken).to.deep.equal([1, 2])
    to.dispatchEvent(new Event('drain'))
    expect(from.readStatus).to.equal('readable')
  })

  it('leaves a sender alone that has ended', () => {
    to.room = 0
    from.readStatus = 'closed'
    to.send(new Uint8Array(1))
    to.dispatchEvent(new Event('drain'))
    expect(from.readStatus).to.equal('closed')
  })

  it('stops reading from a sender that sent more than it may, for as long as it is told', async () => {
    from = new FakeStream()
    to = new FakeStream()
    const spent: number[] = []
    slowDown(from as unknown as Stream, to as unknown as Stream, bytes => {
      spent.push(bytes)
      return bytes > 2 ? 20 : 0
    })
    to.send(new Uint8Array(2))
    expect(from.readStatus).to.equal('readable')
    to.send(new Uint8Array(3))
    expect(from.readStatus).to.equal('paused')
    to.dispatchEvent(new Event('drain'))
    expect(from.readStatus).to.equal('paused')
    await until(() => from.readStatus === 'readable')
    expect(spent).to.deep.equal([2, 3])
  })

  it('waits for both, the receiver and the time', async () => {
    from = new FakeStream()
    to = new FakeStream()
    to.room = 0
    let over = false
    slowDown(from as unknown as Stream, to as unknown as Stream, () => {
      setTimeout(() => { over = true }, 20)
      return 10
    })
    to.send(new Uint8Array(1))
    await until(() => over)
    expect(from.readStatus).to.equal('paused')
    to.dispatchEvent(new Event('drain'))
    expect(from.readStatus).to.equal('readable')
  })
})
