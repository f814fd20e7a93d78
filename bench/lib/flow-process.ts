/** One end of a sequence of chunks, raw or as a streaming call, in a process of its own; told over IPC what to do. */
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createMesh } from '../../src/index.ts'
import type { Mesh } from '../../src/index.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

/** What is between the two ends; a relay is a third process, and both its legs are WebSockets, as a page's are. */
export type FlowPath = 'TCP' | 'WebSockets' | 'relay'

export type FlowOrder =
  /** Answers the address of a relay for the others. */
  | { do: 'relay' }
  | { do: 'serve', peer: 'libp2p' | 'mesh', path: FlowPath, relay?: string }
  | { do: 'connect', peer: 'libp2p' | 'mesh', address: string }
  /** Take what the other end sends, for some time. Answers bytes per second. */
  | { do: 'pull', chunk: number, ms: number }
  /** Take `bytes` at so many bytes per second. Answers {@link Weight}. */
  | { do: 'slow', chunk: number, bytes: number, rate: number }
  /** So many calls at once. Answers {@link Burst}. */
  | { do: 'burst', calls: number }
  /** Answers the {@link Weight} since the last `slow` of the other end began. */
  | { do: 'weight' }
  /** Answers the bytes that were given to the call, or taken from it, since then. */
  | { do: 'count' }

export interface Weight {
  /** Bytes that heapUsed + external grew by, after garbage collections, at most. */
  grown: number
  seconds: number
}

export interface Burst {
  lost: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Bytes that heapUsed + external grew by, after a garbage collection when all is over. */
  grown: number
}

const PROTOCOL = '/bench/flow/1.0.0'
const connectionEncrypters = [process.env['BENCH_ENCRYPTION'] === 'noise' ? noise() : tls()]

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

let mesh: Mesh | undefined
let raw: { node: Libp2p, address: string } | undefined

async function rawNode (listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [tcp(), webSockets(), circuitRelayTransport()],
    connectionEncrypters,
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1024 * 1024 } })],
    services: { identify: identify() }
  })
}

/** Where the serving end is to be found: on the relay only once it has a place there. */
async function addressOf (node: Libp2p): Promise<string> {
  for (;;) {
    const [address] = node.getMultiaddrs()
    if (address != null) return address.toString()
    await new Promise(resolve => { setTimeout(resolve, 20) })
  }
}

/** As fast as the stream takes it. The first message tells the size of the chunks. */
function push (stream: Stream): void {
  let chunk: Uint8Array | undefined
  const go = (): void => {
    if (chunk == null) return
    while (stream.writeStatus === 'writable' && !stream.writableNeedsDrain) stream.send(chunk)
  }
  stream.addEventListener('message', ({ data }) => {
    chunk = new Uint8Array(new DataView(data.subarray().slice().buffer).getUint32(0))
    go()
  })
  stream.addEventListener('drain', go)
}

