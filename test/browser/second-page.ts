/** The script of a second page, which a test drives from the first one; see pages.ts. */
import { createMesh } from '../../src/index.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import { hasten } from '../harness/swift-time.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

/** What the page offers to the one around it, as `window.second`. */
export interface SecondPage {
  readonly createMesh: typeof createMesh
  /** Of this page's own RTCPeerConnection. */
  readonly webrtc: typeof webrtc
  /** Its time, which is not the one of the page around it, passes faster from now on. */
  hasten (): void
  mesh: Mesh | undefined
}

const second: SecondPage = { createMesh, webrtc, hasten, mesh: undefined }

Object.assign(globalThis, { second })

/** A page of another origin can only be spoken to by messages: the options of a mesh; the answer is why it failed. */
addEventListener('message', ({ data, source }: MessageEvent<MeshOptions>) => {
  const answer = (reply: unknown): void => { (source as Window).postMessage(reply, '*') }
  createMesh(data).then(mesh => { answer({ id: mesh.id }) }, ({ name, message }: Error) => { answer({ name, message }) })
})
