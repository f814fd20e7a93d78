/** The page that bench/browser.ts measures: joins as soon as its script runs, and calls. */
import { createMesh } from '../../src/index.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import { multiaddr } from '@multiformats/multiaddr'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { Connection } from '@libp2p/interface'

export interface PageBench {
  /** Milliseconds since the navigation began. */
  readonly marks: Record<'script' | 'joined' | 'answered' | 'reachable', number>
  readonly mesh: Mesh
  /** Milliseconds of `count` calls, one after the other, to the method `echo`. */
  calls (service: string, count: number, bytes: number): Promise<number[]>
  /** Peers that a direct path leads to. */
  direct (): string[]
  /** Ends the direct path to this peer and waits for the next: milliseconds from its dial, or why it failed. */
  dialAgain (peer: string): Promise<{ ms: number } | { error: string }>
}

export interface PageOptions extends Omit<MeshOptions, 'webrtc'> {
  webrtc?: boolean
}

async function poll (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

/** Direct connections of WebRTC with the peer. */
function directOf (mesh: Mesh, peer?: string): Connection[] {
  return mesh.libp2p.getConnections().filter(({ multiplexer, status, remotePeer }) =>
    multiplexer === '/webrtc' && status === 'open' && (peer == null || remotePeer.toString() === peer))
}

async function run ({ webrtc: direct, ...options }: PageOptions): Promise<PageBench> {
  const script = performance.now()
  const mesh = await createMesh({ ...options, ...direct === true ? { webrtc: webrtc() } : {} })
  const joined = performance.now()
  mesh.rpc.handle('echo', (body: unknown) => body)
  await mesh.rpc.invoke('login', 'echo', 'hello')
  const answered = performance.now()
  await poll(() => mesh.self.addresses.length > 0)
  return {
    marks: { script, joined, answered, reachable: performance.now() },
    mesh,
    async calls (service, count, bytes) {
      const body = new Uint8Array(bytes)
      const times: number[] = []
      for (let i = 0; i < count; i++) {
        const start = performance.now()
        await mesh.rpc.invoke(service, 'echo', body)
        times.push(performance.now() - start)
      }
      return times
    },
    direct: () => [...new Set(directOf(mesh).map(({ remotePeer }) => remotePeer.toString()))],
    async dialAgain (peer) {
      for (const connection of directOf(mesh, peer)) connection.abort(new Error('dialled again'))
      const relayed = mesh.libp2p.getConnections().find(({ remotePeer, direct }) => !direct && remotePeer.toString() === peer)
      const [relay = ''] = relayed?.remoteAddr.toString().split('/p2p-circuit') ?? []
      const start = performance.now()
      try {
        await mesh.libp2p.dial(multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${peer}`), { force: true, signal: AbortSignal.timeout(10_000) })
        return { ms: performance.now() - start }
      } catch (error) {
        return { error: String(error) }
      }
    }
  }
}

const global = globalThis as unknown as { options: PageOptions, bench: Promise<PageBench> }
global.bench = run(global.options)
