/**
 * How many messages a publisher brings to its channels, acked, how fast, and what faults cost: node processes on
 * loopback, beside raw signed gossipsub in the same run.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { wallClock } from '../test/harness/ipc.ts'
import { PubsubGroup } from '../test/harness/pubsub-group.ts'
import { until } from '../test/harness/until.ts'
import { LoadGroup, rawGossip } from './lib/pubsub-group.ts'
import { verdict } from './lib/figures.ts'
import type { LoadNode } from './lib/pubsub-group.ts'
import type { Seen } from './lib/pubsub-load.ts'

export interface PubsubBenchInit {
  /** Of each rate. @default 3 */
  rounds?: number
  /** Consumers that are killed, and publishers. @default 20 */
  kills?: number
  /** Seconds that a consumer is stopped. @default 60 */
  stopped?: number
  /** Of the run without faults. @default 1_000_000 */
  messages?: number
  /** Only those whose name contains it. */
  only?: string | undefined
}

interface Figure {
  name: string
  value: number
  all: number[]
  /** At least, or at most. */
  bar?: { least?: number, most?: number, count?: true }
}

type Values = Record<string, number>

interface Scenario {
  name: string
  run: (init: Required<Omit<PubsubBenchInit, 'only'>>) => Promise<Values>
  /** In each round, or once. */
  once?: boolean
}

/** Milliseconds of a load that is measured, after one that warms up. */
const MS = 4_000
const WARM_MS = 3_000
const TOPIC = 'load'

const BARS: Record<string, NonNullable<Figure['bar']>> = {
  'one channel, 3 consumers, in memory: messages/s': { least: 30_000 },
  'one channel, 3 consumers, fsynced outbox: messages/s': { least: 10_000 },
  '8 channels: acked deliveries/s': { least: 60_000 },
  'x raw signed gossipsub, 1 to 1': { least: 5 },
  '1000 messages/s: p99 of publish to handled, ms': { most: 25 },
  'consumer killed: redelivery, median, ms': { most: 700 },
  'consumer killed: redelivery, p99, ms': { most: 1_500 },
  'late joiner, backlog of 10 000: ms': { most: 5_000 },
  'late joiner: gaps': { most: 0, count: true },
  'late joiner: repeats': { most: 0, count: true },
  'publisher killed: repeats beyond those in flight, most': { most: 64, count: true },
  'poison message: p99 of the others, ratio': { most: 1.1 },
  'poison message: dead letters': { least: 1, most: 1, count: true },
  'consumer stopped: messages in the outbox': { most: 10_000, count: true },
  'consumer stopped: lost and not told': { most: 0, count: true },
  'no faults: repeats': { most: 0, count: true },
  'no faults: lost': { most: 0, count: true }
}

function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Handlings of each number, over some consumers of a channel. */
async function tally (consumers: readonly LoadNode[], channel: string, published: number, from = 0): Promise<{ lost: number, repeats: number }> {
  const all = await Promise.all(consumers.map(async node => node.times(channel)))
  let lost = 0
  let repeats = 0
  for (let n = from; n < from + published; n++) {
    const times = all.reduce((sum, counts) => sum + (counts[n] ?? 0), 0)
    if (times === 0) lost++
    else repeats += times - 1
  }
  return { lost, repeats }
}

async function cpuOf (nodes: readonly LoadNode[]): Promise<number[]> {
  return Promise.all(nodes.map(async node => node.cpu()))
}

/** Messages/s of one channel with three consumers in processes of their own, to the last ack. */
async function oneChannel (storage: boolean): Promise<{ rate: number, cpu: number[] }> {
  await using group = await LoadGroup.start(4, index => storage && index === 0 ? { storage: 'yes' } : {})
  const { publisher, nodes } = group
  await Promise.all(nodes.slice(1).map(async node => node.consume(TOPIC, 'billing')))
  await publisher.publish(TOPIC, { ms: WARM_MS })
  const before = await cpuOf(nodes)
  const { published, seconds } = await publisher.publish(TOPIC, { ms: MS })
  const cpu = (await cpuOf(nodes)).map((seconds, index) => (seconds - (before[index] ?? 0)) / published * 1e6)
  return { rate: published / seconds, cpu }
}

