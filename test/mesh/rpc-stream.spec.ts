/** Streaming calls between real nodes: over TCP, WebSockets and a relay, and in a test mesh. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { HandlerContext, Mesh, MeshOptions, RpcError } from '../../src/index.ts'

const KiB = 1024
const MiB = 1024 * KiB
/** Of each path: a relay decrypts and encrypts everything twice more, in this process. */
const TOTALS = { TCP: 64 * MiB, WebSockets: 64 * MiB, 'a relay': 16 * MiB }
const CHUNK = 64 * KiB
/** Bytes per second that the slow reader takes. */
const RATE = 24 * MiB

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Buffers that a collection frees are counted until the next one. */
async function memory (): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function pause (ms: number): Promise<void> {
  await new Promise<void>(resolve => { setTimeout(resolve, ms) })
}

async function aborted ({ signal }: HandlerContext): Promise<RpcError> {
  if (!signal.aborted) await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
  return signal.reason as RpcError
}

async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`it resolved, to ${JSON.stringify(value)}`) }, (err: unknown) => err)
}

describe('mesh: streaming calls', function () {
  this.timeout(300_000)
  const meshes: Mesh[] = []

  async function make (options: MeshOptions): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'flows', rpc: { timeout: 60_000 }, ...options })
    meshes.push(mesh)
    return mesh
  }

  /** Two nodes with one way between them; the first serves `flow`. */
  async function pair (path: string): Promise<[Mesh, Mesh]> {
    if (path === 'a relay') {
      const relay = await make({ relay: true, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
      const bootstrap = relay.libp2p.getMultiaddrs().map(String)
      const hidden = async (options: MeshOptions): Promise<Mesh> => {
        const mesh = await make({ listen: ['/p2p-circuit'], bootstrap, ...options })
        await until(() => mesh.self.addresses.length > 0, { what: 'a place on the relay' })
        return mesh
      }
      return [await hidden({ service: 'flow' }), await hidden({})]
    }
    const server = await make({ service: 'flow', listen: [path === 'TCP' ? '/ip4/127.0.0.1/tcp/0' : '/ip4/127.0.0.1/tcp/0/ws'] })
    return [server, await make({ bootstrap: server.libp2p.getMultiaddrs().map(String) })]
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  for (const [path, total] of Object.entries(TOTALS)) {
    it(`${total / MiB} MiB for a slow reader wait at the handler, over ${path}`, async () => {
      const [server, client] = await pair(path)
      let made = 0
      server.rpc.handleStream('chunks', 'serverStream', function * (count: number) {
        // each its own, as of a file that is read
        for (let n = 0; n < count; n++) {
          made += CHUNK
          yield new Uint8Array(CHUNK).fill(n)
        }
      })
      await client.discovery.waitFor('flow', { signal: AbortSignal.timeout(20_000) })
      for await (const chunk of client.rpc.stream('flow', 'chunks', 'serverStream', 64)) expect(chunk).to.have.length(CHUNK)
      made = 0
      const before = await memory()
      const began = performance.now()
      let taken = 0
      let ahead = 0
      let grown = 0
      let weighed = began
      for await (const chunk of client.rpc.stream('flow', 'chunks', 'serverStream', total / CHUNK)) {
        if ((chunk as Uint8Array)[7] !== (taken / CHUNK & 0xff)) throw new Error('out of order')
        taken += (chunk as Uint8Array).length
        ahead = Math.max(ahead, made - taken)
        const now = performance.now()
        if (now - weighed > 700) {
          weighed = now
          grown = Math.max(grown, await memory() - before)
        }
        const early = taken / RATE * 1_000 - (now - began)
        if (early > 2) await pause(early)
      }
      expect(taken).to.equal(total)
      // between the two, at both ends and on the way
      expect(ahead).to.be.within(CHUNK, 2 * MiB)
      expect(grown).to.be.below(16 * MiB)
    })
  }

  it('a handler that reads slowly holds the caller\'s source up', async () => {
    const [server, client] = await pair('TCP')
    const go = Promise.withResolvers<void>()
    server.rpc.handleStream('take', 'clientStream', async (input: AsyncIterable<Uint8Array>) => {
      await go.promise
      let bytes = 0
      for await (const { length } of input) bytes += length
      return bytes
    })
    let made = 0
    const source = function * (): Generator<Uint8Array> {
      for (; made < 16 * MiB; made += CHUNK) yield new Uint8Array(CHUNK)
    }
    const result = client.rpc.stream('flow', 'take', 'clientStream', source())
    await until(() => made > 0)
    await pause(300)
    expect(made).to.be.below(2 * MiB)
    go.resolve()
    expect(await result).to.equal(16 * MiB)
  })

  it('items of all sizes, many at once, each sequence whole and in order; small calls pass meanwhile', async () => {
    const [server, client] = await pair('TCP')
    server.rpc.handleStream('echo', 'bidi', (input: AsyncIterable<unknown>) => input)
    server.rpc.handle('small', (n: number) => n)
    const sizes = [0, 1, 100, 16 * KiB - 1, 16 * KiB, 65_500, 65_536, 65_537, 300_000, MiB]
    const echo = async (seed: number): Promise<void> => {
      const items = sizes.map((size, i) => new Uint8Array(size).fill(seed + i))
      let n = 0
      for await (const item of client.rpc.stream('flow', 'echo', 'bidi', items)) expect(item).to.deep.equal(items[n++])
      expect(n).to.equal(items.length)
    }
    await Promise.all([...Array.from({ length: 12 }, async (_, seed) => echo(seed)), ...Array.from({ length: 500 }, async (_, n) => {
      expect(await client.rpc.invoke('flow', 'small', n)).to.equal(n)
    })])
    expect(server.rpc.stats()['echo']).to.include({ calls: 12, errors: 0, running: 0 })
    await until(() => [server, client].every(({ libp2p }) => libp2p.getConnections().flatMap(({ streams }) => streams).every(({ protocol }) => !protocol.includes('/stream/'))), { what: 'all their streams have ended' })
  })

  it('too large an item ends the call with RESOURCE_EXHAUSTED', async () => {
    const [server, client] = await pair('TCP')
    server.rpc.handleStream('large', 'serverStream', () => [1, new Uint8Array(MiB + 1)])
    server.rpc.handleStream('take', 'clientStream', async (input: AsyncIterable<unknown>) => { for await (const item of input) void item })
    const results = client.rpc.stream('flow', 'large', 'serverStream')
    expect((await results.next()).value).to.equal(1)
    expect(await rejection(results.next())).to.include({ code: 'RESOURCE_EXHAUSTED' })
    expect(await rejection(client.rpc.stream('flow', 'take', 'clientStream', [new Uint8Array(MiB + 1)]))).to.include({ code: 'RESOURCE_EXHAUSTED' })
  })

  it('random bytes on the protocol cut that stream, and the node goes on', async () => {
    const [server, client] = await pair('TCP')
    server.rpc.handleStream('count', 'serverStream', () => [1, 2])
    await client.discovery.waitFor('flow', { signal: AbortSignal.timeout(20_000) })
    const [connection] = client.libp2p.getConnections(server.libp2p.peerId)
    for (const bytes of [[0xff, 0xff, 0xff, 0xff, 0xff], [3, 1, 2, 3], [2, 0x2a, 0], [2, 0x3a, 0]]) {
      const stream = await connection?.newStream('/braid/flows/stream/1.0.0')
      stream?.send(Uint8Array.from(bytes))
      await until(() => stream?.status === 'reset', { what: 'the cut' })
    }
    const values: unknown[] = []
    for await (const value of client.rpc.stream('flow', 'count', 'serverStream')) values.push(value)
    expect(values).to.deep.equal([1, 2])
  })

  describe('in a test mesh', () => {
    it('work between nodes and within one; what is cancelled, late or cut ends at both ends', async () => {
      await using mesh = await createTestMesh([{ service: 'login' }, { service: 'login' }, {}])
      const [a, b, client] = mesh.nodes as [Mesh, Mesh, Mesh]
      const ends: string[] = []
      for (const node of [a, b]) {
        node.rpc.handleStream('watch', 'serverStream', async function * (_: unknown, ctx: HandlerContext) {
          yield node.id
          ends.push((await aborted(ctx)).code)
        })
      }
      for (const from of [client, a]) {
        const results = from.rpc.stream('login', 'watch', 'serverStream', undefined, { node: a.id })
        expect((await results.next()).value).to.equal(a.id)
        await results.return()
        await until(() => ends.splice(0).join() === 'CANCELLED')
      }
      await Promise.all([client, a].map(async from => {
        const late = from.rpc.stream('login', 'watch', 'serverStream', undefined, { node: a.id, timeout: 3_000 })
        expect((await late.next()).value).to.equal(a.id)
        expect(await rejection(late.next())).to.include({ code: 'DEADLINE_EXCEEDED' })
      }))
      await until(() => ends.length === 2)
      ends.length = 0
      const results = client.rpc.stream('login', 'watch', 'serverStream', undefined, { node: a.id })
      await results.next()
      const error = rejection(results.next())
      mesh.kill(a)
      expect(await error).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false })
      await mesh.ready({ signal: AbortSignal.timeout(30_000) })
      const again = client.rpc.stream('login', 'watch', 'serverStream')
      expect((await again.next()).value).to.equal(b.id)
      const cut = rejection(again.next())
      mesh.cut(client, b)
      expect(await cut).to.include({ code: 'UNAVAILABLE' })
    })

    it('stop() ends them: what the node serves, and what it makes', async () => {
      await using mesh = await createTestMesh([{ service: 'login' }, {}])
      const [login, client] = mesh.nodes as [Mesh, Mesh]
      login.rpc.handleStream('watch', 'bidi', async function * (input: AsyncIterable<unknown>) {
        yield 1
        for await (const value of input) yield value
      })
      const never = async function * (): AsyncGenerator<unknown> { await new Promise(() => {}) }
      const results = client.rpc.stream('login', 'watch', 'bidi', never())
      await results.next()
      const error = rejection(results.next())
      // which gives what runs its time, twice
      await swiftly(async () => login.stop())()
      expect(await error).to.include({ code: 'UNAVAILABLE' })
    })
  })
})
