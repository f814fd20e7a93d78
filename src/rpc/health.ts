import type { HealthStatus } from './index.ts'

/** Whether this node takes calls, and who wants to know when that changes. */
export class Health {
  #status: HealthStatus = 'SERVING'
  #changed = Promise.withResolvers<void>()
  /** The code that serves calls could not be loaded. */
  unserved = false

  /** Resolves with the next change. */
  get changed (): Promise<void> {
    return this.#changed.promise
  }

  get status (): HealthStatus {
    return this.#status
  }

  /** What the node's record is to say. */
  get state (): 'up' | 'draining' {
    return this.#status === 'SERVING' && !this.unserved ? 'up' : 'draining'
  }

  /** Returns false when nothing changes: what drains does so for good. */
  set (status: HealthStatus): boolean {
    if (status === this.#status || this.#status === 'DRAINING') {
      return false
    }
    this.#status = status
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
    return true
  }

  /** The node begins, or begins anew: what the application has said of it before its first start still holds. */
  reset (): void {
    if (this.#status === 'DRAINING') {
      this.#status = 'SERVING'
    }
  }
}
