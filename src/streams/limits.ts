import {
  FIRST_FRAME_TIMEOUT, FRAME_TIMEOUT, IDLE_TIMEOUT, MAX_RPC_FRAME, MAX_WRITE_QUEUE, MIN_FRAME_RATE, STUCK_TIMEOUT,
  WRITE_HIGH_WATER
} from '../wire/limits.ts'
import { InvalidOptionsError } from '../errors.ts'
import type { FrameLimits } from './index.ts'

/** Lengths above it do not fit into the four bytes that a length may take. */
const LARGEST_FRAME = 2 ** 28 - 1

/** @throws InvalidOptionsError - a limit is not a positive number, or the largest frame does not fit into the queue */
export function resolveLimits (limits: FrameLimits = {}): Required<FrameLimits> {
  const resolved: Required<FrameLimits> = {
    maxFrame: limits.maxFrame ?? MAX_RPC_FRAME,
    highWater: limits.highWater ?? WRITE_HIGH_WATER,
    maxQueue: limits.maxQueue ?? MAX_WRITE_QUEUE,
    firstFrameTimeout: limits.firstFrameTimeout ?? FIRST_FRAME_TIMEOUT,
    frameTimeout: limits.frameTimeout ?? FRAME_TIMEOUT,
    minFrameRate: limits.minFrameRate ?? MIN_FRAME_RATE,
    idleTimeout: limits.idleTimeout ?? IDLE_TIMEOUT,
    stuckTimeout: limits.stuckTimeout ?? STUCK_TIMEOUT
  }
  for (const [name, value] of Object.entries(resolved)) {
    if (!(value > 0)) {
      throw new InvalidOptionsError(`${name} is ${value}, it must be a number above 0`)
    }
  }
  if (resolved.maxFrame > LARGEST_FRAME || resolved.maxFrame > resolved.maxQueue) {
    throw new InvalidOptionsError(`maxFrame is ${resolved.maxFrame}, it must be at most 2^28 - 1 and at most maxQueue, ${resolved.maxQueue}`)
  }
  return resolved
}
