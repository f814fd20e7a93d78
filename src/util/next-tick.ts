/**
 * Runs a callback once everything that became ready together is done: the promise jobs of what is running now, and of
 * what they start. This is where writes are gathered.
 */

interface NodeProcess {
  nextTick?: (fn: () => void) => void
  versions?: { node?: string }
}

function choose (): (fn: () => void) => void {
  // asked of globalThis: bundlers put a stand-in (a setTimeout) where they see `process` itself
  const { process } = globalThis as { process?: NodeProcess }
  if (process?.versions?.node !== undefined && process.nextTick !== undefined) {
    return process.nextTick
  }
  if (typeof MessageChannel === 'function') {
    return channelTicks()
  }
  // two hops: a promise that resolves with a promise takes as long
  return fn => { queueMicrotask(() => { queueMicrotask(() => { queueMicrotask(fn) }) }) }
}

/** A task of its own for all callbacks, which unlike a timeout is neither clamped to 4 ms nor slowed in a hidden tab. */
function channelTicks (): (fn: () => void) => void {
  const { port1, port2 } = new MessageChannel()
  let queue: Array<() => void> = []
  port1.onmessage = () => {
    const due = queue
    queue = []
    for (const fn of due) {
      fn()
    }
  }
  return fn => {
    if (queue.push(fn) === 1) {
      port2.postMessage(undefined)
    }
  }
}

/** `fn` must not throw. */
export const nextTick: (fn: () => void) => void = choose()
