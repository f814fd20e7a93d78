/** `bench`: how many calls or messages a second, and how long each takes. */
import { RpcError } from '../errors.ts'
import { Histogram } from '../util/histogram.core.ts'
import { parseJson, wordsOf } from './arguments.ts'
import { nodeOption } from './ask.ts'
import { DONE, FAILED, UsageError } from './exit.ts'
import { columns, json, ms, quoted } from './output.ts'
import { unknownService } from './services.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { PublishOptions } from '../pubsub/index.ts'
import type { Terminal } from './command.ts'
import type { MeshCommand } from './join.ts'
import type { Line } from './options.ts'

/** Milliseconds between two lines of progress. */
const TELL = 250
/** Milliseconds that are not counted: connections open, code is compiled. */
const WARM_UP = 300

interface Load {
  /** One call or message; resolves to who answered. */
  once: (signal: AbortSignal) => Promise<string | undefined>
  concurrency: number
  /** Milliseconds, or a number of calls. */
  duration: number
  calls: number | undefined
}

interface Result {
  count: number
  /** Milliseconds that it took. */
  time: number
  rate: number
  errors: Record<string, number>
  /** Milliseconds; of a histogram, so 7 % off at most. */
  latency: { p50: number, p90: number, p99: number, max: number }
  nodes: Record<string, number>
  /** One of what went wrong. */
  example?: string
}

class Measure {
  readonly histogram = new Histogram()
  readonly errors: Record<string, number> = {}
  readonly nodes: Record<string, number> = {}
  example: string | undefined
  failures = 0
  max = 0

  ok (time: number, node: string | undefined): void {
    this.histogram.add(time)
    this.max = Math.max(this.max, time)
    if (node != null) this.nodes[node] = (this.nodes[node] ?? 0) + 1
  }

  failed (error: unknown): void {
    const { code, name, message } = error as { code?: string, name: string, message: string }
    const key = code ?? name
    this.failures++
    this.errors[key] = (this.errors[key] ?? 0) + 1
    this.example ??= message
  }

  result (time: number): Result {
    const { count } = this.histogram
    const quantile = (q: number): number => Math.min(this.max, this.histogram.quantile(q))
    return {
      count,
      time,
      rate: count / time * 1_000,
      errors: this.errors,
      latency: { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), max: this.max },
      nodes: this.nodes,
      ...(this.example != null ? { example: this.example } : {})
    }
  }
}

/** Milliseconds that a worker waits after a failure: what refuses at once would only be asked in vain, a million times. */
const AFTER_FAILURE = 20

async function work (load: Load, measure: Measure, more: () => boolean, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: load.concurrency }, async () => {
    while (!signal.aborted && more()) {
      const begin = performance.now()
      try {
        const node = await load.once(signal)
        measure.ok(performance.now() - begin, node)
      } catch (error) {
        if (signal.aborted) return
        measure.failed(error)
        await new Promise(resolve => setTimeout(resolve, AFTER_FAILURE))
      }
    }
  }))
}

/** Until the time is over, so many calls are made, or Ctrl-C: what was measured by then counts. */
async function measured (load: Load, { signal, progress }: Terminal): Promise<Result> {
  const warm = performance.now() + WARM_UP
  if (load.calls == null) await work(load, new Measure(), () => performance.now() < warm, signal)
  const measure = new Measure()
  const begin = performance.now()
  let left = load.calls ?? Infinity
  const telling = setInterval(() => {
    const time = performance.now() - begin
    const part = load.calls == null ? time / load.duration : (measure.histogram.count + measure.failures) / load.calls
    progress(`${Math.min(100, Math.round(part * 100))} %  ${Math.round(measure.histogram.count / time * 1_000)}/s`)
  }, TELL)
  try {
    await work(load, measure, () => left-- > 0 && (load.calls != null || performance.now() - begin < load.duration), signal)
  } finally {
    clearInterval(telling)
    progress()
  }
  return measure.result(performance.now() - begin)
}

