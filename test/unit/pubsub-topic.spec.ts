/** A topic of a node, with a log that takes what it is given. */
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { z } from 'zod'
import { ChannelEnd } from '../../src/pubsub/channel.ts'
import { TopicEnd } from '../../src/pubsub/topic.ts'
import { rejection } from './rpc-fakes.ts'
import type { LogDriver } from '../../src/pubsub/log.ts'
import type { TopicInit } from '../../src/pubsub/topic.ts'
import type { NewMessage } from '../../src/pubsub/types.core.ts'

describe('pub/sub: a topic whose caller gives up', () => {
  function bench (change: Partial<TopicInit> = {}): { topic: TopicEnd, published: number[], deleted: string[] } {
    const published: number[] = []
    const deleted: string[] = []
    const log = {
      log: { topic: 'orders', publisher: 'me', epoch: 1 },
      persistent: false,
      failed: undefined,
      sent: async () => {},
      publish: (messages: readonly NewMessage[], done: (published: { first: number, channels: string[] }) => void) => {
        published.push(messages.length)
        done({ first: published.length, channels: [] })
      }
    }
    const topic = new TopicEnd({
      name: 'orders',
      schema: undefined,
      linger: 0,
      overflow: 'wait',
      tracing: undefined,
      most: undefined,
      log: async () => log as unknown as LogDriver,
      kept: () => false,
      subscribe: async () => { throw new Error('nobody does') },
      deleteChannel: async name => { deleted.push(name) },
      onClose: () => {},
      ...change
    })
    return { topic, published, deleted }
  }

  it('lets go of channels that have left, and ends one that it was given after it was closed', async () => {
    const ends: ChannelEnd<any>[] = []
    let left = 0
    let asked = 0
    const given = Promise.withResolvers<void>()
    let wait = Promise.resolve()
    const { topic } = bench({
      subscribe: async name => {
        await wait
        const end = new ChannelEnd<any>({
          name, topic: 'orders', schema: undefined, log: defaultLogger().forComponent('test'), onTaking: () => {}, onWanting: () => {}, onClosing: () => {},
          settings: () => ({ durable: false, expire: 0, maxDeliver: 5, ackWait: 30_000, backoff: [250] }), leave: async () => { left++ }
        })
        ends.push(end)
        const { close } = end
        end.close = async options => {
          asked++
          await close.call(end, options)
        }
        return end
      }
    })
    for (let n = 0; n < 10; n++) await (await topic.subscribe('billing')).close()
    expect(left).to.equal(10)
    wait = given.promise
    const late = rejection(topic.subscribe('late'))
    const closed = topic.close()
    given.resolve()
    expect(await late).to.have.property('name', 'ChannelClosedError')
    await closed
    expect([left, ends.at(-1)?.closed, asked], 'each once').to.deep.equal([11, true, 11])
  })

  it('publishes nothing when that was while its schema looked at the body', async () => {
    const looking = Promise.withResolvers<void>()
    const schema = z.string().refine(async () => {
      await looking.promise
      return true
    })
    const { topic, published } = bench({ schema })
    const giving = new AbortController()
    const given = rejection(topic.publish('x', { signal: giving.signal }))
    giving.abort(new Error('enough'))
    looking.resolve()
    expect(await given).to.have.property('message', 'enough')
    await topic.close()
    expect(published).to.deep.equal([])
  })

  it('publishes and deletes nothing when that was before, and what it does otherwise it does', async () => {
    const { topic, published, deleted } = bench({ schema: z.string() })
    const gone = { signal: AbortSignal.abort(new Error('enough')) }
    for (const given of [topic.publish('x', gone), topic.deleteChannel('billing', gone)]) expect(await rejection(given)).to.have.property('message', 'enough')
    const { signal } = new AbortController()
    expect(await topic.publish('x', { signal })).to.deep.include({ id: 'orders/me/1/1', reached: 'sent' })
    await topic.deleteChannel('audit', { signal })
    await topic.close()
    expect({ published, deleted }).to.deep.equal({ published: [1], deleted: ['audit'] })
  })
})
