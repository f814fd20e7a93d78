/** Topics that this tab publishes to, and channels that it takes part in. */
import { signal } from '@preact/signals'
import { BILLING, HANDLED, ORDERS } from '../../contracts.ts'
import { onceAFrame } from '../lib/once-a-frame.ts'
import { explain, shorten, show } from '../lib/text.ts'
import { log } from './log.ts'
import { mesh, nameOf } from './view.ts'
import type { Channel, Mesh, Message, Receipt } from '../../../src/index.ts'

/** One delivery to this tab. */
export interface Delivery {
  readonly key: string
  readonly at: number
  readonly text: string
  readonly publisher: string
  readonly attempt: number
  readonly state: 'handling' | 'acked' | 'nacked' | 'dead'
}

/** This tab's part in a channel. */
export interface Subscription {
  readonly id: string
  readonly topic: string
  readonly channel: string
  readonly handle: Channel
  /** Newest first, bounded. */
  readonly deliveries: readonly Delivery[]
  readonly acked: number
  readonly nacked: number
  readonly redelivered: number
  readonly handling: number
  readonly nackNext: boolean
  /** Refuse the next one for good: it becomes a dead letter. */
  readonly termNext: boolean
  readonly slow: boolean
}

const DELIVERIES = 50
/** Characters of a message that are kept and shown. */
const MAX_TEXT = 1_000
/** Nodes whose orders are counted by name; the rest together. */
const MAX_NAMES = 200
const OTHERS = 'others'
/** Orders that were handled, and what said so, which are remembered together. */
const MAX_SEEN = 20_000
/** Milliseconds that a slow consumer takes for a message. */
export const SLOW = 1_500

export const subscriptions = signal<readonly Subscription[]>([])
/** Of the last publish. */
export const receipt = signal<{ readonly failed: boolean, readonly text: string } | undefined>(undefined)
/** How many orders each node has handled, since this tab listens; by name. */
export const handledBy = signal<ReadonlyMap<string, number>>(new Map())
/** Deliveries of one order that were handled more than once. */
export const handledTwice = signal(0)
export const topicProblem = signal('')

const seen = new Set<string>()
/** As it is; what is shown of it follows once a frame, however much comes. */
let all: readonly Subscription[] = []
let byName = new Map<string, number>()
let twice = 0
let listening: Promise<unknown> | undefined

function drawNow (): void {
  subscriptions.value = all
  handledBy.value = new Map(byName)
  handledTwice.value = twice
}

const draw = onceAFrame(drawNow)

function change (id: string, by: (subscription: Subscription) => Partial<Subscription>): void {
  all = all.map(subscription => subscription.id === id ? { ...subscription, ...by(subscription) } : subscription)
  draw()
}

function find (id: string): Subscription | undefined {
  return all.find(subscription => subscription.id === id)
}

function mark (id: string, key: string, state: Delivery['state']): void {
  change(id, ({ deliveries }) => ({ deliveries: deliveries.map(delivery => delivery.key === key ? { ...delivery, state } : delivery) }))
}

/** Takes a message as a person wants it taken: well, slowly, or not at all. */
async function take (node: Mesh, id: string, message: Message): Promise<void> {
  const key = `${message.id} ${message.attempt}`
  change(id, ({ deliveries, handling, redelivered }) => ({
    handling: handling + 1,
    redelivered: redelivered + (message.attempt > 1 ? 1 : 0),
    deliveries: [
      { key, at: Date.now(), text: shorten(show(message.body), MAX_TEXT), publisher: message.publisher, attempt: message.attempt, state: 'handling' as const },
      ...deliveries
    ].slice(0, DELIVERIES)
  }))
  const { nackNext = false, termNext = false, slow = false } = find(id) ?? {}
  if (nackNext || termNext) change(id, () => ({ nackNext: false, termNext: false }))
  if (slow) await new Promise(resolve => setTimeout(resolve, SLOW))
  if (nackNext || termNext) {
    change(id, ({ handling, nacked }) => ({ handling: handling - 1, nacked: nacked + 1 }))
    mark(id, key, termNext ? 'dead' : 'nacked')
    if (termNext) return message.term('a person refused it for good')
    throw new Error('a person refused it')
  }
  // Other channels get each order as well.
  if (message.topic === ORDERS && message.channel === BILLING) void node.pubsub.topic(HANDLED).publish({ id: message.id, by: node.self.name, attempt: message.attempt }).catch(() => {})
  change(id, ({ handling, acked }) => ({ handling: handling - 1, acked: acked + 1 }))
  mark(id, key, 'acked')
}

