import { expect } from 'chai'
import fc from 'fast-check'
import { equals } from 'uint8arrays/equals'
import { FrameTooLargeError, ProtocolError } from '../../src/errors.ts'
import { Batch } from '../../src/streams/batch.ts'
import { FrameReader } from '../../src/streams/frame-reader.ts'
import type { FrameReaderInit } from '../../src/streams/frame-reader.ts'

const MAX_FRAME = 5_000

function reading (init: Partial<FrameReaderInit> = {}): { reader: FrameReader, frames: Uint8Array[], empty: () => number } {
  const frames: Uint8Array[] = []
  let empty = 0
  const reader = new FrameReader({
    maxFrame: MAX_FRAME,
    onFrame: (bytes, start, end) => { frames.push(bytes.slice(start, end)) },
    onEmptyFrame: () => { empty++ },
    ...init
  })
  return { reader, frames, empty: () => empty }
}

function encode (frames: Uint8Array[]): Uint8Array {
  const batch = new Batch()
  for (const frame of frames) {
    batch.add(frame.length, (target, offset) => { target.set(frame, offset) })
  }
  const out: number[] = []
  for (let piece = batch.take(Infinity); piece !== undefined; piece = batch.take(Infinity)) {
    out.push(...piece.subarray())
  }
  return Uint8Array.from(out)
}

/** Cuts `bytes` at the places that `cuts` (each 0..1) names. */
function chunks (bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const at = [...new Set([0, ...cuts.map(cut => Math.floor(cut * bytes.length)), bytes.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.slice(at[i], end))
}

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 0, max: MAX_FRAME }).map(length => Uint8Array.from({ length }, (_, i) => i * 7))
)
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 })

describe('frames', () => {
  it('come out as they went in, however the bytes are cut (property)', () => {
    fc.assert(fc.property(fc.array(frame, { maxLength: 12 }), cuts, (sent, where) => {
      const { reader, frames, empty } = reading()
      for (const chunk of chunks(encode(sent), where)) {
        reader.push(chunk)
      }
      expect(frames).to.deep.equal(sent.filter(({ length }) => length > 0))
      expect(empty()).to.equal(sent.filter(({ length }) => length === 0).length)
      expect(reader.held).to.equal(0)
    }), { numRuns: 300 })
  })

  it('wait in order while the reader is halted, wherever it is halted (property)', () => {
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 12 }), cuts, fc.func(fc.boolean()), (sent, where, haltsAt) => {
      const frames: Uint8Array[] = []
      const { reader } = reading({
        onFrame: (bytes, start, end) => {
          expect(reader.halted).to.equal(false)
          frames.push(bytes.slice(start, end))
          reader.halted = haltsAt(frames.length)
        }
      })
      for (const chunk of chunks(encode(sent), where)) {
        reader.push(chunk)
      }
      for (let rounds = 0; reader.halted || reader.held > 0; rounds++) {
        expect(rounds).to.be.at.most(sent.length)
        reader.halted = false
        reader.resume()
      }
      expect(frames).to.deep.equal(sent.filter(({ length }) => length > 0))
    }), { numRuns: 300 })
  })

  it('are handed over where they lie when they are whole', () => {
    const bytes = encode([Uint8Array.of(1, 2, 3), Uint8Array.of(4)])
    const seen: Array<[Uint8Array, number, number]> = []
    reading({ onFrame: (...args) => { seen.push(args) } }).reader.push(bytes)
    expect(seen).to.deep.equal([[bytes, 1, 4], [bytes, 5, 6]])
    expect(seen[0]?.[0]).to.equal(bytes)
  })

  it('refuses a length above the limit before anything of the frame arrives', () => {
    const { reader } = reading()
    expect(() => { reader.push(Uint8Array.of(0x89, 0x27)) }).to.throw(FrameTooLargeError)
    reading().reader.push(Uint8Array.of(0x88, 0x27))
  })

  it('refuses lengths that are overlong or not in their shortest form', () => {
    for (const bytes of [[0x80, 0x80, 0x80, 0x80, 0x01], [0x80, 0x00], [0x85, 0x80, 0x00], [0xff, 0xff, 0xff, 0xff]]) {
      expect(() => { reading().reader.push(Uint8Array.from(bytes)) }, String(bytes)).to.throw(ProtocolError)
    }
  })

  it('an announced frame costs in proportion to what has arrived of it', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 200 }, () => reading({ maxFrame: 1 << 20 }).reader)
    for (const reader of readers) {
      reader.push(Uint8Array.of(0x80, 0x80, 0x40, 1, 2, 3))
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(200 * 4096)
    expect(readers[0]?.held).to.equal(6)
  })

  it('survive any bytes with nothing but typed errors (property)', function () {
    this.timeout(60_000)
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), { maxLength: 24 }).map(bytes => Uint8Array.from(bytes)))
    fc.assert(fc.property(garbage, fc.nat(40), (bytes, cut) => {
      const { reader, frames } = reading()
      try {
        reader.push(bytes.subarray(0, cut))
        reader.push(bytes.subarray(cut))
      } catch (error) {
        if (!(error instanceof ProtocolError) && !(error instanceof FrameTooLargeError)) {
          throw error
        }
      }
      return frames.reduce((sum, { length }) => sum + length, reader.held) <= bytes.length
    }), { numRuns: 100_000 })
  })
})

describe('batch', () => {
  it('never writes again what it gave away, over many streams that share its memory', () => {
    const batches = [new Batch(), new Batch(), new Batch()]
    const given: Array<{ bytes: Uint8Array, copy: Uint8Array }> = []
    let value = 0
    for (let round = 0; round < 400; round++) {
      for (const batch of batches) {
        for (const length of [20, 3_000, round % 50 === 0 ? 70_000 : 1]) {
          batch.add(length, (target, offset) => { target.fill(value++ % 251, offset, offset + length) })
        }
        for (let piece = batch.take(8_000); piece !== undefined; piece = batch.take(8_000)) {
          for (const bytes of piece instanceof Uint8Array ? [piece] : piece) {
            given.push({ bytes, copy: bytes.slice() })
          }
        }
      }
    }
    for (const { bytes, copy } of given) {
      expect(equals(bytes, copy)).to.equal(true)
    }
  })

  it('is as it was when a frame could not be written', () => {
    const batch = new Batch()
    batch.add(2, (target, offset) => { target.set([1, 2], offset) })
    for (const length of [3, 100_000]) {
      expect(() => { batch.add(length, () => { throw new Error('no') }) }).to.throw('no')
    }
    batch.add(1, (target, offset) => { target.set([9], offset) })
    expect(batch.size).to.equal(5)
    expect([...batch.take(100)?.subarray() ?? []]).to.deep.equal([2, 1, 2, 1, 9])
    expect(batch.size).to.equal(0)
  })
})