async function eightChannels (): Promise<Values> {
  await using group = await LoadGroup.start(9)
  const { publisher, nodes } = group
  await Promise.all(nodes.slice(1).map(async (node, index) => node.consume(TOPIC, `c${index}`)))
  await publisher.publish(TOPIC, { ms: WARM_MS })
  const before = await cpuOf(nodes)
  const { published, seconds } = await publisher.publish(TOPIC, { ms: MS })
  const cpu = (await cpuOf(nodes)).map((seconds, index) => (seconds - (before[index] ?? 0)) / published * 1e6)
  return {
    '8 channels: acked deliveries/s': published * 8 / seconds,
    '8 channels: CPU of the publisher, us a message': cpu[0] ?? 0,
    '8 channels: CPU of a consumer, us a message': quantile(cpu.slice(1), 0.5)
  }
}

/** 1 000 messages a second: milliseconds from publish to handler. */
async function latency (): Promise<Values> {
  await using group = await LoadGroup.start(4)
  const consumers = group.nodes.slice(1)
  await Promise.all(consumers.map(async node => node.consume(TOPIC, 'billing')))
  const seen = await atRate(group.publisher, consumers, 5_000)
  return {
    '1000 messages/s: p50 of publish to handled, ms': quantile(seen.map(({ p50 }) => p50), 0.5),
    '1000 messages/s: p99 of publish to handled, ms': Math.max(...seen.map(({ p99 }) => p99))
  }
}

async function atRate (publisher: LoadNode, consumers: readonly LoadNode[], ms: number): Promise<Seen[]> {
  await publisher.publish(TOPIC, { ms: 2_000, rate: 1_000 })
  await Promise.all(consumers.map(async node => node.seen('billing')))
  await publisher.publish(TOPIC, { ms, rate: 1_000 })
  return Promise.all(consumers.map(async node => node.seen('billing')))
}

/** From the kill of a consumer until what it held began elsewhere. */
async function killedConsumers ({ kills }: { kills: number }): Promise<Values> {
  await using group = await LoadGroup.start(3)
  const { publisher } = group
  const survivor = group.node(1)
  await survivor.consume(TOPIC, 'billing')
  const times: number[] = []
  for (let i = 0; i < kills; i++) {
    const victim = await group.add({}, 3 + i)
    await victim.consume(TOPIC, 'billing', { hang: true, concurrency: 16, prefetch: 16 })
    const before = (await survivor.again('billing')).length
    // until it holds what it can
    const load = publisher.publish(TOPIC, { count: 200, rate: 1_000 })
    await until(async () => await victim.total('billing') === 16, { what: 'the victim holds messages' })
    const at = wallClock()
    victim.process.kill('SIGKILL')
    await load
    const again = (await survivor.again('billing')).slice(before)
    times.push(...again.map(entry => entry.at - at))
    await until(async () => (await publisher.process.nodes()).every(({ id }) => id !== victim.process.id), { timeout: 30_000 })
  }
  return {
    'consumer killed: redelivered': times.length,
    'consumer killed: redelivery, median, ms': quantile(times, 0.5),
    'consumer killed: redelivery, p99, ms': quantile(times, 0.99)
  }
}

/** A consumer that begins at the beginning, of a topic that had none. */
async function lateJoiner (): Promise<Values> {
  await using group = await LoadGroup.start(4)
  const backlog = 10_000
  await group.publisher.publish(TOPIC, { count: backlog })
  const joiner = await group.add()
  const begin = performance.now()
  await joiner.consume(TOPIC, 'late', { from: 'beginning' })
  await until(async () => await joiner.total('late') >= backlog, { timeout: 60_000, what: 'the whole backlog' }).catch(() => {})
  const ms = performance.now() - begin
  const { lost, repeats } = await tally([joiner], 'late', backlog)
  return { 'late joiner, backlog of 10 000: ms': ms, 'late joiner: gaps': lost, 'late joiner: repeats': repeats }
}

