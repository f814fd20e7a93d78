/** Commands that do something: call, publish, subscribe. */
import { parseJson, wordsOf } from './arguments.ts'
import { nodeOption } from './ask.ts'
import { DONE, FAILED, UsageError } from './exit.ts'
import { failure, json, printable, quoted } from './output.ts'
import { unknownMethod, unknownService } from './services.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { Channel, Message, PublishOptions, SubscribeOptions } from '../pubsub/index.ts'
import type { Terminal } from './command.ts'
import type { MeshCommand } from './join.ts'
import type { Line } from './options.ts'

interface Failure { code?: string, message: string, details?: unknown }

function tellFailure (mesh: Mesh, line: Line, terminal: Terminal, error: Failure): void {
  const { code, message, details } = error
  if (line.json) {
    terminal.err(failure(error))
    return
  }
  const [service = '', method = ''] = line.words
  const hint = code === 'UNIMPLEMENTED'
    ? unknownMethod(mesh, service, method, message)
    : code === 'UNAVAILABLE' && mesh.discovery.nodes(service).length === 0 ? `\n${unknownService(mesh, service)}` : ''
  terminal.err(`${code ?? 'error'}: ${quoted(message)}${hint}`)
  if (details !== undefined) terminal.err(json(details, 2))
}

interface CallOptions { timeout: number, signal: AbortSignal, token?: string, node?: string }

async function callOptions (mesh: Mesh, line: Line, signal: AbortSignal): Promise<CallOptions> {
  const token = line.text('token')
  const node = await nodeOption(mesh, line, signal)
  return { timeout: line.timeout, signal, ...(token != null ? { token } : {}), ...(node != null ? { node } : {}) }
}

async function callStream (mesh: Mesh, line: Line, terminal: Terminal, args: unknown, { timeout: _, ...options }: CallOptions): Promise<void> {
  const [service = '', method = ''] = line.words
  for await (const item of mesh.rpc.stream(service, method, 'serverStream', args, options)) terminal.out(json(item))
}

export const call: MeshCommand = {
  name: 'call',
  words: '<service> <method> [json]',
  complete: ['service', 'method'],
  summary: 'call a method, with arguments as JSON',
  details: 'Bytes are { "$bytes": "<base64>" }. What went wrong is told on stderr, with the code of the error; exit code 1.',
  options: {
    token: { type: 'text', value: '<token>', help: 'the same token reaches the same node' },
    node: { type: 'text', value: '<node>', help: 'this node and no other: by id, the end of it, or name' },
    stream: { type: 'flag', help: 'print each result of a streaming method on a line, until it ends or Ctrl-C' }
  },
  examples: ['braid-mesh call login user.password \'{"name":"ada"}\'', 'braid-mesh call login user.watch --stream'],
  settle: false,
  use: async (mesh, line, terminal) => {
    const [service = '', method = '', text] = wordsOf(line.words, 'call <service> <method> [json]', 2, 3)
    const args = parseJson(text, 'the arguments')
    const options = await callOptions(mesh, line, terminal.signal)
    try {
      if (line.flag('stream')) {
        await callStream(mesh, line, terminal, args, options)
        return DONE
      }
      terminal.progress(`calling ${service} ${method} …`)
      const result = await mesh.rpc.invoke(service, method, args, options)
      terminal.out(json(result, line.json ? undefined : 2))
      return DONE
    } catch (error) {
      if (terminal.signal.aborted) {
        if (line.flag('stream')) return DONE
        throw error
      }
      tellFailure(mesh, line, terminal, error as Failure)
      return FAILED
    } finally {
      terminal.progress()
    }
  }
}

const REACHED = ['sent', 'outbox', 'stored', 'handled'] as const

export const publish: MeshCommand = {
  name: 'publish',
  reachable: true,
  words: '<topic> <json>',
  complete: ['topic'],
  summary: 'publish a message, and say how far it came',
  details: 'Exit code 1 when it did not come as far as --confirm says.',
  options: {
    key: { type: 'text', value: '<key>', help: 'messages of a key are handled in order, by one consumer of each channel' },
    ttl: { type: 'number', value: '<ms>', help: 'drop it when it was not handled by then' },
    confirm: { type: 'text', value: '<reached>', choices: REACHED, help: 'wait for: sent, outbox, stored or handled (default stored)' }
  },
  examples: ['braid-mesh publish orders \'{"item":"book"}\' --confirm handled'],
  use: async (mesh, line, { out, err, signal, progress }) => {
    const [topic = '', text] = wordsOf(line.words, 'publish <topic> <json>', 2)
    const body = parseJson(text, 'the body')
    const key = line.text('key')
    const ttl = line.number('ttl')
    // This node ends with the command: what only it has would be gone with it.
    const confirm = (line.text('confirm') ?? 'stored') as NonNullable<PublishOptions['confirm']>
    const patience = AbortSignal.timeout(line.timeout)
    progress(`waiting until it is ${confirm} …`)
    try {
      const receipt = await mesh.pubsub.topic(topic).publish(body, {
        confirm,
        signal: AbortSignal.any([signal, patience]),
        ...(key != null ? { key } : {}),
        ...(ttl != null ? { ttl } : {})
      })
      const { id, reached, storedBy, channels } = receipt
      const missed = line.text('confirm') != null && REACHED.indexOf(reached) < REACHED.indexOf(confirm)
      if (missed && !line.json) err(`it is ${reached}, not ${confirm}${confirm === 'stored' ? ': that takes two nodes that keep messages for others, as relays do' : ''}`)
      out(line.json ? json(receipt) : `${reached}: ${id}; channels: ${channels.join(', ') || 'none'}${storedBy.length > 0 ? `; kept by ${storedBy.map(id => printable(mesh.discovery.node(id)?.name ?? id)).join(', ')}` : ''}`)
      return missed ? FAILED : DONE
    } catch (error) {
      if (!patience.aborted || signal.aborted) throw error
      throw new Error(`it was published, but not ${confirm} within ${line.timeout} ms: wait longer with --timeout, or for less with --confirm`)
    } finally {
      progress()
    }
  }
}

