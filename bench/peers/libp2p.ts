/** Raw libp2p echo over one stream with coalesced writes and the encryption a mesh uses: what the layer below can do. */
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { batcher, caller, parser } from '../lib/frames.ts'
import type { Call } from '../lib/measure.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

const PROTOCOL = '/bench/echo/1.0.0'

async function node (listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: process.env['BENCH_ENCRYPTION'] === 'noise' ? [noise()] : [tls()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1024 * 1024 } })]
  })
}

function onChunks (stream: Stream, take: (chunk: Uint8Array) => void): void {
  stream.addEventListener('message', ({ data }) => { take(data.subarray()) })
}

export async function serve (): Promise<string> {
  const server = await node(['/ip4/127.0.0.1/tcp/0'])
  await server.handle(PROTOCOL, stream => { onChunks(stream, parser(batcher(bytes => { stream.send(bytes) }))) })
  return server.getMultiaddrs()[0]?.toString() ?? ''
}

export async function client (address: string): Promise<Call> {
  const stream = await (await node([])).dialProtocol(multiaddr(address), PROTOCOL)
  const { call, onChunk } = caller(bytes => { stream.send(bytes) })
  onChunks(stream, onChunk)
  return (payload, done) => { call(payload as Uint8Array, done) }
}
