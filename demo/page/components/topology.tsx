import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { heightFor, isCrowd, Layout, scaleFor } from '../lib/layout.ts'
import { ms } from '../lib/text.ts'
import { graphEdges, graphNodes } from '../state/graph.ts'
import { callsWith, callWords } from '../state/pulses.ts'
import { nameOf, selfId } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { MapEdge, MapEdgeLabel } from './map-edge.tsx'
import { MapNode } from './map-node.tsx'
import { Panel, Table } from './panel.tsx'
import type { Point } from '../lib/layout.ts'
import type { EdgeStyle } from '../state/graph.ts'
import type { JSX } from 'preact'

const WORDS: Readonly<Record<EdgeStyle, string>> = {
  webrtc: 'WebRTC, direct', ws: 'WebSocket, direct', tcp: 'TCP, direct', relayed: 'over a relay', other: 'another way'
}
/** Pixels below which labels of paths say less. */
const NARROW = 480
/** Characters of a name that a node of the map has room for. */
const ROOM = { usual: 16, small: 10 }

export function Topology (): JSX.Element {
  return (
    <Panel
      id='topology' title='Map' wide aside={<Legend />}
      note={<>What this tab knows: its own paths, with their round trip, thicker the quicker they are, and thin those that the others say they have (<code>braid.monitor.snapshot</code>). Colour and dashes say which way a path goes. Squares are browser tabs, circles are Node processes, a crown marks the leader of a service. A call of this tab runs out along its path, one of a peer comes in; the tables count them.</>}
    >
      <Picture />
      <details class='as-table'>
        <summary>All paths as a table</summary>
        <Table label='Paths' head={['From', 'To', 'Way', 'Calls', { text: 'Round trip', number: true }]} none='no path'>
          {graphEdges.value.map(({ key, from, to, style, own, rtt }) => (
            <tr key={key}><th scope='row'><Clip text={nameOf(from)} /></th><td><Clip text={nameOf(to)} /></td><td>{WORDS[style]}</td><td>{own ? callWords(callsWith(to)) : '–'}</td><td class='number'>{ms(rtt)}</td></tr>
          ))}
        </Table>
      </details>
    </Panel>
  )
}

function Legend (): JSX.Element {
  return (
    <ul class='legend'>
      {(['webrtc', 'ws', 'tcp', 'relayed'] as const).map(style => (
        <li key={style}><svg width='46' height='8' aria-hidden='true'><line class='edge own' data-style={style} stroke-width='3' x1='1' y1='4' x2='45' y2='4' /></svg> {WORDS[style]}</li>
      ))}
      <li><svg width='28' height='8' aria-hidden='true'><line class='edge' x1='1' y1='4' x2='27' y2='4' /></svg> thin: between others</li>
    </ul>
  )
}

function Picture (): JSX.Element {
  const points = useSignal<ReadonlyMap<string, Point>>(new Map())
  const width = useSignal(0)
  const frame = useRef<HTMLDivElement>(null)
  const layout = useRef<Layout | undefined>(undefined)
  const drawn = useRef('')
  layout.current ??= new Layout(next => { points.value = next })

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => { width.value = Math.round(entry?.contentRect.width ?? 0) })
    if (frame.current != null) observer.observe(frame.current)
    return () => {
      observer.disconnect()
      layout.current?.stop()
    }
  }, [])

  // What else of a node changes needs no new layout.
  useSignalEffect(() => {
    if (width.value === 0) return
    const ids = graphNodes.value.map(({ id }) => id)
    const now = `${width.value} ${ids.join()}`
    if (now === drawn.current) return
    drawn.current = now
    layout.current?.update(selfId.value, ids, { width: width.value, height: heightFor(width.value, ids.length) }, matchMedia('(prefers-reduced-motion: reduce)').matches)
  })

  const crowd = isCrowd(graphNodes.value.length)
  const height = heightFor(width.value, graphNodes.value.length)
  const scale = scaleFor(width.value, graphNodes.value.length)
  const room = crowd || width.value < NARROW ? ROOM.small : ROOM.usual
  const at = points.value
  const edges = graphEdges.value.filter(({ from, to }) => at.has(from) && at.has(to))
  return (
    <div class='map' ref={frame} style={{ minHeight: `${height}px` }}>
      {width.value > 0 && (
        <svg width={width.value} height={height} viewBox={`0 0 ${width.value} ${height}`} role='group' aria-label='Map of the mesh; the table below says the same'>
          {edges.map(edge => <MapEdge key={edge.key} edge={edge} from={at.get(edge.from)} to={at.get(edge.to)} />)}
          {!crowd && edges.filter(({ own }) => own).map(edge => <MapEdgeLabel key={edge.key} edge={edge} from={at.get(edge.from)} to={at.get(edge.to)} narrow={width.value < NARROW} />)}
          {graphNodes.value.map(node => <MapNode key={node.id} node={node} at={at.get(node.id)} room={room} scale={scale} />)}
        </svg>
      )}
    </div>
  )
}
