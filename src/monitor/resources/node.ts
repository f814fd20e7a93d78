/** What Node tells of this process. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Usage } from './usage.ts'

/** Milliseconds between two looks at the event loop: what a look costs is nothing at this pace. */
const RESOLUTION = 20

export function usage (): Usage {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  let cpu = process.cpuUsage()
  let at = performance.now()
  let share: number | undefined
  let late: number | undefined
  return {
    start: () => { delay.enable() },
    stop: () => { delay.disable() },
    sample: () => {
      const now = performance.now()
      const used = process.cpuUsage(cpu)
      share = (used.user + used.system) / 1_000 / Math.max(1, now - at)
      cpu = process.cpuUsage()
      at = now
      // it counts from one look to the next, so that a loop that is never late has its pace
      late = delay.count === 0 ? undefined : Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION)
      delay.reset()
    },
    read: () => {
      const { rss, heapUsed } = process.memoryUsage()
      return { rss, heapUsed, ...share !== undefined && { cpu: share }, ...late !== undefined && { loopDelay: late } }
    }
  }
}
