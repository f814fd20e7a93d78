/** The path of a sparkline: newest to the right, the highest value at the top. */
export function sparkPath (values: readonly number[], width: number, height: number, capacity: number): string {
  if (values.length === 0) return ''
  const top = Math.max(...values, 1)
  const step = width / Math.max(1, capacity - 1)
  return values.map((value, i) => {
    const x = width - (values.length - 1 - i) * step
    const y = height - 1 - value / top * (height - 2)
    return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
  }).join('')
}
