/** More pages beside the one that karma runs the tests in: frames of the same origin, each with a node of its own. */
import { PATIENT } from './nodes.ts'
import type { SecondPage } from './second-page.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { WebrtcOptions } from '../../src/webrtc/index.ts'

export interface Page {
  readonly mesh: Mesh
  readonly window: Window
  /** The page is left as by a click on a link: `pagehide`, and its script ends. */
  leave (): void
  /** The page ends without a word, as when its process is killed. */
  kill (): void
  /** Its time passes faster from now on: when nothing more happens than what is waited for. */
  hasten (): void
}

async function load (): Promise<{ frame: HTMLIFrameElement, second: SecondPage }> {
  const frame = document.createElement('iframe')
  frame.src = new URL('/base/second-page.html', location.href).href
  const loaded = new Promise((resolve, reject) => {
    frame.addEventListener('load', resolve, { once: true })
    frame.addEventListener('error', reject, { once: true })
  })
  document.body.append(frame)
  await loaded
  return { frame, second: (frame.contentWindow as unknown as { second: SecondPage }).second }
}

export interface PageOptions extends Omit<MeshOptions, 'webrtc'> {
  /** Makes direct paths, with these options. */
  readonly direct?: WebrtcOptions
}

export interface Pages {
  /** @param before - called with the window before the mesh is made */
  open (options: PageOptions, before?: (window: Window) => void): Promise<Page>
}

/** Makes a mesh in a page that may store nothing: of an origin of its own. Resolves to its id, or to why it failed. */
export async function inSandbox (options: Pick<MeshOptions, 'storage' | 'listen'>): Promise<{ id: string } | { name: string, message: string }> {
  const frame = document.createElement('iframe')
  frame.sandbox.add('allow-scripts')
  frame.src = new URL('/base/second-page.html', location.href).href
  const loaded = new Promise(resolve => { frame.addEventListener('load', resolve, { once: true }) })
  document.body.append(frame)
  try {
    await loaded
    const answer = new Promise<MessageEvent>(resolve => { addEventListener('message', resolve, { once: true }) })
    frame.contentWindow?.postMessage(options, '*')
    return (await answer).data
  } finally {
    frame.remove()
  }
}

/** Call in a `describe`: the pages end after each test. */
export function usePages (): Pages {
  const frames: HTMLIFrameElement[] = []
  afterEach(() => {
    for (const frame of frames.splice(0)) frame.remove()
  })
  return {
    async open ({ direct, ...options }, before) {
      const { frame, second } = await load()
      frames.push(frame)
      const window = frame.contentWindow as Window
      let mute = false
      // Registered first, and so called first.
      window.addEventListener('pagehide', event => { if (mute) event.stopImmediatePropagation() })
      before?.(window)
      second.mesh = await second.createMesh({ rpc: PATIENT, ...options, ...direct == null ? {} : { webrtc: second.webrtc(direct) } })
      return {
        mesh: second.mesh,
        window,
        leave: () => { frame.remove() },
        kill: () => {
          mute = true
          frame.remove()
        },
        hasten: () => { second.hasten() }
      }
    }
  }
}
