/** Interceptors that count calls and measure them. */
import { Histogram } from '../util/histogram.core.ts'
import { timers } from '../util/timers.ts'
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

  /** Two keys, as joining them would cost more than the rest. */
  entry (service: string, method: string): Entry {
    return this.#entries.get(service)?.get(method) ?? this.#add(service, method)
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
  const measured = (entry: Entry, began: number, result: Promise<unknown>): Promise<unknown> => {
    entry.running++
    return result.then(value => {
      entry.running--
      entry.times.add(timers.now() - began)
      return value
    }, (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
      entry.running--
      entry.times.add(timers.now() - began)
      entry.errors.set(code, (entry.errors.get(code) ?? 0) + 1)
      throw error
    })
  }
  return {
    client: next => call => measured(client.entry(call.service, call.method), timers.now(), next(call)),
    server: next => call => measured(server.entry('', call.method), timers.now(), next(call)),
    snapshot: () => ({ client: client.snapshot(), server: server.snapshot() })
  }
}