/** A publisher is killed under load: its keepers bring the rest. */
async function killedPublishers ({ kills }: { kills: number }): Promise<Values> {
  await using group = new PubsubGroup({
    seats: [
      ...['k1', 'k2', 'k3'].map(label => ({ label, keeper: true })),
      ...['w1', 'w2'].map(label => ({ label, consumes: ['billing'] })),
      { label: 'shop', publishes: { rate: 1_000, confirm: 'stored' }, storage: false }
    ],
    subscribe: { prefetch: 200 }
  })
  await group.start()
  const repeats: number[] = []
  const times: number[] = []
  let total = 0
  for (let i = 0; i < Math.ceil(kills / 2); i++) {
    await group.flow(2_000)
    const at = wallClock()
    await group.kill(5, 'publisher killed')
    await group.caughtUp()
    times.push(wallClock() - at)
    const open = group.openAt(5, at)
    await sleep(2_000)
    const { lost, unexpected, altered, unexplained, repeats: all } = group.judge()
    if (lost.length + unexpected.length + altered.length + unexplained.length > 0) throw new Error(JSON.stringify({ lost, unexpected, altered, unexplained }).slice(0, 2_000))
    const now = [...all.values()].reduce((sum, n) => sum + n, 0)
    repeats.push(Math.max(0, now - total - open))
    total = now
    await group.restart(5)
  }
  group.expectClean()
  return {
    'publisher killed: repeats beyond those in flight, most': Math.max(...repeats),
    'publisher killed: repeats, mean': total / repeats.length,
    'publisher killed: until all it had confirmed was handled, median, ms': quantile(times, 0.5)
  }
}

/** One message that no handler can take, among 1 000 a second. */
async function poison (): Promise<Values> {
  await using group = await LoadGroup.start(5)
  const consumers = group.nodes.slice(1, 4)
  const dead = group.node(4)
  await dead.consume(`${TOPIC}.$dead.billing`, 'dead')
  const number = 2_000 + 2_000 + 5_000 + 2_500
  await Promise.all(consumers.map(async node => node.consume(TOPIC, 'billing', { poison: number, backoff: [100, 200] })))
  const p99 = (seen: readonly Seen[]): number => Math.max(...seen.map(seen => seen.p99))
  await group.publisher.publish(TOPIC, { from: 0, count: 2_000, rate: 1_000 })
  const without: number[] = []
  const within: number[] = []
  for (let i = 0; i < 3; i++) {
    without.push(p99(await atRate(group.publisher, consumers, 5_000)))
    await group.publisher.publish(TOPIC, { from: number - 2_000, count: 1_000, rate: 1_000 })
    await Promise.all(consumers.map(async node => node.seen('billing')))
    await group.publisher.publish(TOPIC, { from: number - 1_000, count: 5_000, rate: 1_000 })
    within.push(p99(await Promise.all(consumers.map(async node => node.seen('billing')))))
  }
  await until(async () => await dead.total('dead') >= 3, { timeout: 30_000 }).catch(() => {})
  return {
    'poison message: p99 of the others, ratio': quantile(within, 0.5) / quantile(without, 0.5),
    'poison message: dead letters': await dead.total('dead') / 3
  }
}

/** The only consumer of a channel is stopped, and its channel without one soon, while another channel gets 1 000 messages a second. */
async function stoppedConsumer ({ stopped }: { stopped: number }): Promise<Values> {
  await using group = await LoadGroup.start(4)
  const { publisher } = group
  const [healthy, victim] = [group.node(1), group.node(2)]
  await healthy.consume(TOPIC, 'billing')
  await victim.consume(TOPIC, 'slow')
  await publisher.publish(TOPIC, { ms: 3_000, rate: 1_000 })
  const before = await publisher.memory()
  victim.process.kill('SIGSTOP')
  const load = publisher.publish(TOPIC, { count: stopped * 1_000, rate: 1_000 })
  let most = { used: 0, rss: 0, length: 0 }
  for (const end = performance.now() + stopped * 1_000; performance.now() < end;) {
    await sleep(1_000)
    const [{ used, rss }, length] = await Promise.all([publisher.memory(), publisher.length(TOPIC)])
    most = { used: Math.max(most.used, used - before.used), rss: Math.max(most.rss, rss - before.rss), length: Math.max(most.length, length) }
  }
  victim.process.kill('SIGCONT')
  const { published } = await load
  await until(async () => await victim.total('slow') + await publisher.lost() >= 3_000 + published, { timeout: 30_000 }).catch(() => {})
  const { lost } = await tally([victim], 'slow', published, 3_000)
  return {
    'consumer stopped: memory of the publisher grows by, MiB': most.used / 2 ** 20,
    'consumer stopped: RSS of the publisher grows by, MiB': most.rss / 2 ** 20,
    'consumer stopped: messages in the outbox': most.length,
    'consumer stopped: beyond what is retained, and told to be lost': await publisher.lost(),
    'consumer stopped: lost and not told': Math.max(0, lost - await publisher.lost())
  }
}

