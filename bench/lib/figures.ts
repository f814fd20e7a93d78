/** Quantiles of what was measured, and a figure beside its bar. */

export function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function median (values: readonly number[]): number {
  return quantile(values, 0.5)
}

/**
 * What stands before a figure. A count - so many lost, so many failed - depends on no machine as times and rates do:
 * where one misses its bar, the run ends with exit code 1.
 */
export function verdict (met: boolean, count: boolean): string {
  if (!met && count) process.exitCode = 1
  return met ? 'met   ' : 'MISSED'
}

/** @param bar - what the value must not exceed, if anything; 0: it is a count */
export function printFigure (name: string, value: number, bar: number | undefined, width = 58): void {
  const judged = bar === undefined ? '      ' : verdict(value <= bar, bar === 0)
  console.log(`${judged} ${name.padEnd(width)} ${value.toFixed(2).padStart(9)}${bar === undefined ? '' : `  (bar ${bar})`}`)
}
