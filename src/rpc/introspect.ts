/** What every node tells about itself: the methods `braid.…`. */
import type { HandleOptions, Handler, HealthStatus, NodeStats } from './index.ts'
import type { Method, Methods } from './methods.ts'
import type { CallKind } from './stream-types.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

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

/** Schemas that are nested deeper are left out: a body may be 16 deep. */
const MAX_DEPTH = 10

export function describe (methods: Methods): MethodDescription[] {
  return methods.all().map(describeMethod)
}

function describeMethod ({ name, kind, about }: Method): MethodDescription {
  const { idempotent = false, description } = about
  const input = jsonSchema(about.input, 'input')
  const output = jsonSchema(about.output, 'output')
  return {
    name,
    kind,
    idempotent,
    ...(description !== undefined && { description }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output })
  }
}

/** Standard JSON Schema (zod 4.2), or the validator's own `toJsonSchema` (arktype). */
function jsonSchema (schema: StandardSchemaV1 | undefined, side: 'input' | 'output'): unknown {
  const standard = schema?.['~standard'] as undefined | { jsonSchema?: Record<'input' | 'output', (options: object) => unknown> }
  const own = schema as undefined | { toJsonSchema?: () => unknown }
  try {
    const made = standard?.jsonSchema !== undefined
      ? standard.jsonSchema[side]({ target: 'draft-2020-12' })
      : own?.toJsonSchema?.()
    const plain: unknown = made === undefined ? undefined : JSON.parse(JSON.stringify(made))
    return depth(plain) > MAX_DEPTH ? undefined : plain
  } catch {
    // there are schemas that JSON Schema has no words for
    return undefined
  }
}

function depth (value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
}

/** Whether this node takes calls, and who wants to know when that changes. */
export class Health {
  #status: HealthStatus = 'SERVING'
  #changed = Promise.withResolvers<void>()

  get status (): HealthStatus {
    return this.#status
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
  about (): Omit<Description, 'methods' | 'health'>
  stats (): Omit<NodeStats, 'methods'>
  handle (method: string, handler: Handler, options?: HandleOptions): unknown
  handleStream (method: string, kind: 'serverStream', handler: Handler): unknown
}

/** Serve them. */
export function introspection (node: Introspected): void {
  node.handle('braid.ping', (args: unknown) => args ?? 'pong')
  node.handle('braid.describe', (): Description => ({ ...node.about(), health: node.health.status, methods: describe(node.methods) }))
  node.handle('braid.stats', (): NodeStats => ({ ...node.stats(), methods: node.methods.stats() }))
  node.handle('braid.health', () => node.health.status)
  node.handleStream('braid.health.watch', 'serverStream', (_, { signal }) => node.health.watch(signal))
}
