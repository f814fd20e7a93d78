/** Direct paths between two pages, made one after the other: libp2p's own dial loses one of eight to a race. */
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import { until } from '../harness/until.ts'
import { useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { Mesh } from '../../src/index.ts'
import type { Connection, Stream } from '@libp2p/interface'

/** In Firefox, where one takes five times as long as in Chromium, fewer. */
const DIALS = navigator.userAgent.includes('Firefox') ? 75 : 200
/** The page's way to the test runner. */
const karma = (globalThis as { __karma__?: { info (detail: object): void } }).__karma__
/** Milliseconds that a dial, or an answer, may take: on a busy machine a hundred times what it needs. */
const PATIENCE = 30_000
/** Sends back what it gets. */
const ECHO = '/test/echo'

function isDirect ({ multiplexer, status }: Connection): boolean {
  return multiplexer === '/webrtc' && status === 'open'
}

function directPaths (mesh: Mesh, other: Mesh): Connection[] {
  return mesh.libp2p.getConnections(other.libp2p.peerId).filter(isDirect)
}

async function serveEcho ({ libp2p }: Mesh): Promise<void> {
  await libp2p.handle(ECHO, (stream: Stream) => {
    stream.addEventListener('message', ({ data }) => { stream.send(data) }, { once: true })
  })
}

/** The other end sends this byte back, over this path. */
async function answers (path: Connection, byte: Uint8Array): Promise<number | undefined> {
  const stream = await path.newStream(ECHO, { signal: AbortSignal.timeout(PATIENCE) })
  const answer = new Promise<number | undefined>((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => { resolve(data.subarray()[0]) }, { once: true })
    stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('no answer')) }, { once: true })
  })
  stream.send(byte)
  const answered = await answer
  stream.abort(new Error('answered'))
  return answered
}

/** Ends the path that there is and dials the next: its two ends, when both pages have it. */
async function dialAgain (from: Mesh, to: Mesh): Promise<[Connection, Connection]> {
  // to the other page the former one may be open for a while
  const former = new Set(directPaths(to, from))
  for (const path of directPaths(from, to)) path.abort(new Error('dialled again'))
  const peer = from.libp2p.getConnections(to.libp2p.peerId).find(({ direct }) => !direct)
  const [relay = ''] = peer?.remoteAddr.toString().split('/p2p-circuit') ?? []
  const path = await from.libp2p.dial(multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${to.id}`), { force: true, signal: AbortSignal.timeout(PATIENCE) })
  return [path, await until(() => directPaths(to, from).find(other => !former.has(other)), { timeout: PATIENCE })]
}

describe('direct paths, one after the other', function () {
  this.timeout(600_000)
  const remote = useRemoteNodes()
  const pages = usePages()

  it(`${DIALS} dials make ${DIALS} paths, each of which answers at both ends`, async () => {
    const relay = await remote.spawn({ mesh: 'dials', name: 'relay', relay: true })
    const left = await createMesh({ mesh: 'dials', service: 'left', bootstrap: relay.addresses, webrtc: webrtc() })
    try {
      const { mesh: right, window } = await pages.open({ mesh: 'dials', service: 'right', bootstrap: relay.addresses, direct: {} })
      await Promise.all([left, right].map(serveEcho))
      // its two ends agree on the first one by themselves
      await until(() => directPaths(left, right).length > 0 && directPaths(right, left).length > 0, { timeout: 60_000 })
      // each page takes only arrays of its own
      const arrays = new Map([[left, Uint8Array], [right, (window as unknown as { Uint8Array: typeof Uint8Array }).Uint8Array]])
      const failures: string[] = []
      for (let i = 0; i < DIALS; i++) {
        // or it takes the page for dead
        karma?.info({})
        const [from, to] = i % 2 === 0 ? [left, right] : [right, left]
        try {
          const paths = await dialAgain(from, to)
          const answered = await Promise.all([from, to].map(async (mesh, end) => answers(paths[end] as Connection, arrays.get(mesh)?.of(i) as Uint8Array)))
          if (answered.some(answer => answer !== i)) failures.push(`${i}: ${String(answered)}`)
        } catch (error) {
          failures.push(`${i}: ${String(error)}`)
        }
      }
      expect(failures, failures[0]).to.deep.equal([])
    } finally {
      await left.stop()
    }
  })
})
