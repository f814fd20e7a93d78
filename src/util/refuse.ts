import { InvalidOptionsError } from '../errors.ts'

/** @throws InvalidOptionsError */
export function refuse (condition: boolean, message: string): void {
  if (condition) throw new InvalidOptionsError(message)
}

/** Undefined passes: it is a default's place. @throws InvalidOptionsError */
export function checkInteger (name: string, value: number | undefined, least: number, most: number): void {
  refuse(value !== undefined && !(Number.isInteger(value) && value >= least && value <= most), `${name}: expected an integer from ${least} to ${most}, got ${String(value)}`)
}
