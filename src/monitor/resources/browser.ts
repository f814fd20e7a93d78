/** What a browser tells of a page: how late its timers are, and Chromium its heap. */
import type { Usage } from './usage.ts'

export function usage (): Usage {
  let loopDelay: number | undefined
  return {
    start: () => {},
    stop: () => {},
    // timers of a page that is not seen are late by the browser's will
    sample: late => { loopDelay = globalThis.document?.visibilityState === 'hidden' ? undefined : late },
    read: () => {
      const { memory } = performance as { memory?: { usedJSHeapSize: number } }
      return { ...memory !== undefined && { heapUsed: memory.usedJSHeapSize }, ...loopDelay !== undefined && { loopDelay } }
    }
  }
}
