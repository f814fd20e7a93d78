import { glyphOf } from '../lib/glyph.ts'
import type { JSX } from 'preact'

/** The picture of a peer id; a name always stands beside it. */
export function Glyph ({ id, size = 20 }: { id: string, size?: number }): JSX.Element {
  return (
    <svg class='glyph' width={size} height={size} viewBox='-0.5 -0.5 6 6' aria-hidden='true'>
      <GlyphCells id={id} />
    </svg>
  )
}

/** Its squares alone, five by five, to be put into another picture. */
export function GlyphCells ({ id }: { id: string }): JSX.Element {
  const { cells, hue } = glyphOf(id)
  return <>{cells.map(([x, y]) => <rect key={`${x} ${y}`} x={x} y={y} width={1.02} height={1.02} fill={`hsl(${hue} 62% 48%)`} />)}</>
}
