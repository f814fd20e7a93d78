/** Calls that a person makes, and what became of them. */
import { signal } from '@preact/signals'
import { onceAFrame } from '../lib/once-a-frame.ts'
import { explain, quantile, shorten, show } from '../lib/text.ts'
import { noteToken } from './links.ts'
import { log } from './log.ts'
import { pulse } from './pulses.ts'
import { mesh, nameOf } from './view.ts'
import type { TokenCall } from './links.ts'
import type { CallKind, InvokeOptions } from '../../../src/index.ts'

export interface CallInput {
  readonly service: string
  readonly method: string
  readonly kind: CallKind
  /** Of a method that takes a sequence: the list of its items. */
  readonly args: unknown
  /** Empty: none. */
  readonly token: string
  /** Peer id; empty: any. */
  readonly node: string
  /** Milliseconds. */
  readonly timeout: number
}

/** What a call has come to. */
export interface Answer {
  readonly input: CallInput
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** Peer id of who answered, or was asked last; empty: nobody was. */
  readonly node: string
  readonly ms: number
  readonly result?: unknown
  readonly error?: { readonly code: string, readonly message: string, readonly details?: unknown }
  /** Of a stream: what came as text, newest last; and how many there were in all. */
  readonly chunks: readonly string[]
  readonly received: number
}

/** What many calls have come to. */
export interface Series {
  readonly input: CallInput
  readonly total: number
  readonly times: readonly number[]
  readonly failed: ReadonlyArray<{ readonly code: string, readonly message: string }>
  /** Answers by peer id. */
  readonly shares: ReadonlyMap<string, number>
  readonly running: boolean
  readonly p50: number | undefined
  readonly p99: number | undefined
}

const HISTORY = 20
/** Items of a stream that are shown. */
const CHUNKS = 100
/** Characters of an item that are kept and shown. */
const MAX_TEXT = 1_000
/** Milliseconds; there may be no leader for a while, who has to decide. */
const TOKEN_TIMEOUT = 10_000

export const answer = signal<Answer | Series | undefined>(undefined)
export const busy = signal(false)
/** Calls and series that have ended. */
export const ended = signal(0)
/** Newest first. */
export const history = signal<readonly Answer[]>([])

let cancelling: AbortController | undefined

export function cancel (): void {
  cancelling?.abort(new Error('cancelled'))
}

function optionsOf ({ token, node, timeout }: CallInput, signal: AbortSignal, onNode: (id: string) => void): InvokeOptions {
  return {
    timeout, signal, onNode,
    ...token === '' ? {} : { token },
    ...node === '' ? {} : { node }
  }
}

async function * sequence (items: unknown): AsyncGenerator<unknown> {
  for (const item of Array.isArray(items) ? items as unknown[] : [items]) yield item
}

async function read (input: CallInput, options: InvokeOptions, onChunk: (chunk: unknown) => void): Promise<unknown> {
  const { service, method, kind, args } = input
  const rpc = mesh.peek()?.rpc
  if (rpc == null) throw new Error('this tab is in no mesh')
  if (kind === 'unary') return rpc.invoke(service, method, args, options)
  if (kind === 'clientStream') return rpc.stream(service, method, kind, sequence(args), options)
  for await (const chunk of rpc.stream(service, method, kind, kind === 'bidi' ? sequence(args) : args, options)) onChunk(chunk)
  return undefined
}

async function callOnce (input: CallInput, signal: AbortSignal, onProgress?: (soFar: () => Answer) => void): Promise<Answer> {
  const begin = performance.now()
  let node = input.node
  let received = 0
  const chunks: string[] = []
  const soFar = (state: Answer['state']): Answer => ({ input, state, node, ms: performance.now() - begin, chunks: [...chunks], received })
  const options = optionsOf(input, signal, id => {
    node = id
    pulse(id, 'out')
  })
  try {
    const result = await read(input, options, chunk => {
      received++
      chunks.push(shorten(show(chunk), MAX_TEXT))
      if (chunks.length > CHUNKS) chunks.shift()
      onProgress?.(() => soFar('running'))
    })
    if (input.token !== '') noteToken(input, node)
    return { ...soFar('done'), result }
  } catch (error) {
    const { node: asked } = error as { node?: string }
    node = asked ?? node
    const { details } = error as { details?: unknown }
    return { ...soFar(signal.aborted ? 'cancelled' : 'failed'), error: { ...explain(error), ...details == null ? {} : { details } } }
  }
}

/** What is told of a call later on: neither what came, which may be large, nor the details of an error. */
function briefly ({ result: _, error, ...answer }: Answer): Answer {
  return { ...answer, chunks: [], ...error == null ? {} : { error: { code: error.code, message: error.message } } }
}

function tellOf ({ input, state, node, error }: Answer): void {
  const who = node === '' ? 'nobody' : nameOf(node)
  log('rpc', `${input.service} ${input.method}: ${state === 'done' ? `answered by ${who}` : `${error?.code ?? state} (${who})`}`)
}

/** Call once; a stream shows what comes until it ends or is cancelled. */
export async function call (input: CallInput): Promise<void> {
  if (busy.peek()) return
  busy.value = true
  cancelling = new AbortController()
  answer.value = { input, state: 'running', node: '', ms: 0, chunks: [], received: 0 }
  let latest: (() => Answer) | undefined
  const draw = onceAFrame(() => { if (latest != null) answer.value = latest() })
  const outcome = await callOnce(input, cancelling.signal, soFar => {
    latest = soFar
    draw()
  })
  latest = undefined
  answer.value = outcome
  history.value = [briefly(outcome), ...history.peek().slice(0, HISTORY - 1)]
  tellOf(outcome)
  ended.value++
  busy.value = false
}

/** Call so many times, one after the other: how the calls spread, and how long they take. */
export async function callMany (input: CallInput, total: number): Promise<void> {
  if (busy.peek()) return
  busy.value = true
  cancelling = new AbortController()
  const { signal } = cancelling
  const outcomes: Answer[] = []
  const show = (running: boolean): void => {
    const good = outcomes.filter(({ state }) => state === 'done')
    const times = good.map(({ ms }) => ms)
    const shares = new Map<string, number>()
    for (const { node } of good) shares.set(node, (shares.get(node) ?? 0) + 1)
    answer.value = {
      input, total, times, shares, running,
      failed: outcomes.flatMap(({ error }) => error == null ? [] : [error]),
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99)
    }
  }
  show(true)
  while (outcomes.length < total && !signal.aborted) {
    outcomes.push(briefly(await callOnce(input, signal)))
    if (outcomes.length % 10 === 0) show(true)
  }
  show(false)
  log('rpc', `${input.service} ${input.method}: called ${outcomes.length} times`)
  ended.value++
  busy.value = false
}

/** Call once with each of these tokens, so that each gets a node, or says where its node is now. */
export async function callTokens (calls: readonly TokenCall[]): Promise<void> {
  const signal = AbortSignal.timeout(2 * TOKEN_TIMEOUT)
  await Promise.all(calls.map(async call => {
    const outcome = await callOnce({ ...call, node: '', timeout: TOKEN_TIMEOUT }, signal)
    if (outcome.state !== 'done') tellOf(outcome)
  }))
}
