import { InvalidNameError, InvalidOptionsError, RpcError } from '../errors.ts'
import { Histogram } from '../util/histogram.core.ts'
import { checkFunctions } from '../util/refuse.ts'
import { BUILT_IN, checkName, OWN } from '../wire/names.ts'
import { Gate } from './gate.ts'
import { DEFAULT_QUEUE, MAX_RESOLVED } from './numbers.ts'
import { newestCompatible } from './versions.core.ts'
import type { CallCounts } from './counts.ts'
import type { HandleOptions, Handler, MethodStats, Registration } from './index.ts'
import type { ServerInterceptor } from './interceptor.ts'
import type { CallKind } from './stream-types.ts'

const B = 0x62

/** A method of every node; those are not listed in its record. Asked of every call: most names begin otherwise, and callers may give what is no text. */
export function isBuiltIn (method: unknown): boolean {
  return typeof method === 'string' && method.charCodeAt(0) === B && method.startsWith(BUILT_IN)
}

/** A served method with its counters. */
export class Method implements CallCounts {
  /** Of the node that serves it. */
  readonly service = ''
  readonly name: string
  readonly kind: CallKind
  readonly handler: Handler
  /** The room's, and its own within them. */
  readonly interceptors: readonly ServerInterceptor[]
  /** What its calls run: made of these for the first one, as a page has the code for that only once it is called. */
  ready: Handler | undefined = undefined
  /** What it was served with, for those who ask. */
  readonly about: HandleOptions
  readonly input: HandleOptions['input']
  readonly output: HandleOptions['output']
  /** Undefined: as many as come. */
  readonly gate: Gate | undefined
  calls = 0
  errors = 0
  running = 0
  lastError: string | undefined = undefined
  /** Milliseconds that handlers took; a sample. */
  readonly times = new Histogram()

  get method (): string {
    return this.name
  }

  constructor (name: string, handler: Handler, options: HandleOptions, interceptors: readonly ServerInterceptor[], kind: CallKind, about: HandleOptions) {
    this.name = name
    this.kind = kind
    this.handler = handler
    this.interceptors = interceptors
    this.about = about
    this.gate = gateOf(name, options)
    this.input = options.input
    this.output = options.output
  }
}

function gateOf (name: string, { concurrency, queue = DEFAULT_QUEUE }: HandleOptions): Gate | undefined {
  if (concurrency === undefined) {
    return undefined
  }
  if (!(concurrency >= 1) || !(queue >= 0)) {
    throw new InvalidOptionsError(`'${name}': concurrency must be at least 1 and queue at least 0`)
  }
  return new Gate(concurrency, queue)
}

/** What this node serves. */
export class Methods {
  readonly #methods = new Map<string, Method>()
  readonly #resolved = new Map<string, Method>()
  readonly #onChange: () => void

  constructor (onChange: () => void) {
    this.#onChange = onChange
  }

  /** The method of this name, or the newest version that is compatible with it. */
  get (name: string): Method | undefined {
    return this.#resolved.get(name) ?? this.#resolve(name)
  }

  add (name: string, handler: Handler, options: HandleOptions, rooms: readonly ServerInterceptor[] = [], kind: CallKind = 'unary', about = options): Registration {
    checkName('method', name)
    if (isBuiltIn(name) && about !== OWN) {
      // no interceptor would stand before it, and no record would tell of it
      throw new InvalidNameError(`'${name}': names that begin with ${BUILT_IN} are the node's own`)
    }
    if (typeof handler !== 'function') {
      throw new TypeError(`the handler of '${name}' must be a function`)
    }
    const { interceptors: own = [] } = options
    checkFunctions(`'${name}': interceptors`, own)
    const interceptors = [...isBuiltIn(name) ? [] : rooms, ...own]
    if (this.#methods.has(name)) {
      throw new RpcError('ALREADY_EXISTS', `the method '${name}' is served already: close its registration first`)
    }
    const method = new Method(name, handler, options, interceptors, kind, about)
    this.#methods.set(name, method)
    this.#resolved.clear()
    try {
      this.#onChange()
    } catch (err) {
      this.#methods.delete(name)
      throw err
    }
    const close = (): void => {
      if (this.#methods.get(name) === method) {
        this.#methods.delete(name)
        this.#resolved.clear()
        this.#onChange()
      }
    }
    return { close, [Symbol.dispose]: close }
  }

  /** For the node's record, sorted. */
  names (): string[] {
    return [...this.#methods.keys()].filter(name => !isBuiltIn(name)).sort()
  }

  /** In the order in which they came. */
  values (): Iterable<Method> {
    return this.#methods.values()
  }

  all (): Method[] {
    return [...this.#methods.values()].sort((a, b) => a.name < b.name ? -1 : 1)
  }

  stats (): Record<string, MethodStats> {
    const stats: Record<string, MethodStats> = {}
    for (const { name, calls, errors, running, gate, lastError, times } of this.#methods.values()) {
      stats[name] = {
        calls,
        errors,
        running,
        waiting: gate?.waiting ?? 0,
        ...(lastError !== undefined && { lastError }),
        ...(times.count > 0 && { p50: times.quantile(0.5), p99: times.quantile(0.99) })
      }
    }
    return stats
  }

  #resolve (name: string): Method | undefined {
    const best = newestCompatible(name, this.#methods.keys())
    const method = best === undefined ? undefined : this.#methods.get(best)
    if (method !== undefined) {
      if (this.#resolved.size >= MAX_RESOLVED) {
        this.#resolved.clear()
      }
      this.#resolved.set(name, method)
    }
    return method
  }
}
