import { ms } from '../lib/text.ts'
import { sparkPath } from '../lib/spark.ts'
import { RTT_HISTORY, rtts } from '../state/rtt.ts'
import type { JSX } from 'preact'

const HEIGHT = 20

/** The last round trips to a peer, as a line and in words. */
export function Spark ({ id, width = 72 }: { id: string, width?: number }): JSX.Element {
  const values = rtts.value.get(id) ?? []
  const low = values.length === 0 ? undefined : Math.min(...values)
  const high = values.length === 0 ? undefined : Math.max(...values)
  return (
    <svg class='spark' width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role='img' aria-label={`the last ${values.length}: from ${ms(low)} to ${ms(high)}`}>
      <path d={sparkPath(values, width, HEIGHT, RTT_HISTORY)} />
    </svg>
  )
}
