/** Whether a message is of use. Pure. */
import type { Message } from './types.core.ts'

export function isExpired ({ ttl, at }: Message, wall: number): boolean {
  return ttl > 0 && at + ttl <= wall
}
