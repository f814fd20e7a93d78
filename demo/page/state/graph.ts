/** The mesh as a graph: nodes, and the paths between them as far as they are known. */
import { computed } from '@preact/signals'
import { othersPaths } from './others.ts'
import { rttOf } from './rtt.ts'
import { leaderships, kindOf, nodes, pathTo, runtimeOf, selfId } from './view.ts'
import type { PathInfo } from '../../../src/index.ts'

export interface GraphNode {
  readonly id: string
  readonly name: string
  readonly self: boolean
  readonly service: string
  readonly state: string
  readonly runtime: 'browser' | 'Node'
  /** Services that it leads. */
  readonly leads: readonly string[]
}

export type EdgeStyle = 'webrtc' | 'ws' | 'tcp' | 'relayed' | 'other'

export interface GraphEdge {
  readonly key: string
  /** Of an own path: this tab. */
  readonly from: string
  readonly to: string
  readonly style: EdgeStyle
  /** Of this tab. */
  readonly own: boolean
  /** Milliseconds there and back, where it is known. */
  readonly rtt: number | undefined
}

export function styleOf ({ relayed, transport }: Pick<PathInfo, 'relayed' | 'transport'>): EdgeStyle {
  if (relayed) return 'relayed'
  switch (transport) {
    case 'webrtc': case 'webrtc-direct': return 'webrtc'
    case 'ws': case 'wss': return 'ws'
    case 'tcp': return 'tcp'
    default: return 'other'
  }
}

export const graphNodes = computed<readonly GraphNode[]>(() => nodes.value.map(node => ({
  id: node.id,
  name: node.name,
  self: node.id === selfId.value,
  service: kindOf(node),
  state: node.state,
  runtime: runtimeOf(node),
  leads: leaderships.value.get(node.id) ?? []
})))

function keyOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

export const graphEdges = computed<readonly GraphEdge[]>(() => {
  const known = new Set(graphNodes.value.map(({ id }) => id))
  const edges = new Map<string, GraphEdge>()
  const add = (from: string, path: PathInfo, own: boolean): void => {
    const key = keyOf(from, path.peer)
    const style = styleOf(path)
    const before = edges.get(key)
    if (!known.has(from) || !known.has(path.peer) || from === path.peer || before?.own === true || (before != null && style === 'relayed')) return
    edges.set(key, { key, from, to: path.peer, style, own, rtt: own ? rttOf(path.peer) ?? path.rtt : path.rtt })
  }
  for (const path of pathTo.value.values()) add(selfId.value, path, true)
  for (const [from, paths] of othersPaths.value) for (const path of paths) add(from, path, false)
  return [...edges.values()]
})
