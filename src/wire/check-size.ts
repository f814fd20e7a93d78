import { FrameTooLargeError } from '../errors.ts'
import { MAX_BODY_PARTS, MIN_PART } from './limits.ts'

/** @throws FrameTooLargeError */
export function checkSize (what: string, size: number, most: number): void {
  if (size > most) throw new FrameTooLargeError(`${what} of ${size} bytes: at most ${most}`)
}

/** More parts than a body of so many bytes may have. */
export function tooMany (parts: number, bytes: number): boolean {
  return parts > MAX_BODY_PARTS && parts * MIN_PART > bytes
}
