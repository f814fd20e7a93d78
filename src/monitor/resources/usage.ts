import type { Resources } from '../index.ts'

/** What this process, or page, uses. */
export interface Usage {
  start (): void
  stop (): void
  /** Of the time since it was last called: call it every few seconds. @param late - ms that the call itself came late */
  sample (late: number): void
  read (): Pick<Resources, 'cpu' | 'rss' | 'heapUsed' | 'loopDelay'>
}
