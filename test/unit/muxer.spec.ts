import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect } from 'chai'
import { muxer } from '../../src/transport/muxer.ts'
import { until } from '../harness/until.ts'
import type { MultiaddrConnection, Stream, StreamMuxer } from '@libp2p/interface'

describe('the muxer', () => {
  let connections: MultiaddrConnection[]
  let here: StreamMuxer
  let there: StreamMuxer
  const accepted: Stream[] = []

  beforeEach(() => {
    connections = multiaddrConnectionPair()
    ;[here, there] = connections.map(connection => muxer()().createStreamMuxer(connection)) as [StreamMuxer, StreamMuxer]
    accepted.length = 0
    there.addEventListener('stream', ({ detail }) => { accepted.push(detail) })
  })

  afterEach(() => {
    for (const connection of connections) connection.abort(new Error('the test is over'))
  })

  it('carries bytes both ways', async () => {
    const stream = await here.createStream()
    const got: number[] = []
    stream.addEventListener('message', ({ data }) => { got.push(...data.subarray()) })
    const other = await until(() => accepted[0])
    other.addEventListener('message', ({ data }) => { other.send(data) })
    stream.send(Uint8Array.of(1, 2, 3))
    await until(() => got.length === 3)
    expect(got).to.deep.equal([1, 2, 3])
  })

  it('answers small messages with nothing, and opens the window before it closes', async () => {
    const stream = await here.createStream()
    stream.send(Uint8Array.of(0))
    const other = await until(() => accepted[0])
    let received = 0
    other.addEventListener('message', ({ data }) => { received += data.byteLength })
    await until(() => received === 1)
    let answers = 0
    connections[0]?.addEventListener('message', () => { answers++ })
    for (let i = 0; i < 100; i++) {
      stream.send(new Uint8Array(100))
      await until(() => received === 1 + (i + 1) * 100)
    }
    expect(answers).to.equal(0)
    // many times the window of 256 KiB
    for (let i = 0; i < 64; i++) stream.send(new Uint8Array(64 * 1024))
    await until(() => received === 1 + 100 * 100 + 64 * 64 * 1024)
    expect(answers).to.be.within(1, 40)
  })

  it('a stream that is opened on a connection that begins to end is aborted; nothing is thrown where nobody catches it', async () => {
    void connections[0]?.close()
    const stream = await here.createStream()
    await until(() => stream.status !== 'open')
    expect(stream.status).to.equal('aborted')
  })

  it('so is one that is resumed then, with more to announce', async () => {
    const stream = await here.createStream()
    stream.send(Uint8Array.of(1))
    const other = await until(() => accepted[0])
    other.pause()
    // most of the window, so that there is something to announce
    stream.send(new Uint8Array(200_000))
    await until(() => other.readBufferLength >= 200_000)
    void connections[1]?.close()
    other.resume()
    expect(other.status).to.equal('aborted')
  })
})