/** All that must not happen without faults. */
async function noFaults ({ messages }: { messages: number }): Promise<Values> {
  await using group = await LoadGroup.start(4)
  const consumers = group.nodes.slice(1)
  await Promise.all(consumers.map(async node => node.consume(TOPIC, 'billing')))
  const { seconds } = await group.publisher.publish(TOPIC, { count: messages })
  const { lost, repeats } = await tally(consumers, 'billing', messages)
  return { [`no faults: ${messages} messages, s`]: seconds, 'no faults: lost': lost, 'no faults: repeats': repeats }
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'memory',
    run: async () => {
      const { rate, cpu } = await oneChannel(false)
      return {
        'one channel, 3 consumers, in memory: messages/s': rate,
        'one channel: CPU of the publisher, us a message': cpu[0] ?? 0,
        'one channel: CPU of all consumers, us a message': cpu.slice(1).reduce((sum, us) => sum + us, 0)
      }
    }
  },
  { name: 'gossip', run: async () => ({ 'raw signed gossipsub, 1 to 1: messages/s': (await rawGossip(1, MS)).delivered }) },
  { name: 'storage', run: async () => ({ 'one channel, 3 consumers, fsynced outbox: messages/s': (await oneChannel(true)).rate }) },
  { name: 'fanout', run: eightChannels },
  { name: 'gossip', run: async () => ({ 'raw signed gossipsub, 9 connected nodes: deliveries/s': (await rawGossip(8, MS)).delivered }) },
  { name: 'latency', run: latency },
  { name: 'late', run: lateJoiner },
  { name: 'poison', run: poison, once: true },
  { name: 'consumer', run: killedConsumers, once: true },
  { name: 'publisher', run: killedPublishers, once: true },
  { name: 'stopped', run: stoppedConsumer, once: true },
  { name: 'faultless', run: noFaults, once: true }
]

function print ({ name, value, bar }: Figure): void {
  const met = value >= (bar?.least ?? -Infinity) && value <= (bar?.most ?? Infinity)
  const text = bar === undefined ? '' : `(bar ${[bar.least === undefined ? '' : `>= ${bar.least}`, bar.most === undefined ? '' : `<= ${bar.most}`].filter(part => part !== '').join(', ')})`
  console.log(`${bar === undefined ? '      ' : verdict(met, bar.count === true)} ${name.padEnd(60)} ${value >= 1_000 ? Math.round(value) : value.toFixed(2)} ${text}`)
}

/** Measures, prints the medians beside the bars, and resolves to the figures. */
export async function run ({ rounds = 3, kills = 20, stopped = 60, messages = 1_000_000, only }: PubsubBenchInit = {}): Promise<Figure[]> {
  const values = new Map<string, number[]>()
  const chosen = SCENARIOS.filter(({ name }) => only === undefined || only.split(',').includes(name))
  for (let round = 0; round < rounds; round++) {
    for (const { name, run, once = false } of chosen) {
      if (once && round > 0) continue
      console.log(`pubsub: ${name}, round ${round + 1} of ${once ? 1 : rounds} …`)
      for (const [figure, value] of Object.entries(await run({ rounds, kills, stopped, messages }))) {
        console.log(`  ${figure}: ${value >= 1_000 ? Math.round(value) : value.toFixed(2)}`)
        const all = values.get(figure) ?? []
        all.push(value)
        values.set(figure, all)
      }
    }
  }
  const ours = values.get('one channel, 3 consumers, in memory: messages/s')
  const raw = values.get('raw signed gossipsub, 1 to 1: messages/s')
  if (ours !== undefined && raw !== undefined) values.set('x raw signed gossipsub, 1 to 1', ours.map((rate, round) => rate / (raw[round] ?? Number.NaN)))
  const figures = Array.from(values, ([name, all]): Figure => {
    const bar = BARS[name]
    return { name, value: quantile(all, 0.5), all, ...bar === undefined ? {} : { bar } }
  })
  console.log('')
  figures.forEach(print)
  return figures
}
