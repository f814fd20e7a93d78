/** A picture of a peer id: five by five squares, mirrored, in a colour; two ids hardly ever look the same. */

export interface GlyphShape {
  /** Squares that are filled, as [column, row]. */
  readonly cells: ReadonlyArray<readonly [number, number]>
  /** Degrees of the colour wheel. */
  readonly hue: number
}

/** FNV-1a, of 32 bits. */
function hash (text: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0
  // Ids differ in their last letters, which the low bits alone would tell.
  return (value ^ (value >>> 15)) >>> 0
}

export function glyphOf (id: string): GlyphShape {
  const bits = hash(id, 1)
  const cells: Array<readonly [number, number]> = []
  for (let row = 0; row < 5; row++) {
    for (let column = 0; column < 3; column++) {
      if ((bits >>> (row * 3 + column) & 1) === 0) continue
      cells.push([column, row])
      if (column < 2) cells.push([4 - column, row])
    }
  }
  return { cells: cells.length < 4 ? [[2, 0], [1, 2], [2, 2], [3, 2], [2, 4], ...cells] : cells, hue: hash(id, 2) % 360 }
}
