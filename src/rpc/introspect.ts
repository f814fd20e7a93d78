/** What every node tells about itself: the methods `braid.…`. */
import type { HandleOptions, Handler, HealthStatus, NodeStats } from './index.ts'
import type { Methods } from './methods.ts'
import type { CallKind } from './stream-types.ts'

/** A method as `braid.describe` tells it. */
export interface MethodDescription {
  name: string
  kind: CallKind
  idempotent: boolean
  description?: string
  /** JSON Schema (2020-12) of the arguments, or of one item; where the validator can tell. */
  input?: unknown
  output?: unknown
}

/** What a node serves: the answer to `braid.describe`. */
export interface Description {
  id: string
  service: string | undefined
  health: HealthStatus
  methods: MethodDescription[]
}

/** Whether this node takes calls, and who wants to know when that changes. */
export class Health {
  #status: HealthStatus = 'SERVING'
  #changed = Promise.withResolvers<void>()
  /** The code that serves calls could not be loaded. */
  unserved = false

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

  /** The status of now, and each one after it. */
  async * watch (signal: AbortSignal): AsyncGenerator<HealthStatus, void, undefined> {
    const ended = new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
    let told: HealthStatus | undefined
    while (!signal.aborted) {
      const changed = this.#changed.promise
      if (told !== this.#status) {
        told = this.#status
        yield told
        if (told === 'DRAINING') {
          // nothing comes after it, and who drains waits for what runs
          return
        }
      } else {
        await Promise.race([changed, ended])
      }
    }
  }
}

export interface Introspected {
  readonly methods: Methods
  readonly health: Health
  about (): Omit<Description, 'health'>
  stats (): Omit<NodeStats, 'methods'>
  handle (method: string, handler: Handler, options?: HandleOptions): unknown
  handleStream (method: string, kind: 'serverStream', handler: Handler): unknown
}

/** Serve them. */
export function introspection (node: Introspected): void {
  node.handle('braid.ping', (args: unknown) => args ?? 'pong')
  node.handle('braid.describe', (): Description => ({ ...node.about(), health: node.health.status }))
  node.handle('braid.stats', (): NodeStats => ({ ...node.stats(), methods: node.methods.stats() }))
  node.handle('braid.health', () => node.health.status)
  node.handleStream('braid.health.watch', 'serverStream', (_, { signal }) => node.health.watch(signal))
}
