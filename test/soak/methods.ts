/** The methods that each process of the soak serves beside those of `harness/node-methods.ts`; each run is told to the parent. */
import { wallClock } from '../harness/ipc.ts'
import type { Emit } from '../harness/child.ts'
import type { FencingToken, HandlerContext, Mesh } from '../../src/index.ts'

/** Arguments of `work`. */
export interface Work {
  /** Of the call, unique in the run. */
  readonly id: string
  /** Milliseconds that it takes. */
  readonly ms: number
  /** The token, in clear, if the call has one. */
  readonly token?: string
  /** Call `work` of this service, too, under {@link id} with a stroke. */
  readonly then?: string
  /** Makes the call large. */
  readonly pad?: Uint8Array
}

/** A run of `work` began. */
export interface Ran {
  readonly id: string
  readonly token: string | undefined
  /** The calling service: links are its own. */
  readonly parent: string
  readonly rank: string | undefined
  readonly at: number
}

/** A leader wrote to the checked resource of a node. */
export interface Append {
  readonly resource: string
  readonly token: FencingToken
  readonly at: number
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
  signal.throwIfAborted()
}

export function serveWork (mesh: Mesh, emit: Emit): void {
  const work = async ({ id, ms, token, then }: Work, ctx: HandlerContext): Promise<string> => {
    const ran: Ran = { id, token, parent: ctx.caller.service ?? '', rank: ctx.link?.rank, at: wallClock() }
    emit('ran', ran)
    try {
      await pause(ms, ctx.signal)
      // it inherits the token
      if (then !== undefined) await ctx.invoke(then, 'work', { id: `${id}'`, ms, ...token === undefined ? {} : { token } } satisfies Work)
    } finally {
      if (token !== undefined) emit('ran:end', { id, at: wallClock() })
    }
    return mesh.id
  }
  mesh.rpc.handle('work', work)
  mesh.rpc.handle('append', async ({ resource, token }: { resource: string, token: FencingToken }) => {
    await mesh.election.fence.check(resource, token)
    emit('append', { resource, token, at: wallClock() } satisfies Append)
  })
  mesh.rpc.handleStream('ticks', 'serverStream', async function * ({ count, ms }: { count: number, ms: number }, ctx) {
    for (let n = 0; n < count; n++) {
      yield n
      await pause(ms, ctx.signal)
    }
  })
}
