/** Interceptors that count calls and measure them. */
import { Histogram } from '../util/histogram.core.ts'
import { serverHooks } from './intercepted.ts'
import { clientHooks } from './passage.ts'
import { PerMethod } from './per-method.ts'
import type { Over } from './hooks.ts'
import type { ClientInterceptor, ServerInterceptor } from './interceptor.ts'

/** Of one method; milliseconds. Quantiles are within 10 %. */
export interface CallMetrics {
  calls: number
  running: number
  /** By code. */
  errors: Record<string, number>
  mean: number
  p50: number
  p95: number
  p99: number
}

/** {@link metrics}: put each side into the interceptors of the room. */
export interface Metrics {
  readonly client: ClientInterceptor
  readonly server: ServerInterceptor
  /** By `service/method` for calls made, by `method` for calls served; the names are those that came first, 1024 at most. */
  snapshot (): { client: Record<string, CallMetrics>, server: Record<string, CallMetrics> }
}

class Entry {
  running = 0
  readonly errors = new Map<string, number>()
  readonly times = new Histogram()

  snapshot (): CallMetrics {
    const { times, errors, running } = this
    return {
      calls: times.count,
      running,
      errors: Object.fromEntries([...errors].sort()),
      mean: times.count === 0 ? 0 : times.sum / times.count,
      p50: times.quantile(0.5),
      p95: times.quantile(0.95),
      p99: times.quantile(0.99)
    }
  }
}

class Side {
  readonly #entries = new PerMethod(() => new Entry())

  begin (service: string, method: string): void {
    this.#entries.get(service, method).running++
  }

  end (service: string, method: string, { failed, outcome, began, now }: Over): void {
    const entry = this.#entries.get(service, method)
    entry.running--
    entry.times.add(Math.max(0, now - began))
    if (failed) {
      const code = outcome instanceof Error && 'code' in outcome ? String(outcome.code) : 'UNKNOWN'
      entry.errors.set(code, (entry.errors.get(code) ?? 0) + 1)
    }
  }

  snapshot (): Record<string, CallMetrics> {
    const all: Record<string, CallMetrics> = {}
    for (const [service, method, entry] of this.#entries.entries()) {
      all[service === '' ? method : `${service}/${method}`] = entry.snapshot()
    }
    return all
  }
}

/** Counts and times each call, of a stream until its results begin. */
export function metrics (): Metrics {
  const client = new Side()
  const server = new Side()
  return {
    client: clientHooks({
      before: ({ service, method }) => { client.begin(service, method) },
      after: ({ service, method }, _, over) => { client.end(service, method, over) }
    }),
    server: serverHooks({
      before: ({ method }) => { server.begin('', method) },
      after: ({ method }, _, over) => { server.end('', method, over) }
    }),
    snapshot: () => ({ client: client.snapshot(), server: server.snapshot() })
  }
}
