import { expect } from 'chai'
import { slowDown } from '../../src/transport/slow-down.ts'
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
})
