/** Quantiles of what was measured, and a figure beside its bar. */

export function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function median (values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param bar - what the value must not exceed, if anything */
export function printFigure (name: string, value: number, bar: number | undefined, width = 58): void {
  const verdict = bar === undefined ? '      ' : value <= bar ? 'met   ' : 'MISSED'
  console.log(`${verdict} ${name.padEnd(width)} ${value.toFixed(2).padStart(9)}${bar === undefined ? '' : `  (bar ${bar})`}`)
}
