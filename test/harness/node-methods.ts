/** The methods that every node process serves. */
import { RpcError } from '../../src/index.ts'
import type { ErrorCode, HandlerContext, Mesh } from '../../src/index.ts'

/** What `who` answers. */
export interface Who {
  readonly id: string
  readonly name: string
  readonly pid: number
  readonly token: string | undefined
  readonly caller: string
}

async function sleep (ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done (): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      if (signal.aborted) reject(signal.reason as Error)
      else resolve()
    }
  })
}

export function serveMethods (mesh: Mesh, emit: (event: string, detail: unknown) => void): void {
  const counts = new Map<string, number>()
  const who = (ctx: HandlerContext): Who => ({ id: mesh.id, name: mesh.self.name, pid: process.pid, token: ctx.token, caller: ctx.caller.id })

  mesh.rpc.handle('echo', (args: unknown) => args)
  mesh.rpc.handle('who', (_args, ctx) => who(ctx))
  /** Answers after `ms`. Tells the parent when it starts and how it ends, so that a second run does not stay unseen. */
  mesh.rpc.handle('slow', async ({ ms, key }: { ms: number, key?: string }, ctx) => {
    emit('slow:start', key)
    try {
      await sleep(ms, ctx.signal)
      emit('slow:done', key)
      return who(ctx)
    } catch (error) {
      emit('slow:abort', key)
      throw error
    }
  })
  mesh.rpc.handle('fail', ({ code, message, details, plain }: { code: ErrorCode, message: string, details?: unknown, plain?: boolean }) => {
    throw plain === true ? new Error(message) : new RpcError(code, message, { details })
  })
  /** How often this node was asked to count that key, this time included. */
  mesh.rpc.handle('count', ({ key }: { key: string }) => {
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return { count, id: mesh.id }
  })
  /** Calls on from within a handler. */
  mesh.rpc.handle('nested', async ({ service, method, args }: { service: string, method: string, args: unknown }, ctx) =>
    ({ via: mesh.id, answer: await ctx.invoke(service, method, args) }))
  mesh.rpc.handleStream('mirror', 'bidi', (input: AsyncIterable<unknown>) => input)
  mesh.rpc.handleStream('chunks', 'serverStream', function * ({ count, size }: { count: number, size: number }) {
    for (let n = 0; n < count; n++) yield new Uint8Array(size).fill(n)
  })
  /** Reads the first results of a streaming method elsewhere, and leaves it. */
  mesh.rpc.handle('collect', async ({ service, method, args, count }: { service: string, method: string, args: unknown, count: number }, ctx) => {
    const values: unknown[] = []
    for await (const value of ctx.stream(service, method, 'serverStream', args)) {
      if (values.push(value) === count) break
    }
    return values
  })
  mesh.rpc.handle('context', (_args, ctx) =>
    ({ remaining: ctx.remaining, metadata: { ...ctx.metadata }, headers: { ...ctx.headers }, caller: ctx.caller }))
}
