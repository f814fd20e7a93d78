import { FrameTooLargeError } from '../errors.ts'

/** @throws FrameTooLargeError */
export function checkSize (what: string, size: number, most: number): void {
  if (size > most) throw new FrameTooLargeError(`${what} of ${size} bytes: at most ${most}`)
}
