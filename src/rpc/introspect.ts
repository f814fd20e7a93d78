/** What every node tells about itself: the methods `braid.…`. */
import { untilAborted } from '../util/abortable.ts'
import { OWN } from '../wire/names.ts'
import type { Health } from './health.ts'
import type { HealthStatus, Rpc } from './index.ts'
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

export interface Introspected {
  readonly rpc: Pick<Rpc, 'handle' | 'handleStream' | 'nodeStats'>
  readonly methods: Methods
  readonly health: Health
  readonly about: () => Omit<Description, 'health'>
}

/** Serve them, if they are not served since an earlier start. */
export function introspection ({ rpc, methods, health, about }: Introspected): void {
  if (methods.get('braid.ping') !== undefined) return
  rpc.handle('braid.ping', args => args ?? 'pong', OWN)
  rpc.handle('braid.describe', (): Description => ({ ...about(), health: health.status }), OWN)
  rpc.handle('braid.stats', () => rpc.nodeStats(), OWN)
  rpc.handle('braid.health', () => health.status, OWN)
  rpc.handleStream('braid.health.watch', 'serverStream', (_, { signal }) => watch(health, signal), OWN)
}

/** The status of now, and each one after it. */
async function * watch (health: Health, signal: AbortSignal): AsyncGenerator<HealthStatus, void, undefined> {
  let told: HealthStatus | undefined
  // nothing comes after DRAINING, and who drains waits for what runs
  while (!signal.aborted && told !== 'DRAINING') {
    const { changed, status } = health
    if (told === status) await untilAborted(changed, signal)
    else yield told = status
  }
}
