/** Options that are misspelt. */
import { InvalidOptionsError } from '../errors.ts'

/** By so many letters that are dropped, added or changed, one becomes the other. */
function isNear (a: string, b: string, edits: number): boolean {
  let same = 0
  if (a === b || edits === 0) return a === b
  while (a[same] === b[same]) same++
  return [[1, 1], [1, 0], [0, 1]].some(([m, n]) => isNear(a.slice(same + (m ?? 0)), b.slice(same + (n ?? 0)), edits - 1))
}

/**
 * Of options, what is none of these: it would be ignored.
 *
 * @throws InvalidOptionsError - names the nearest that there is
 */
export function checkKnown (group: string, options: object, names: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || names.includes(key)) continue
    const near = [1, 2, 3].slice(0, Math.ceil(key.length / 3)).map(edits => names.find(name => isNear(key, name, edits))).find(name => name !== undefined)
    throw new InvalidOptionsError(`${group}: there is no option ${key}${near === undefined ? '' : `, did you mean ${near}?`}`)
  }
}
