import { checkName } from '../wire/names.ts'
import type { HandleOptions, Handler, MethodStats, Registration } from './index.ts'

/** Methods of every node; they are not listed in its record. */
export const BUILT_IN = 'braid.'

/** A served method with its counters. */
export class Method {
  readonly name: string
  readonly handler: Handler
  readonly input: HandleOptions['input']
  readonly output: HandleOptions['output']
  calls = 0
  errors = 0
  running = 0

  constructor (name: string, handler: Handler, options: HandleOptions) {
    this.name = name
    this.handler = handler
    this.input = options.input
    this.output = options.output
  }
}

/** What this node serves. */
export class Methods {
  readonly #methods = new Map<string, Method>()
  readonly #onChange: () => void

  constructor (onChange: () => void) {
    this.#onChange = onChange
  }

  get (name: string): Method | undefined {
    return this.#methods.get(name)
  }

  add (name: string, handler: Handler, options: HandleOptions): Registration {
    checkName('method', name)
    if (typeof handler !== 'function') {
      throw new TypeError(`the handler of '${name}' must be a function`)
    }
    if (this.#methods.has(name)) {
      throw new Error(`the method '${name}' is served already: close its registration first`)
    }
    const method = new Method(name, handler, options)
    this.#methods.set(name, method)
    try {
      this.#onChange()
    } catch (err) {
      this.#methods.delete(name)
      throw err
    }
    const close = (): void => {
      if (this.#methods.get(name) === method) {
        this.#methods.delete(name)
        this.#onChange()
      }
    }
    return { close, [Symbol.dispose]: close }
  }

  /** For the node's record, sorted. */
  names (): string[] {
    return [...this.#methods.keys()].filter(name => !name.startsWith(BUILT_IN)).sort()
  }

  stats (): Record<string, MethodStats> {
    const stats: Record<string, MethodStats> = {}
    for (const { name, calls, errors, running } of this.#methods.values()) {
      stats[name] = { calls, errors, running }
    }
    return stats
  }
}
