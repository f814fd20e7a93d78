import { expect } from 'chai'
import { isRefused } from '../../src/discovery/dialler.ts'
import { fetchFrames, helloFrame, recordFrames, replyFrame } from '../../src/discovery/frames.ts'
import { decodeDiscoveryFrame, encodeSignedRecord } from '../../src/wire/discovery-codec.ts'
import { MAX_DISCOVERY_FRAME, MAX_NODES, MAX_RECORD } from '../../src/wire/limits.ts'

const ids = Array.from({ length: MAX_NODES }, (_, i) => `12D3KooW${String(i).padStart(44, 'x')}`)
const nonce = new Uint8Array(16)

function signed (size: number, fill = 1): Uint8Array {
  return encodeSignedRecord({ record: new Uint8Array(size).fill(fill), signature: new Uint8Array(64).fill(2) })
}

describe('discovery frames', () => {
  it('carry every record, in frames that a peer takes', () => {
    const records = Array.from({ length: 100 }, (_, i) => signed(MAX_RECORD - i, i))
    const frames = recordFrames(records)
    expect(frames.length).to.be.within(6, 9)
    expect(frames.every(({ byteLength }) => byteLength <= MAX_DISCOVERY_FRAME)).to.equal(true)
    const read = frames.flatMap(frame => decodeDiscoveryFrame(frame).records?.records ?? [])
    expect(read.map(({ record }) => record.byteLength)).to.deep.equal(records.map((_, i) => MAX_RECORD - i))
    expect(recordFrames([])).to.deep.equal([])
  })

  it('ask for every id', () => {
    const frames = fetchFrames(ids)
    expect(frames.every(({ byteLength }) => byteLength <= MAX_DISCOVERY_FRAME)).to.equal(true)
    expect(frames.flatMap(frame => decodeDiscoveryFrame(frame).fetch?.ids ?? [])).to.deep.equal(ids)
  })

  it('tell in one hello as much of the view as fits, beginning anywhere', () => {
    const digest = ids.map(id => ({ id, incarnation: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }))
    const hello = decodeDiscoveryFrame(helloFrame(signed(MAX_RECORD), nonce, digest, 4_990)).hello
    expect(hello?.digest.length).to.be.within(2_000, MAX_NODES)
    expect(hello?.digest[0]?.id).to.equal(ids[4_990])
    expect(hello?.digest[10]?.id).to.equal(ids[0])
    expect(decodeDiscoveryFrame(helloFrame(signed(100), nonce, digest.slice(0, 20))).hello?.digest).to.deep.equal(digest.slice(0, 20))
    expect(decodeDiscoveryFrame(replyFrame(signed(100), nonce)).hello).to.deep.include({ reply: true, digest: [], bootNonce: nonce })
  })
})

describe('a dial that failed', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const timeout = Object.assign(new Error('too long'), { name: 'TimeoutError' })

  it('was refused when somebody said so and nothing else timed out', () => {
    expect(isRefused(refused)).to.equal(true)
    expect(isRefused(new Error('dial', { cause: refused }))).to.equal(true)
    expect(isRefused(new AggregateError([refused, new AggregateError([refused])]))).to.equal(true)
    expect(isRefused(new AggregateError([refused, timeout]))).to.equal(false)
    expect(isRefused(timeout)).to.equal(false)
    expect(isRefused(new AggregateError([]))).to.equal(false)
    expect(isRefused('ECONNREFUSED')).to.equal(false)
  })

  it('is judged though its errors go round in circles', () => {
    const circle = new Error('circle')
    circle.cause = circle
    expect(isRefused(circle)).to.equal(false)
  })
})
