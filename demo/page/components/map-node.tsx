import { rttOf } from '../state/rtt.ts'
import { pathTo, pathWords } from '../state/view.ts'
import { GlyphCells } from './glyph.tsx'
import { openPeer } from './peer-dialog.tsx'
import { ms, shorten } from '../lib/text.ts'
import type { Point } from '../lib/layout.ts'
import type { GraphNode } from '../state/graph.ts'
import type { JSX } from 'preact'

const RADIUS = 21
const GLYPH = 4.4

/** What stands under its name. */
function whatOf ({ self, state, service }: GraphNode): string {
  return self ? 'this tab' : state === 'up' ? service : state
}

/** What is to be read, and then the rest. */
function words (node: GraphNode): string {
  const { id, name, self, service, state, runtime, leads } = node
  const parts = [`${name} ${whatOf(node)}`, self ? service : '', `${runtime}, ${state}`, leads.length > 0 ? `leads ${leads.join(' and ')}` : '']
  if (!self) parts.push(pathWords(pathTo.value.get(id)), rttOf(id) == null ? '' : ms(rttOf(id)))
  return parts.filter(part => part !== '').join(', ')
}

/** A node of the map: a button that opens its details. `room`: for so many characters; `scale`: of its size, where 1 is full. */
export function MapNode ({ node, at, room, scale }: { node: GraphNode, at: Point | undefined, room: number, scale: number }): JSX.Element | null {
  if (at == null) return null
  const open = (): void => { openPeer(node.id) }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    open()
  }
  return (
    <g
      class={`node${node.self ? ' self' : ''}`} data-node={node.name} data-state={node.state} transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})${scale < 1 ? ` scale(${scale.toFixed(2)})` : ''}`}
      role='button' tabindex={0} aria-label={words(node)} onClick={open} onKeyDown={onKeyDown}
    >
      <title>{node.name}</title>
      {node.runtime === 'browser'
        ? <rect class='body' x={-RADIUS} y={-RADIUS} width={RADIUS * 2} height={RADIUS * 2} rx={8} />
        : <circle class='body' r={RADIUS} />}
      <g transform={`translate(${-2.5 * GLYPH} ${-2.5 * GLYPH}) scale(${GLYPH})`}><GlyphCells id={node.id} /></g>
      {node.leads.length > 0 && <text class='crown' y={-RADIUS - 4} aria-hidden='true'>♛</text>}
      <text class='name' y={RADIUS + 16}>{shorten(node.name, room)}</text>{' '}
      <text class='what' y={RADIUS + 30}>{shorten(whatOf(node), room)}</text>
    </g>
  )
}