function shown (mesh: Mesh, what: string, { count, time, rate, errors, latency, nodes, example }: Result): string {
  const failed = Object.values(errors).reduce((sum, times) => sum + times, 0)
  const lines = [
    `${count} ${what} in ${(time / 1_000).toFixed(2)} s: ${rate.toFixed(rate < 100 ? 1 : 0)}/s, ${failed} failed`,
    `ms  p50 ${ms(latency.p50)}  p90 ${ms(latency.p90)}  p99 ${ms(latency.p99)}  max ${ms(latency.max)}`
  ]
  const by = Object.entries(nodes).sort(([, a], [, b]) => b - a)
  if (by.length > 0) lines.push('', columns(['NODE', 'ID', 'CALLS'], by.map(([id, calls]) => [mesh.discovery.node(id)?.name ?? '-', id, String(calls)]), new Set(['CALLS'])))
  if (failed > 0) lines.push('', columns(['ERROR', 'TIMES'], Object.entries(errors).map(([code, times]) => [code, String(times)]), new Set(['TIMES'])), `as: ${quoted(example ?? '')}`)
  return lines.join('\n')
}

async function calling (mesh: Mesh, line: Line, signal: AbortSignal): Promise<Load['once']> {
  const [service = '', method = '', text] = wordsOf(line.words, 'bench <service> <method> [json]', 2, 3)
  const args = parseJson(text, 'the arguments')
  const token = line.text('token')
  const node = await nodeOption(mesh, line, signal)
  const { timeout } = line
  return async signal => {
    let answered: string | undefined
    await mesh.rpc.invoke(service, method, args, {
      timeout,
      signal,
      onNode: id => { answered = id },
      ...(token != null ? { token } : {}),
      ...(node != null ? { node } : {})
    })
    return answered
  }
}

/** Each within `--timeout`: what is to be `handled` may wait for a consumer for an hour. */
function publishing (mesh: Mesh, line: Line): Load['once'] {
  const [name = '', text = '{"braid-mesh":"bench"}'] = wordsOf(line.words, 'bench --publish <topic> [json]', 1, 2)
  const body = parseJson(text, 'the body')
  const confirm = (line.text('confirm') ?? 'sent') as NonNullable<PublishOptions['confirm']>
  const topic = mesh.pubsub.topic(name)
  const { timeout } = line
  return async signal => {
    const patience = AbortSignal.timeout(timeout)
    await topic.publish(body, { confirm, signal: AbortSignal.any([signal, patience]) }).catch((error: unknown) => {
      throw patience.aborted && !signal.aborted ? new RpcError('DEADLINE_EXCEEDED', `not ${confirm} within ${timeout} ms`) : error
    })
    return undefined
  }
}

export const bench: MeshCommand = {
  name: 'bench',
  reachable: true,
  words: '<service> <method> [json] | --publish <topic> [json]',
  complete: ['service', 'method'],
  summary: 'how many calls or messages a second, and how long each takes',
  details: `It loads the nodes it measures: a method that only answers, such as braid.ping, tells what the mesh costs by itself.
Messages are real: every channel of the topic gets them. Exit code 1 when any call or message failed.`,
  options: {
    duration: { type: 'number', value: '<ms>', help: 'how long to measure (default 5000)' },
    calls: { type: 'number', value: '<n>', help: 'so many calls instead' },
    concurrency: { type: 'number', value: '<n>', max: 4_096, help: 'calls under way at a time (default 16)' },
    publish: { type: 'flag', help: 'publish to a topic' },
    confirm: { type: 'text', value: '<reached>', choices: ['sent', 'outbox', 'stored', 'handled'], help: '--publish: each takes until it is that (default sent)' },
    token: { type: 'text', value: '<token>', help: 'all calls with this token, so to one node' },
    node: { type: 'text', value: '<node>', help: 'this node and no other: by id, the end of it, or name' }
  },
  examples: ['braid-mesh bench login braid.ping --concurrency 64', "braid-mesh bench --publish orders '{\"item\":\"book\"}' --confirm handled"],
  use: async (mesh, line, terminal) => {
    const load: Load = {
      once: line.flag('publish') ? publishing(mesh, line) : await calling(mesh, line, terminal.signal),
      concurrency: line.number('concurrency') ?? 16,
      duration: line.number('duration') ?? 5_000,
      calls: line.number('calls')
    }
    const [service = ''] = line.words
    if (!line.flag('publish') && mesh.discovery.nodes(service).length === 0) throw new UsageError(unknownService(mesh, service))
    const result = await measured(load, terminal)
    terminal.out(line.json ? json(result) : shown(mesh, line.flag('publish') ? 'messages' : 'calls', result))
    return result.count > 0 && Object.keys(result.errors).length === 0 ? DONE : FAILED
  }
}
