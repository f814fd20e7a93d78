/** The script of a tab of the soak; `window.soak` is what the run drives it with. */
// before what makes them
import { peerConnections } from './peer-connections.ts'
import { createMesh } from '../../../src/index.ts'
import { webrtc } from '../../../src/webrtc/index.ts'
import { Work } from './work.ts'
import type { Mesh, MeshOptions } from '../../../src/index.ts'
import type { Told } from './work.ts'

/** What a tab is like, for the checks. */
export interface TabState {
  readonly id: string
  readonly status: string
  readonly seen: ReadonlyArray<readonly [id: string, state: string]>
  /** Peers that a direct path leads to. */
  readonly direct: readonly string[]
  /** Such paths: two that dial each other at the same time have two. */
  readonly paths: number
  /** RTCPeerConnections that are not closed. */
  readonly peerConnections: number
  readonly connections: number
  readonly reachable: boolean
  readonly open: ReadonlyArray<{ what: string, age: number }>
}

export interface SoakPage {
  readonly mesh: Mesh | undefined
  start (options: Omit<MeshOptions, 'webrtc'>, label: string, seed: number): Promise<{ id: string, storage: string | undefined }>
  stopWork (): void
  state (): TabState
  /** Closes one of the RTCPeerConnections without a word. False: there is none. */
  breakDirect (n: number): boolean
  /** Ends the connections that go through relays. */
  breakRelayed (): number
  databases (): Promise<string[]>
  locks (): Promise<number>
  block (ms: number): void
}

function tell (told: Told): void {
  (globalThis as unknown as { tell?: (text: string) => void }).tell?.(JSON.stringify(told))
}

const failed = (text: unknown): void => { tell({ type: 'error', at: Date.now(), text: String((text as Error | undefined)?.stack ?? text).slice(0, 1_500) }) }
globalThis.addEventListener('error', ({ error, message }) => { failed(error ?? message) })
globalThis.addEventListener('unhandledrejection', ({ reason }) => { failed(reason) })

let work: Work | undefined

const soak: SoakPage & { mesh: Mesh | undefined } = {
  mesh: undefined,
  async start (options, label, seed) {
    const mesh = soak.mesh = await createMesh({ ...options, webrtc: webrtc() })
    mesh.rpc.handle('echo', (args: unknown) => args)
    mesh.rpc.handleStream('chunks', 'serverStream', function * ({ count, size }: { count: number, size: number }) {
      for (let n = 0; n < count; n++) yield new Uint8Array(size).fill(n)
    })
    work = new Work(mesh, tell, label, seed)
    await work.start()
    return { id: mesh.id, storage: mesh.storage }
  },
  stopWork: () => { work?.stop() },
  state () {
    const { mesh } = soak
    if (mesh === undefined) throw new Error('it has no node')
    const connections = mesh.libp2p.getConnections()
    const direct = connections.filter(({ multiplexer, status }) => multiplexer === '/webrtc' && status === 'open').map(({ remotePeer }) => remotePeer.toString())
    return {
      id: mesh.id,
      status: mesh.status,
      seen: mesh.discovery.nodes().map(({ id, state }) => [id, state] as const),
      direct: [...new Set(direct)],
      paths: direct.length,
      peerConnections: peerConnections().length,
      connections: connections.length,
      reachable: mesh.self.addresses.length > 0,
      open: work?.open() ?? []
    }
  },
  breakDirect (n) {
    const open = peerConnections().filter(({ connectionState }) => connectionState === 'connected')
    open[n % open.length]?.close()
    return open.length > 0
  },
  breakRelayed () {
    const relayed = soak.mesh?.libp2p.getConnections().filter(({ direct }) => !direct) ?? []
    for (const connection of relayed) connection.abort(new Error('broken by the soak'))
    return relayed.length
  },
  databases: async () => (await indexedDB.databases()).map(({ name }) => name ?? '').sort(),
  locks: async () => (await navigator.locks.query()).held?.length ?? 0,
  block (ms) {
    const end = performance.now() + ms
    while (performance.now() < end) { /* nothing else runs */ }
  }
}

Object.assign(globalThis, { soak })
