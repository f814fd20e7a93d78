import { InvalidOptionsError } from '../errors.ts'

/** @throws InvalidOptionsError */
export function refuse (condition: boolean, message: string): void {
  if (condition) throw new InvalidOptionsError(message)
}

/** Undefined passes: it is a default's place. @throws InvalidOptionsError */
export function checkInteger (name: string, value: number | undefined, least: number, most: number): void {
  refuse(value !== undefined && !(Number.isInteger(value) && value >= least && value <= most), `${name}: expected an integer from ${least} to ${most}, got ${String(value)}`)
}

/** Undefined passes, and so does Infinity where there is no `most`. @throws InvalidOptionsError */
export function checkNumber (name: string, value: number | undefined, least = 0, most = Infinity): void {
  refuse(value !== undefined && !(typeof value === 'number' && value >= least && value <= most), `${name}: expected a number from ${least}${most < Infinity ? ` to ${most}` : ''}, got ${String(value)}`)
}

/** An array of functions, or undefined. @throws InvalidOptionsError */
export function checkFunctions (name: string, value: unknown): void {
  refuse(value !== undefined && !(Array.isArray(value) && value.every(each => typeof each === 'function')), `${name}: expected an array of functions`)
}

/** By so many letters that are dropped, added or changed, one becomes the other. */
function isNear (a: string, b: string, edits: number): boolean {
  let same = 0
  if (a === b || edits === 0) return a === b
  while (a[same] === b[same]) same++
  return [[1, 1], [1, 0], [0, 1]].some(([m, n]) => isNear(a.slice(same + (m ?? 0)), b.slice(same + (n ?? 0)), edits - 1))
}

/**
 * Of options, what `known` has no property for: it would be ignored.
 *
 * @throws InvalidOptionsError - names the nearest that there is
 */
export function checkKnown (name: string, options: object, known: object): void {
  const names = Object.keys(known)
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, key)) continue
    const near = [1, 2, 3].map(edits => names.find(each => isNear(key, each, edits))).find(each => each !== undefined)
    refuse(true, `${name}: there is no option ${key}${near === undefined ? names.length > 0 ? `: those are ${names.join(', ')}` : '' : `, did you mean ${near}?`}`)
  }
}
