/** Interceptors that count calls and measure them. */
import { STATUS_CODES } from '../errors.ts'
import { Histogram } from '../util/histogram.core.ts'
import { serverHooks } from './intercepted.ts'
import { clientHooks } from './passage.ts'
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

/** Methods that are told apart; those beyond are counted together, as `other`. */
const MAX_METHODS = 1_024
/** Whatever else a handler throws its caller knows as UNKNOWN; and what is counted by must not be the caller's to make up. */
const CODES: ReadonlySet<unknown> = new Set(STATUS_CODES)

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
  readonly #entries = new Map<string, Map<string, Entry>>()
  #count = 0
  // calls come in runs
  #service = ''
  #method: string | undefined
  #last = new Entry()

  begin (service: string, method: string): void {
    this.#entry(service, method).running++
  }

  end (service: string, method: string, { failed, outcome, began, now }: Over): void {
    const entry = this.#entry(service, method)
    entry.running--
    entry.times.add(Math.max(0, now - began))
    if (failed) {
      const code = outcome instanceof Error && 'code' in outcome && CODES.has(outcome.code) ? String(outcome.code) : 'UNKNOWN'
      entry.errors.set(code, (entry.errors.get(code) ?? 0) + 1)
    }
  }

  /** Two keys, as joining them would cost more than the rest. One that was found is found again. */
  #entry (service: string, method: string): Entry {
    if (method !== this.#method || service !== this.#service) {
      this.#last = this.#entries.get(service)?.get(method) ?? this.#add(service, method)
      this.#service = service
      this.#method = method
    }
    return this.#last
  }

  snapshot (): Record<string, CallMetrics> {
    const all: Record<string, CallMetrics> = {}
    for (const [service, methods] of this.#entries) {
      for (const [method, entry] of methods) {
        all[service === '' ? method : `${service}/${method}`] = entry.snapshot()
      }
    }
    return all
  }

  #add (service: string, method: string): Entry {
    if (this.#count >= MAX_METHODS) {
      [service, method] = ['', 'other']
    }
    const methods = this.#entries.get(service) ?? new Map<string, Entry>()
    this.#entries.set(service, methods)
    let entry = methods.get(method)
    if (entry === undefined) {
      entry = new Entry()
      methods.set(method, entry)
      this.#count++
    }
    return entry
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
