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
