/** The script of a page that has nothing but a mesh; a test drives it with `page.evaluate`. */
import { createMesh } from '../../src/index.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import type { Mesh, MeshOptions, SubscribeOptions } from '../../src/index.ts'

/** What happened in the page, in its order: an event's name, and what it told. */
export interface Seen { readonly type: string, readonly detail: unknown }

export interface TabOptions extends Omit<MeshOptions, 'webrtc'> { readonly direct?: boolean }

/** What the page offers as `window.tab`. */
export interface TabScript {
  mesh: Mesh | undefined
  readonly seen: Seen[]
  /** Bodies that its handler got. */
  readonly handled: string[]
  /** Calls of each room's resync. */
  readonly resyncs: { discovery: number, pubsub: number, links: number }
  /** @param options - `direct`: makes direct paths */
  start (options: TabOptions): Promise<{ id: string, storage: string | undefined }>
  consume (topic: string, channel: string, options?: SubscribeOptions): Promise<void>
}

const tab: TabScript = {
  mesh: undefined,
  seen: [],
  handled: [],
  resyncs: { discovery: 0, pubsub: 0, links: 0 },
  async start ({ direct = false, ...options }) {
    const mesh = tab.mesh = await createMesh({ ...options, ...direct ? { webrtc: webrtc() } : {} })
    mesh.rpc.handle('who', () => mesh.id)
    // a token may be linked to any node of the service, this one too
    mesh.rpc.handle('echo', (args: unknown) => args)
    for (const room of ['discovery', 'pubsub', 'links'] as const) {
      const resync = mesh[room].resync.bind(mesh[room])
      mesh[room].resync = () => {
        tab.resyncs[room]++
        resync()
      }
    }
    for (const type of ['status', 'life', 'awake', 'isolated', 'resumed'] as const) {
      mesh.addEventListener(type, ({ detail }: CustomEvent<any>) => {
        tab.seen.push({ type, detail: detail?.reasons?.map(({ name }: Error) => name) ?? structuredClone(detail) })
      })
    }
    mesh.addEventListener('path', ({ detail: { peer, direct } }) => { tab.seen.push({ type: 'path', detail: { peer, direct } }) })
    mesh.discovery.addEventListener('node:remove', ({ detail }) => { tab.seen.push({ type: 'node:remove', detail: detail.name }) })
    return { id: mesh.id, storage: mesh.storage }
  },
  async consume (topic, channel, options) {
    const consumer = await tab.mesh?.pubsub.topic(topic).subscribe(channel, options)
    consumer?.onMessage(({ body }) => { tab.handled.push(String(body)) })
  }
}

Object.assign(globalThis, { tab })
