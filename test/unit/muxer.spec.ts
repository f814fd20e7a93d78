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
    stream.send(new Uint8Array(1_000))
    await until(() => (other as unknown as { readBuffer: { byteLength: number } }).readBuffer.byteLength >= 1_000)
    void connections[1]?.close()
    other.resume()
    expect(other.status).to.equal('aborted')
  })
})