/** It has come before: an order, or what says that somebody handled one. */
function isKnown (id: string): boolean {
  if (seen.has(id)) return true
  seen.add(id)
  if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value ?? '')
  return false
}

/** Whoever handles an order of the billing channel says so; this tab counts. */
async function listen (node: Mesh): Promise<void> {
  const channel = await node.pubsub.topic(HANDLED).subscribe(`watch-${node.id.slice(-8).toLowerCase()}`)
  channel.onMessage(({ id: notice, body: { id, by } }) => {
    if (isKnown(notice)) return
    if (isKnown(id)) twice++
    const name = byName.has(by) || byName.size < MAX_NAMES ? by : OTHERS
    byName.set(name, (byName.get(name) ?? 0) + 1)
    draw()
  })
}

async function ready (node: Mesh, topic: string): Promise<void> {
  if (topic !== ORDERS) return
  const under = listening ??= listen(node)
  await under.catch((error: unknown) => {
    // so that the next one tries again
    if (listening === under) listening = undefined
    throw error
  })
}

/** Take part in a channel; what was published from now on comes. */
export async function subscribe (topic: string, channel: string): Promise<void> {
  const node = mesh.peek()
  if (node == null) return
  topicProblem.value = ''
  const id = `${topic} ${channel}`
  if (find(id) != null) return
  try {
    await ready(node, topic)
    const handle = await node.pubsub.topic(topic).subscribe(channel, { concurrency: 8, prefetch: 128 })
    all = [...all, { id, topic, channel, handle, deliveries: [], acked: 0, nacked: 0, redelivered: 0, handling: 0, nackNext: false, termNext: false, slow: false }]
    drawNow()
    handle.onMessage(async message => take(node, id, message))
    log('pubsub', `this tab consumes ${topic} in channel ${channel}`)
  } catch (error) {
    topicProblem.value = explain(error).message
  }
}

export async function unsubscribe (id: string): Promise<void> {
  const subscription = find(id)
  if (subscription == null) return
  all = all.filter(other => other.id !== id)
  drawNow()
  await subscription.handle.close()
  log('pubsub', `this tab left channel ${subscription.channel} of ${subscription.topic}`)
}

export function toggle (id: string, what: 'nackNext' | 'termNext' | 'slow'): void {
  change(id, subscription => ({ [what]: !subscription[what] }))
  drawNow()
}

/** Publish the same body so many times. */
export async function publish (topic: string, body: unknown, key: string, times: number): Promise<void> {
  const node = mesh.peek()
  if (node == null) return
  topicProblem.value = ''
  try {
    await ready(node, topic)
    const begin = performance.now()
    const receipts: Receipt[] = await Promise.all(Array.from({ length: times }, async () => node.pubsub.topic(topic).publish(body, key === '' ? {} : { key })))
    const [first] = receipts
    const channels = first?.channels.join(', ') ?? ''
    receipt.value = {
      failed: false,
      text: `${times === 1 ? 'published' : `${times} published`} in ${(performance.now() - begin).toFixed(1)} ms, reached ‘${first?.reached ?? ''}’, for ${channels === '' ? 'no channel yet: it is kept' : `the channels ${channels}`}`
    }
    log('pubsub', `published ${times} to ${topic}`)
  } catch (error) {
    receipt.value = { failed: true, text: explain(error).message }
  }
}

/** Who published a message, by name. */
export function publisherOf ({ publisher }: Delivery): string {
  return nameOf(publisher)
}

export function watchTopics (): () => void {
  return () => {
    listening = undefined
    all = []
    byName = new Map()
    twice = 0
    drawNow()
    receipt.value = undefined
    topicProblem.value = ''
    seen.clear()
  }
}