/** Messages that may be on their way to this consumer. */
const PREFETCH = 1_000

/** `latest`, `beginning`, or a time that begins with its date: Date takes `-60000` for a year. @throws UsageError */
function startOf (text: string): NonNullable<SubscribeOptions['from']> {
  if (text === 'latest' || text === 'beginning') return text
  const time = new Date(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time.getTime())) throw new UsageError(`--from: expected latest, beginning or a time as 2026-11-27T12:00:00Z, got '${text}'`)
  return time
}

/** What is under way: it ends by itself after `--count` messages. */
export interface Following {
  /** Resolves when no more is printed. */
  readonly ended: Promise<void>
  close: () => Promise<void>
}

/** Prints each message of a channel and acks it; what is not printed goes back to the others of the channel. */
export async function follow (mesh: Mesh, line: Line, { out, err, signal }: Terminal): Promise<Following> {
  const [topic = '', name = `cli-${mesh.id.slice(-8).toLowerCase()}`] = line.words
  const from = startOf(line.text('from') ?? 'latest')
  // A channel of one's own ends with it; one that is shared keeps its place if anybody wants that.
  const durable = line.words[1] != null && line.flag('durable')
  const count = line.number('count') ?? Infinity
  const channel = await mesh.pubsub.topic(topic).subscribe(name, {
    from,
    durable,
    signal: AbortSignal.any([signal, AbortSignal.timeout(line.timeout)]),
    // Others may have what this one will not print.
    prefetch: Math.min(count, PREFETCH)
  })
  if (channel.unreached.length > 0 && line.json) err(json({ unreached: channel.unreached.map(({ id, name }) => ({ id, name })) }))
  else for (const { name } of channel.unreached) err(`${printable(name)} could not be told yet; its messages come later`)
  return { ended: print(channel, count, line.json, out, signal), close: async () => channel.close() }
}

async function print (channel: Channel, count: number, asJson: boolean, out: Terminal['out'], signal: AbortSignal): Promise<void> {
  let left = count
  for await (const message of channel) {
    // Not acked: the end of the channel gives it back.
    if (signal.aborted) return
    out(shownMessage(message, asJson))
    // That nobody reads any more is told by then, as in `… | head`: what was printed to nobody is not done.
    await new Promise(resolve => setImmediate(resolve))
    if (signal.aborted) return
    await message.ack()
    if (--left <= 0) return
  }
}

function shownMessage ({ id, topic, channel, body, headers, key, attempt, publishedAt, publisher }: Message, asJson: boolean): string {
  if (asJson) return json({ id, topic, channel, body, headers, key, attempt, publishedAt, publisher })
  return `${new Date(publishedAt).toISOString()} ${topic}${key != null ? ` key=${key}` : ''}${attempt > 1 ? ` attempt=${attempt}` : ''} ${json(body)}`
}

export const subscribe: MeshCommand = {
  name: 'subscribe',
  reachable: true,
  words: '<topic> [channel]',
  complete: ['topic', 'channel'],
  summary: 'print the messages of a topic as they come, until Ctrl-C',
  details: 'Without a channel it gets every message. With one it shares the messages with the other consumers of that channel, and acks those it prints.\nWhat was published just before it may come, too: of a publisher that has gone, latest may begin 5 s earlier, as only clocks tell.',
  options: {
    from: { type: 'text', value: '<start>', check: startOf, help: 'latest, beginning, or a time as 2026-11-27T12:00:00Z (default latest)' },
    durable: { type: 'flag', help: 'the channel outlives its last consumer' },
    count: { type: 'number', value: '<n>', help: 'end after so many messages' }
  },
  examples: ['braid-mesh subscribe orders --from beginning', 'braid-mesh subscribe \'orders.*\' billing --json'],
  use: async (mesh, line, terminal) => {
    wordsOf(line.words, 'subscribe <topic> [channel]', 1, 2)
    const { signal, err } = terminal
    const following = await follow(mesh, line, terminal)
    err(line.json ? json({ subscribed: line.words[0] }) : `subscribed to ${line.words[0]}; Ctrl-C ends it`)
    const told = new Promise<void>(resolve => {
      signal.addEventListener('abort', () => { resolve() }, { once: true })
      if (signal.aborted) resolve()
    })
    await Promise.race([following.ended, told])
    await following.close()
    return DONE
  }
}
