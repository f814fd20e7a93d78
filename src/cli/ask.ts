/** Asking nodes what they know. */
import { setTimeout as delay } from 'node:timers/promises'
import { isSnapshot } from '../monitor/index.ts'
import { UsageError } from './exit.ts'
import { didYouMean } from './nearest.core.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { MeshSnapshot } from '../monitor/index.ts'
import type { Line } from './options.ts'

/** As nodes of a mesh have them: of Ed25519 keys, or of others by their hash. */
const PEER_ID = /^(12D3KooW|Qm)[1-9A-HJ-NP-Za-km-z]{44}$/
/** Milliseconds between two looks for a node. */
const LOOK = 20
/** Nodes that are asked at a time. */
const TOGETHER = 32

export interface Asked {
  snapshots: MeshSnapshot[]
  /** Those that did not answer. */
  silent: Array<{ node: NodeInfo, reason: string }>
}

export interface AskOptions {
  /** Milliseconds that a node may take. */
  timeout: number
  signal: AbortSignal
  onProgress?: (done: number, of: number) => void
}

/** A node without a service is asked by its id alone. @throws when what it answers is none of its */
export async function snapshotOf (mesh: Mesh, { id, service = 'braid' }: NodeInfo, { timeout, signal }: AskOptions): Promise<MeshSnapshot> {
  const answer = await mesh.rpc.invoke(service, 'braid.monitor.snapshot', {}, { node: id, timeout, signal })
  if (!isSnapshot(answer)) throw new Error('its answer is no snapshot')
  if (answer.self.id !== id) throw new Error('its answer is of another node')
  return answer
}

/** The snapshots of all nodes but this one. */
export async function askAll (mesh: Mesh, options: AskOptions): Promise<Asked> {
  const nodes = mesh.discovery.nodes().filter(({ id, state }) => id !== mesh.id && state !== 'away')
  const asked: Asked = { snapshots: [], silent: [] }
  let next = 0
  let done = 0
  await Promise.all(Array.from({ length: Math.min(TOGETHER, nodes.length) }, async () => {
    for (let node = nodes[next++]; node != null; node = nodes[next++]) {
      try {
        asked.snapshots.push(await snapshotOf(mesh, node, options))
      } catch (error) {
        options.signal.throwIfAborted()
        asked.silent.push({ node, reason: (error as Error).message })
      }
      options.onProgress?.(++done, nodes.length)
    }
  }))
  asked.snapshots.sort((a, b) => a.self.id.localeCompare(b.self.id))
  return asked
}

/** The id that `--node` means; undefined without it. @throws UsageError */
export async function nodeOption (mesh: Mesh, line: Line, signal: AbortSignal): Promise<string | undefined> {
  const text = line.text('node')
  if (text == null || PEER_ID.test(text)) return text
  // Who has just come has not heard of all: it is waited for, as a service is.
  for (const end = performance.now() + line.timeout; ;) {
    try {
      return nodeOf(mesh, text).id
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await delay(LOOK, undefined, { signal })
  }
}

/** A node by its id, by the end of it, or by its name. @throws UsageError */
export function nodeOf (mesh: Mesh, text: string): NodeInfo {
  const nodes = mesh.discovery.nodes().filter(({ id }) => id !== mesh.id)
  const exact = nodes.find(({ id }) => id === text)
  if (exact != null) return exact
  const ending = text.replace(/^…/, '')
  const found = nodes.filter(({ id, name }) => name === text || (ending.length >= 4 && id.endsWith(ending)))
  const [only, more] = found
  if (only != null && more == null) return only
  if (only != null) throw new UsageError(`'${text}' may be any of ${found.map(({ id }) => id).join(', ')}: use the id`)
  throw new UsageError(`there is no node '${text}'${didYouMean(text, nodes.map(({ name }) => name))}`)
}
