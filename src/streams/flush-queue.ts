import { nextTick } from '../util/next-tick.ts'

export interface Flushable {
  /** Must not throw. */
  flush (): void
}

let dirty: Flushable[] = []

/** Flush `stream` once all that is ready now has been written: this is what gathers the frames of a tick in one send. */
export function scheduleFlush (stream: Flushable): void {
  if (dirty.push(stream) === 1) {
    nextTick(flushAll)
  }
}

function flushAll (): void {
  const due = dirty
  dirty = []
  for (const stream of due) {
    stream.flush()
  }
}