async function relay (): Promise<string> {
  mesh = await createMesh({ relay: true, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  return addressOf(mesh.libp2p)
}

async function serve (peer: string, path: FlowPath, relay: string | undefined): Promise<string> {
  const direct = path === 'TCP' ? '/ip4/127.0.0.1/tcp/0' : '/ip4/127.0.0.1/tcp/0/ws'
  if (peer === 'libp2p') {
    const node = await rawNode([relay == null ? direct : `${relay}/p2p-circuit`])
    await node.handle(PROTOCOL, push)
    return addressOf(node)
  }
  mesh = await createMesh({
    service: 'flow',
    listen: [relay == null ? direct : '/p2p-circuit'],
    ...(relay != null && { bootstrap: [relay] }),
    libp2p: { connectionEncrypters }
  })
  mesh.rpc.handleStream('chunks', 'serverStream', function * (size: number) {
    const chunk = new Uint8Array(size)
    for (;;) yield chunk
  })
  mesh.rpc.handleStream('weighed', 'serverStream', async function * (size: number) {
    const chunk = new Uint8Array(size)
    scale = new Scale()
    count = 0
    try {
      for (;;) {
        count += size
        yield chunk
      }
    } finally {
      scale.stop()
    }
  })
  mesh.rpc.handle('later', async () => {
    await new Promise(resolve => { setTimeout(resolve, 5) })
    return 1
  })
  const address = await addressOf(mesh.libp2p)
  return relay ?? address
}

async function connect (peer: string, address: string): Promise<void> {
  if (peer === 'libp2p') {
    raw = { node: await rawNode([]), address }
  } else {
    mesh = await createMesh({ listen: ['/p2p-circuit'], bootstrap: [address], libp2p: { connectionEncrypters } })
    await mesh.discovery.waitFor('flow', { signal: AbortSignal.timeout(15_000) })
  }
}

async function pullRaw (chunk: number, ms: number): Promise<number> {
  if (raw == null) throw new Error('not connected')
  const stream = await raw.node.dialProtocol(multiaddr(raw.address), PROTOCOL)
  let bytes = 0
  stream.addEventListener('message', ({ data }) => { bytes += data.byteLength })
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, chunk)
  const begin = performance.now()
  stream.send(size)
  await new Promise(resolve => { setTimeout(resolve, ms) })
  const rate = bytes / (performance.now() - begin) * 1_000
  stream.abort(new Error('done'))
  return rate
}

async function pullMesh (chunk: number, ms: number): Promise<number> {
  if (mesh == null) throw new Error('not connected')
  let bytes = 0
  const begin = performance.now()
  for await (const part of mesh.rpc.stream('flow', 'chunks', 'serverStream', chunk)) {
    bytes += (part as Uint8Array).length
    if (performance.now() - begin > ms) break
  }
  return bytes / (performance.now() - begin) * 1_000
}

/** Weighs this process every second. */
class Scale {
  readonly weight: Weight = { grown: 0, seconds: 0 }
  readonly #began = performance.now()
  readonly #before = weigh()
  readonly #weighing = setInterval(() => { this.weight.grown = Math.max(this.weight.grown, weigh() - this.#before) }, 1_000)

  stop (): void {
    clearInterval(this.#weighing)
    this.weight.seconds = (performance.now() - this.#began) / 1_000
  }
}

let scale: Scale | undefined
let count = 0

function weigh (): number {
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function slow ({ chunk, bytes, rate }: { chunk: number, bytes: number, rate: number }): Promise<Weight> {
  if (mesh == null) throw new Error('not connected')
  const own = new Scale()
  const begin = performance.now()
  count = 0
  for await (const part of mesh.rpc.stream('flow', 'weighed', 'serverStream', chunk)) {
    count += (part as Uint8Array).length
    if (count >= bytes) break
    const ahead = count / rate * 1_000 - (performance.now() - begin)
    if (ahead > 1) await new Promise(resolve => { setTimeout(resolve, ahead) })
  }
  own.stop()
  return own.weight
}

async function burst (calls: number): Promise<Burst> {
  if (mesh == null) throw new Error('not connected')
  const { rpc } = mesh
  const before = weigh()
  let lost = 0
  const times = await Promise.all(Array.from({ length: calls }, async () => {
    const begin = performance.now()
    await rpc.invoke('flow', 'later', 1, { timeout: 60_000 }).catch(() => { lost++ })
    return performance.now() - begin
  }))
  times.sort((a, b) => a - b)
  return { lost, p50: times[Math.floor(calls / 2)] ?? 0, p99: times[Math.floor(calls * 0.99)] ?? 0, grown: weigh() - before }
}

async function obey (order: FlowOrder): Promise<unknown> {
  switch (order.do) {
    case 'relay': return relay()
    case 'serve': return serve(order.peer, order.path, order.relay)
    case 'connect': return connect(order.peer, order.address)
    case 'pull': return raw != null ? pullRaw(order.chunk, order.ms) : pullMesh(order.chunk, order.ms)
    case 'slow': return slow(order)
    case 'burst': return burst(order.calls)
    case 'weight': return scale?.weight
    case 'count': return count
  }
}

process.on('message', (message: { id: number, order: FlowOrder }) => {
  obey(message.order).then(
    result => process.send?.({ id: message.id, result }),
    (error: unknown) => process.send?.({ id: message.id, error: inspect(error) })
  )
})
process.on('disconnect', () => { process.exit() })
