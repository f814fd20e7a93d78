/** This tab's node: made with one click, gone with another. */
import { computed, signal } from '@preact/signals'
import { createMesh } from '../../../src/index.ts'
import { webrtc } from '../../../src/webrtc/index.ts'
import { plural } from '../lib/text.ts'
import { findAddress, otherOf, parseHash } from './address.ts'
import { watchDescriptions } from './describe.ts'
import { forgetFaults, gater, slowHandlers } from './faults.ts'
import { watchLeaders } from './leaders.ts'
import { watchLinks } from './links.ts'
import { log } from './log.ts'
import { pulsingHandlers, watchPulses } from './pulses.ts'
import { watchRtt } from './rtt.ts'
import { serve } from './serving.ts'
import { watchTopics } from './topics.ts'
import { mesh, nodes, watchView } from './view.ts'
import { watchOthers } from './others.ts'
import { watchEvents } from './watch-events.ts'
import type { Address } from './address.ts'
import type { Mesh, MeshOptions, MeshStatus } from '../../../src/index.ts'

const STORAGE = 'braid-demo'

export const status = signal<MeshStatus | 'offline'>('offline')
/** What a person should know or do; empty: nothing. */
export const problem = signal('')
/** Where the mesh is, once this tab has joined it. */
export const address = signal<Address | undefined>(undefined)
/** Where a link leads that was opened in this tab, when that is not the mesh that it is in, or by relays that it does not know. */
export const elsewhere = signal<Address | undefined>(undefined)
/** Milliseconds from the click to being in the mesh. */
export const joinedIn = signal<number | undefined>(undefined)
/** The identity lasts no longer than this page. */
export const fleeting = signal(false)

export const statusWords = computed(() => {
  switch (status.value) {
    case 'starting': return 'joining …'
    case 'joined': return `joined, ${plural(Math.max(0, nodes.value.length - 1), 'peer')}`
    case 'isolated': return 'no way into the mesh, trying again …'
    case 'draining': return 'leaving …'
    default: return 'offline'
  }
})

function optionsOf ({ mesh, relays }: Address): MeshOptions {
  return {
    mesh,
    service: 'tab',
    bootstrap: relays,
    metadata: { runtime: 'browser' },
    rpc: { interceptors: { server: [pulsingHandlers, slowHandlers] } },
    libp2p: { connectionGater: gater },
    // Nobody is asked how the world sees this tab: paths go over what the two machines reach of each other.
    webrtc: webrtc({ iceServers: [] }),
    start: false
  }
}

/** With the identity of the last visit where the browser keeps one; else with one that lasts as long as the page. */
async function makeNode (at: Address): Promise<Mesh> {
  const options = optionsOf(at)
  try {
    const node = await createMesh({ ...options, storage: STORAGE })
    fleeting.value = false
    return node
  } catch (error) {
    if (!(error instanceof Error) || !error.name.startsWith('Storage')) throw error
    fleeting.value = true
    log('page', `this tab gets an identity for this visit only: ${error.message}`)
    return createMesh(options)
  }
}

/** A link that is opened in a tab which has the page already changes no more than its hash. */
function watchHash (): () => void {
  const look = (): void => {
    const named = parseHash(location.hash)
    const own = address.peek()
    elsewhere.value = named != null && own != null && otherOf(named, own) != null ? named : undefined
  }
  look()
  addEventListener('hashchange', look)
  return () => {
    removeEventListener('hashchange', look)
    elsewhere.value = undefined
  }
}

function watchStatus (node: Mesh, begin: number, end: () => void): void {
  node.addEventListener('isolated', ({ detail }) => {
    problem.value = `There is no way into the mesh. ${detail.reasons.map(({ message }) => message).join('; ')}. Is the relay still running? Trying again …`
  })
  node.addEventListener('status', ({ detail }) => {
    if (mesh.peek() !== node) return
    status.value = detail
    if (detail === 'joined') {
      problem.value = ''
      joinedIn.value ??= performance.now() - begin
      log('page', `this tab joined as ${node.self.name}`, true)
    }
    if (detail === 'isolated') log('page', 'this tab has lost its way into the mesh', true)
    if (detail === 'stopped') end()
  })
}

export async function join (): Promise<void> {
  if (status.peek() !== 'offline') return
  const begin = performance.now()
  status.value = 'starting'
  problem.value = ''
  joinedIn.value = undefined
  let node: Mesh | undefined
  try {
    const at = await findAddress()
    node = await makeNode(at)
    address.value = at
    const ends = [watchView, watchRtt, watchOthers, watchEvents, watchDescriptions, watchLeaders, watchLinks, watchTopics, watchPulses, watchHash].map(watch => watch(node as Mesh))
    watchStatus(node, begin, () => {
      for (const end of ends.reverse()) end()
      status.value = 'offline'
      forgetFaults()
      log('page', 'this tab is no node any more', true)
    })
    serve(node)
    await node.start()
  } catch (error) {
    problem.value = (error as Error).message
    await node?.stop()
    status.value = 'offline'
  }
}

/** Says goodbye; what this tab has not finished goes to others first. */
export async function leave (): Promise<void> {
  problem.value = ''
  await mesh.peek()?.stop()
}

/** Go where the link leads. */
export async function move (): Promise<void> {
  await leave()
  await join()
}

/** Ends as a crash does: without a word, so that the others have to find out. */
export async function crash (): Promise<void> {
  const node = mesh.peek()
  if (node == null) return
  log('page', 'this tab\'s node was killed: it says no goodbye', true)
  for (const connection of node.libp2p.getConnections()) connection.abort(new Error('killed'))
  await node.libp2p.stop()
  await node.stop()
}
