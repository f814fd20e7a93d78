/**
 * The same metrics for libp2p's own interface, when the application gave it one. They are worked out when it is read.
 *
 * Its groups have one label, in which the values of ours are joined. All are gauges there: what a calculated counter is
 * given, some add up and others show as it is. A series that is gone is 0, as nothing can be taken back, so that metrics with
 * ids of nodes, which come and go, are left out; and histograms, of which it takes single values only, are sum and count.
 */
import type { Family, Labels, Sample } from './families.ts'
import type { Metrics } from '@libp2p/interface'

/** Series of one metric that are remembered. */
const MAX_KEYS = 1_000

/** @param read - all families, also those without a value now; called for each that is read */
export function register (metrics: Pick<Metrics, 'registerMetric' | 'registerMetricGroup'>, read: () => readonly Family[]): void {
  for (const { name, help, type, labels } of read()) {
    if (labels.includes('node')) continue
    const samples = (): readonly Sample[] => read().find(family => family.name === name)?.samples ?? []
    if (type === 'histogram') {
      for (const suffix of ['_sum', '_count'] as const) group(metrics, `${name}${suffix}`, help, labels, () => samples().filter(sample => sample.suffix === suffix))
    } else if (labels.length === 0) {
      metrics.registerMetric(name, { help, calculate: () => samples()[0]?.value ?? 0 })
    } else {
      group(metrics, name, help, labels, samples)
    }
  }
}

function group (metrics: Pick<Metrics, 'registerMetricGroup'>, name: string, help: string, labels: readonly string[], samples: () => readonly Sample[]): void {
  const known = new Set<string>()
  metrics.registerMetricGroup(name, {
    help,
    label: labels.join('_'),
    calculate: () => {
      const values = new Map(samples().map(({ labels, value }) => [joined(labels), value]))
      for (const key of values.keys()) if (known.size < MAX_KEYS) known.add(key)
      return Object.fromEntries([...known].map(key => [key, values.get(key) ?? 0]))
    }
  })
}

function joined (labels: Labels): string {
  return Object.values(labels).join(' ')
}
