/** All metrics of a node, of a bounded number of series. */
import { MAX_METRIC_SERIES } from '../wire/limits.ts'
import { seriesOfCalls } from './call-series.ts'
import { gauge } from './families.ts'
import { seriesOfMesh } from './mesh-series.ts'
import { seriesOfTopics } from './topic-series.ts'
import type { Family } from './families.ts'
import type { MeshSource } from './mesh-series.ts'
import type { CallCounts } from '../rpc/index.ts'

/** Where metrics come from. */
export interface Source extends MeshSource {
  readonly counts: { readonly served: readonly CallCounts[], readonly made: readonly CallCounts[] }
}

/** Which series are kept when there are too many: those that there were first, as long as they last. */
export class Admission {
  readonly #admitted = new Map<string, Set<string>>()

  /** Of those that there are now. */
  admit (name: string, keys: readonly string[]): ReadonlySet<string> {
    const present = new Set(keys)
    const kept = new Set([...this.#admitted.get(name) ?? []].filter(key => present.has(key)))
    for (const key of keys) {
      if (kept.size >= MAX_METRIC_SERIES) break
      kept.add(key)
    }
    this.#admitted.set(name, kept)
    return kept
  }
}

/** All metrics, in a fixed order. Those of methods are bounded by themselves. */
export function families (source: Source, admission: Admission): Family[] {
  const all = [...seriesOfMesh(source), ...seriesOfTopics(source.snapshot)].map(family => bounded(family, admission))
  const dropped = all.flatMap(({ family: { name }, dropped }) => dropped > 0 ? [{ labels: { metric: name }, value: dropped }] : [])
  return [
    ...all.map(({ family }) => family),
    ...seriesOfCalls(source.counts, source.snapshot.self.service ?? ''),
    gauge('braid_metrics_dropped_series', 'Series that are left out, as there are too many of their metric.', ['metric'], dropped)
  ]
}

function bounded (family: Family, admission: Admission): { family: Family, dropped: number } {
  const keys = family.samples.map(({ labels }) => JSON.stringify(labels))
  const admitted = admission.admit(family.name, keys)
  const samples = family.samples.filter((_, i) => admitted.has(keys[i] ?? ''))
  return { family: { ...family, samples }, dropped: family.samples.length - samples.length }
}
