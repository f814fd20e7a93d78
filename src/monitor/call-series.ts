/** Metrics of calls: per method and side, of a bounded number of methods. */
import { MAX_METRIC_METHODS } from '../wire/limits.ts'
import { counter } from './families.ts'
import type { Family, Labels, Sample } from './families.ts'
import type { CallCounts } from '../rpc/index.ts'

/** Upper ends of the buckets, milliseconds: a quarter of one to eight seconds, where the counts are exact. */
const LIMITS = Array.from({ length: 16 }, (_, i) => 2 ** (i + 8) / 1_000)
const SECOND = 1_000
const LABELS = ['side', 'service', 'method']

/** Of one method, or of all that have none of their own. */
interface Totals {
  readonly labels: Labels
  calls: number
  errors: number
  count: number
  sum: number
  below: number[]
}

export function seriesOfCalls ({ served, made }: { served: readonly CallCounts[], made: readonly CallCounts[] }, service: string): Family[] {
  const all = [...totals(served, 'server', service), ...totals(made, 'client', '')]
  return [
    counter('braid_rpc_requests_total', 'Calls that have begun, at the node that serves them and at the one that makes them.', LABELS, all.map(({ labels, calls }) => ({ labels, value: calls }))),
    counter('braid_rpc_errors_total', 'Calls that failed.', LABELS, all.map(({ labels, errors }) => ({ labels, value: errors }))),
    {
      name: 'braid_rpc_time_seconds',
      type: 'histogram',
      help: 'How long calls take, of streams until their results begin: of the first 64 of a method, then of one in 16.',
      labels: LABELS,
      samples: all.flatMap(times)
    }
  ]
}

/** The first methods have series of their own, so that none goes from one series to another; what the others share only grows. */
function totals (counts: readonly CallCounts[], side: 'server' | 'client', service: string): Totals[] {
  const own = counts.slice(0, MAX_METRIC_METHODS).map(counts => add(empty({ side, service: counts.service === '' ? service : counts.service, method: counts.method }), counts))
  if (counts.length <= MAX_METRIC_METHODS) return own
  return [...own, counts.slice(MAX_METRIC_METHODS).reduce(add, empty({ side, service: '*', method: '*' }))]
}

function empty (labels: Labels): Totals {
  return { labels, calls: 0, errors: 0, count: 0, sum: 0, below: LIMITS.map(() => 0) }
}

function add (totals: Totals, { calls, errors, times }: CallCounts): Totals {
  totals.calls += calls
  totals.errors += errors
  totals.count += times.count
  totals.sum += times.sum
  totals.below = times.below(LIMITS).map((n, i) => n + (totals.below[i] ?? 0))
  return totals
}

function times ({ labels, count, sum, below }: Totals): Sample[] {
  const buckets = LIMITS.map((limit, i) => ({ labels: { ...labels, le: String(limit / SECOND) }, value: below[i] ?? 0, suffix: '_bucket' as const }))
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels, value: sum / SECOND, suffix: '_sum' },
    { labels, value: count, suffix: '_count' }
  ]
}
