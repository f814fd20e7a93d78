/** Something for each method of each service, of a bounded number: names may come from anywhere. */

/** Methods that are told apart; those beyond share one. */
const MAX_METHODS = 1_024
/** What those beyond are called. */
export const OTHER = 'other'

export class PerMethod<T> {
  readonly #make: (service: string, method: string) => T
  readonly #entries = new Map<string, Map<string, T>>()
  #count = 0
  // calls come in runs
  #service = ''
  #method: string | undefined
  #last: T | undefined

  constructor (make: (service: string, method: string) => T) {
    this.#make = make
  }

  /** Two keys, as joining them would cost more than the rest. One that was found is found again. */
  get (service: string, method: string): T {
    return this.find(service, method) ?? this.#add(service, method)
  }

  /** The one that is there, and told apart. */
  find (service: string, method: string): T | undefined {
    if (this.#last === undefined || method !== this.#method || service !== this.#service) {
      this.#last = this.#entries.get(service)?.get(method)
      this.#service = service
      this.#method = method
    }
    return this.#last
  }

  /** In the order in which they came. */
  * entries (): Iterable<[service: string, method: string, entry: T]> {
    for (const [service, methods] of this.#entries) {
      for (const [method, entry] of methods) {
        yield [service, method, entry]
      }
    }
  }

  #add (service: string, method: string): T {
    if (this.#count >= MAX_METHODS) {
      [service, method] = ['', OTHER]
    }
    const methods = this.#entries.get(service) ?? new Map<string, T>()
    this.#entries.set(service, methods)
    let entry = methods.get(method)
    if (entry === undefined) {
      entry = this.#make(service, method)
      methods.set(method, entry)
      this.#count++
    }
    return entry
  }
}
