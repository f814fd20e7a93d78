import { TypedEventEmitter } from 'main-event'
import type { EventHandler } from 'main-event'

/**
 * A target whose listeners cannot harm anybody else by throwing: Node would end the process. What they throw is given
 * to `onError`.
 */
export class SafeEmitter<EventMap extends Record<string, any>> extends TypedEventEmitter<EventMap> {
  readonly #guards = new WeakMap<EventHandler<any>, EventHandler<any>>()
  readonly #onError: (error: unknown) => void

  constructor (onError: (error: unknown) => void) {
    super()
    this.#onError = onError
  }

  override addEventListener<K extends keyof EventMap> (type: K, listener: EventHandler<EventMap[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener == null ? null : this.#guard(listener), options)
  }

  override removeEventListener (type: any, listener?: EventHandler<any> | null, options?: boolean | EventListenerOptions): void {
    super.removeEventListener(type, listener == null ? undefined : this.#guard(listener), options)
  }

  #guard (listener: EventHandler<any>): EventHandler<any> {
    let guard = this.#guards.get(listener)
    if (guard == null) {
      guard = event => {
        try {
          const result: unknown = typeof listener === 'function' ? listener(event) : listener.handleEvent(event)
          if (result instanceof Promise) result.catch(this.#onError)
        } catch (error) {
          this.#onError(error)
        }
      }
      this.#guards.set(listener, guard)
      // what takes listeners away that have heard once, or whose signal has come, knows the guard only
      this.#guards.set(guard, guard)
    }
    return guard
  }
}
