import { expect } from 'chai'
import { Loop } from '../../src/pubsub/loop.ts'
import { Registry } from '../../src/pubsub/registry.ts'
import { Subscriptions } from '../../src/pubsub/subscriptions.ts'
import { MAX_RECORD_LIST, MAX_TOPIC_CHANNELS } from '../../src/wire/limits.ts'
import type { WireMessage } from '../../src/pubsub/announced.ts'
import type { RegistryInit } from '../../src/pubsub/registry.ts'
import type { SubscriptionsInit } from '../../src/pubsub/subscriptions.ts'

describe('pub/sub: the channels of a node', () => {
  function bench (answers = true): Subscriptions {
    const noop = (): void => {}
    const context = {
      self: 'me', init: {}, discovery: { self: { id: 'me', weight: 1 } }, loop: new Loop(err => { throw err }), neighbours: () => [], others: () => [], problem: noop,
      send: (_: string, message: WireMessage) => { if (answers && message.type === 'open') subscriptions.opened('me', message.spec.channel) }
    }
    const registry = new Registry({ context, incarnation: 1, onChanged: noop, onEnded: noop } as unknown as RegistryInit)
    const subscriptions: Subscriptions = new Subscriptions({ context, registry, durable: true, gossip: { listen: () => noop } } as unknown as SubscriptionsInit)
    return subscriptions
  }

  /** Names of the errors of those that were refused. */
  const refused = (results: ReadonlyArray<PromiseSettledResult<unknown>>): unknown[] =>
    results.flatMap(result => result.status === 'rejected' ? [(result.reason as Error).name] : [])

  it('are no more than others can be told of', async () => {
    const subscriptions = bench()
    const results = await Promise.allSettled(Array.from({ length: MAX_RECORD_LIST + 2 }, async (_, i) => subscriptions.subscribe(`topic-${i}`, 'all', {}, undefined)))
    expect(refused(results)).to.deep.equal(['InvalidOptionsError', 'InvalidOptionsError'])
    expect(subscriptions.size).to.equal(MAX_RECORD_LIST)
    await subscriptions.subscribe('topic-0', 'all', {}, undefined)
    subscriptions.stop()
  })

  it('one whose opening is aborted leaves no timer behind that keeps a process', async () => {
    const running = new Set<unknown>()
    const { setTimeout: set, clearTimeout: clear } = globalThis
    const keeping = (): unknown[] => [...running].filter(timeout => (timeout as NodeJS.Timeout).hasRef())
    globalThis.setTimeout = Object.assign((fn: () => void, ms: number) => {
      const timeout = set(fn, ms)
      running.add(timeout)
      return timeout
    }, set)
    globalThis.clearTimeout = timeout => {
      running.delete(timeout)
      clear(timeout)
    }
    try {
      const subscriptions = bench(false)
      const abort = new AbortController()
      const subscribing = subscriptions.subscribe('orders', 'c', { signal: abort.signal }, undefined)
      while (keeping().length === 0) await new Promise(setImmediate)
      abort.abort()
      expect(refused(await Promise.allSettled([subscribing]))).to.deep.equal(['AbortError'])
      await subscriptions.close()
      await new Promise(setImmediate)
      expect(keeping()).to.have.length(0)
      subscriptions.stop()
    } finally {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
    }
  })

  it('a topic has no more of them than a batch can name', async () => {
    const subscriptions = bench()
    const results = []
    for (let i = 0; i <= MAX_TOPIC_CHANNELS; i++) results.push(...await Promise.allSettled([subscriptions.subscribe('orders', `c${i}`, {}, undefined)]))
    expect(refused(results)).to.deep.equal(['InvalidOptionsError'])
    await subscriptions.subscribe('orders.eu', 'c', {}, undefined)
    subscriptions.stop()
  })
})
