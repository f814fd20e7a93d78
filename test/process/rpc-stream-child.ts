/** A streaming method of a node process beside those of node-methods.ts, and commands that make streaming calls. */
import type { HandlerContext, Mesh } from '../../src/index.ts'
import type { Command, Emit } from '../harness/child.ts'

/** What came of a streaming call. */
export interface Outcome {
  /** Results that came, each the one after the last. */
  readonly inOrder: number
  /** A result that was lost, or came twice. */
  readonly disorder: string | undefined
  readonly end: 'end' | { readonly name: string, readonly code: string | undefined, readonly retryable: boolean | undefined }
}

async function outcome (results: AsyncIterable<unknown>, onItem: (n: number) => void = () => {}): Promise<Outcome> {
  let next = 0
  let disorder: string | undefined
  try {
    for await (const value of results) {
      if (value !== next) disorder ??= `${String(value)} instead of ${next}`
      next++
      onItem(next)
    }
    return { inOrder: next, disorder, end: 'end' }
  } catch (error) {
    const { name, code, retryable } = error as { name: string, code?: string, retryable?: boolean }
    return { inOrder: next, disorder, end: { name, code, retryable } }
  }
}

function * numbers (count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}

export function commands (mesh: Mesh, emit: Emit): Record<string, Command> {
  const { rpc } = mesh
  const runs = new Map<string, number>()
  const enough = new AbortController()
  rpc.handleStream('ticks', 'serverStream', async function * ({ ms, key }: { ms: number, key?: string }, ctx: HandlerContext) {
    emit('ticks:start', key)
    try {
      for (let n = 0; ; n++) {
        ctx.signal.throwIfAborted()
        yield n
        await new Promise(resolve => { setTimeout(resolve, ms) })
      }
    } finally {
      emit('ticks:end', key)
    }
  })
  rpc.handle('once', (key: string) => {
    runs.set(key, (runs.get(key) ?? 0) + 1)
    return key
  })
  return {
    ticks: async (key: string, ms: number) => outcome(rpc.stream('flow', 'ticks', 'serverStream', { ms, key }), n => { if (n === 5) emit('five', key) }),
    mirror: async (count: number, timeout: number) => outcome(rpc.stream('flow', 'mirror', 'bidi', numbers(count), { timeout })),
    /** Until `loadOff`: streams and calls, as many as will go. Answers what came of them, and tells of streams that begin and that end well. */
    load: async (prefix: string) => {
      const outcomes: Outcome[] = []
      const answered: string[] = []
      const failed: string[] = []
      const streams = async (): Promise<void> => {
        while (!enough.signal.aborted) {
          const results = rpc.stream('flow', 'mirror', 'bidi', numbers(2_000), { timeout: 10_000 })
          const came = await outcome(results, n => { if (n === 1) emit('begun', undefined) })
          outcomes.push(came)
          if (came.end === 'end') emit('ended', undefined)
        }
      }
      const calls = async (worker: number): Promise<void> => {
        for (let n = 0; !enough.signal.aborted; n++) {
          const key = `${prefix}-${worker}-${n}`
          await rpc.invoke('flow', 'once', key, { timeout: 10_000 }).then(
            answer => { if (answer === key) answered.push(key); else failed.push(`${key} got ${String(answer)}`) },
            ({ code }: { code: string }) => { failed.push(code) })
        }
      }
      await Promise.all([streams(), streams(), ...[0, 1, 2, 3].map(calls)])
      return { outcomes, answered, failed }
    },
    loadOff: () => { enough.abort() },
    /** How often each key was run here. */
    runs: () => [...runs],
    /** Many calls that are cancelled, or run out of time, at about the moment that they would end by themselves. */
    races: async (count: number) => {
      const ends: string[] = []
      await Promise.all([...numbers(count)].map(async n => {
        const ms = n % 40
        const options = n % 3 === 0 ? { timeout: ms + 1 } : n % 3 === 1 ? { signal: AbortSignal.timeout(ms) } : {}
        const results = rpc.stream('flow', 'mirror', 'bidi', numbers(n % 7 === 0 ? 5_000 : 20), options)
        if (n % 3 === 2) {
          for (let i = 0; i < n % 25; i++) if ((await results.next()).done === true) break
          await results.return()
          ends.push('left')
        } else {
          const { end, disorder } = await outcome(results)
          ends.push(disorder ?? (end === 'end' ? end : end.code ?? end.name))
        }
      }))
      return ends
    }
  }
}
