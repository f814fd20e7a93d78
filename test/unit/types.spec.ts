/** What the compiler knows of calls, topics and options that name no contract. Nothing here is run but that it compiles. */
import { expect } from 'chai'
import { z } from 'zod'
import type { ClientOptions, HandleOptions, Handler, InvokeOptions, Issue, LeaveOptions, MeshOptions, OpenChannel, PublishOptions, Rpc, Pubsub, StreamHandler, StreamKind, SubscribeOptions, Topic, TopicTracing } from '../../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
function same<A, B> (isSame: Same<A, B>): void { void isSame }

const text = z.object({ text: z.string() })
const length = z.string().transform(value => value.length)

const handlers = (rpc: Rpc): void => {
  rpc.handle('right', async args => {
    same<typeof args, { text: string }>(true)
    return args.text
  }, { input: text, output: length })
  rpc.handle('right', () => 'text', { output: length })
  // @ts-expect-error the schema takes a text
  rpc.handle('wrong', () => 5, { output: length })
  // @ts-expect-error nor the promise of anything else
  rpc.handle('wrong', async () => ({}), { output: length })
  rpc.handle('free', (args: number) => args)
  rpc.handle('free', args => args.anything)
  rpc.handle<number>('free', args => args + 1)
}

/** What is declared elsewhere tells nothing of each other, and is taken as it is. */
const declared = (rpc: Rpc, handler: Handler, kind: StreamKind, options: HandleOptions, query: PromiseLike<string>): void => {
  rpc.handle('any', handler, { output: length })
  rpc.handle('any', (args: { text: string }) => args.text, options)
  rpc.handle('thenable', () => query, { output: length })
  // @ts-expect-error nor that of another value
  rpc.handle('thenable', () => query, { output: z.number() })
  rpc.handleStream('up', 'clientStream', async (input: AsyncIterable<number>) => { for await (const item of input) void item }, options)
  rpc.handleStream('any', 'bidi', handler)
  rpc.handleStream('any', kind, input => input, { concurrency: 1 })
  rpc.handleStream('any', kind, handler, options)
}

const streams = (rpc: Rpc, any: StreamHandler, options: HandleOptions): void => {
  rpc.handleStream('down', 'serverStream', async function * (args) {
    same<typeof args, { text: string }>(true)
    yield args.text
  }, { input: text, output: length })
  rpc.handleStream('up', 'clientStream', async items => {
    let count = 0
    for await (const item of items) {
      same<typeof item, { text: string }>(true)
      count += item.text.length
    }
    return String(count)
  }, { input: text, output: length })
  rpc.handleStream('both', 'bidi', async function * (items) { for await (const { text } of items) yield text }, { input: text, output: length })
  // @ts-expect-error an item of another type
  rpc.handleStream('down', 'serverStream', function * () { yield 5 }, { output: length })
  // @ts-expect-error no sequence
  rpc.handleStream('down', 'serverStream', () => 5)
  // @ts-expect-error a sequence comes, not its items
  rpc.handleStream('up', 'clientStream', (item: { text: string }) => item.text, { input: text })
  rpc.handleStream('free', 'bidi', items => items)
  rpc.handleStream('free', 'bidi', any, options)
}

interface Order { item: string }

const topics = async (pubsub: Pubsub): Promise<void> => {
  const topic = pubsub.topic<Order>('orders')
  same<typeof topic, Topic<Order>>(true)
  await topic.publish({ item: 'book' })
  // @ts-expect-error another body
  await topic.publish({ thing: 'book' })
  for await (const message of await pubsub.topic<Order>('orders.*').subscribe('bills')) {
    same<typeof message.body, Order>(true)
    await message.ack()
  }
  ;(await pubsub.topic('orders').subscribe('bills')).onMessage(({ body }) => { body.anything.goes() })
}

const maybe = (): undefined => undefined

/** With `exactOptionalPropertyTypes`, as this project has it: what may be undefined can be passed on. */
const passedOn: [InvokeOptions, ClientOptions, PublishOptions, SubscribeOptions, HandleOptions, MeshOptions] = [
  { token: maybe(), timeout: maybe(), signal: maybe(), node: maybe(), idempotencyKey: maybe() },
  { interceptors: maybe(), headers: maybe() },
  { key: maybe(), ttl: maybe(), confirm: maybe() },
  { from: maybe(), durable: maybe(), ackWait: maybe() },
  { concurrency: maybe(), interceptors: maybe() },
  { service: maybe(), storage: maybe(), bootstrap: maybe(), monitor: maybe(), relay: maybe() }
]

// @ts-expect-error it is on, or false
const watched: MeshOptions = { monitor: true }
const unwatched: MeshOptions[] = [{ monitor: {} }, { monitor: false }]

interface Named { issue: Issue, leave: LeaveOptions, channel: OpenChannel, tracing: TopicTracing }

describe('types without a contract', () => {
  it('flow from schemas and from what is said of a topic', () => {
    const named: Partial<Named> = {}
    expect([handlers, declared, streams, topics, passedOn, watched, unwatched, named]).to.have.lengthOf(8)
  })
})
