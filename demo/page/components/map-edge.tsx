import { pulses } from '../state/pulses.ts'
import type { Point } from '../lib/layout.ts'
import type { GraphEdge } from '../state/graph.ts'
import type { JSX } from 'preact'

interface EdgeProps {
  edge: GraphEdge
  from: Point | undefined
  to: Point | undefined
}

/** Quick paths are thick, none is as thin as one between others. */
function widthOf (rtt: number | undefined): number {
  return rtt == null ? 2.4 : Math.max(2.2, 5 - Math.log2(Math.max(1, rtt)) * 0.6)
}

export function MapEdge ({ edge: { own, style, rtt, to: peer }, from, to }: EdgeProps): JSX.Element | null {
  if (from == null || to == null) return null
  const place = { x1: from.x, y1: from.y, x2: to.x, y2: to.y }
  const fresh = own ? pulses.value.get(peer) : undefined
  return (
    <g>
      <line class={own ? 'edge own' : 'edge'} data-style={style} stroke-width={own ? widthOf(rtt) : 1.2} {...place} />
      {fresh?.out != null && <line key={`out ${fresh.out}`} class='pulse' data-direction='out' pathLength={1} {...place} />}
      {fresh?.in != null && <line key={`in ${fresh.in}`} class='pulse' data-direction='in' pathLength={1} {...place} />}
    </g>
  )
}

const SHORT = { webrtc: 'WebRTC', ws: 'ws', tcp: 'tcp', relayed: 'relayed', other: '' } as const

/** `narrow`: there is only room for the number; the table has the word. */
export function MapEdgeLabel ({ edge: { style, rtt }, from, to, narrow }: EdgeProps & { narrow: boolean }): JSX.Element | null {
  if (from == null || to == null) return null
  // The name of a node stands below it: where there is little room, a label on the way up ends before.
  const share = narrow && to.y < from.y ? 0.42 : 0.56
  const x = from.x + (to.x - from.x) * share
  const y = from.y + (to.y - from.y) * share
  return <text class='edge-label' data-style={style} x={x} y={y} dy='0.32em'>{narrow && rtt != null ? '' : SHORT[style]} {rtt == null ? '' : `${rtt.toFixed(rtt < 10 ? 1 : 0)} ms`}</text>
}
