/** A node that loads the room of topics when it is first needed, as pages do. */
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { PubsubService } from '../../src/pubsub/pubsub.ts'
import { rejection } from './rpc-fakes.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { PubsubComponents } from '../../src/pubsub/index.ts'
import type * as Code from '#pubsub'

class FakeRoom {
  async start (): Promise<void> {}
  async stop (): Promise<void> {}
  listen (): void {}
  want (): void {}
  info (): object { return { topics: ['loaded'], counters: {} } }
}

describe('topics that are loaded when they are needed', () => {
  it('code that does not come is a typed error, and the next one who needs it tries again', async () => {
    let loads = 0
    let comes = false
    const service = new PubsubService({ logger: defaultLogger(), discovery: {} } as unknown as PubsubComponents, { lazy: true }, async () => {
      loads++
      if (!comes) throw new TypeError('Failed to fetch dynamically imported module')
      return { Room: FakeRoom } as unknown as typeof Code
    })
    await service.start()
    expect(loads).to.equal(0)
    const orders = service.topic('orders')
    const together = await Promise.all([orders.publish(1), orders.publish(2)].map(rejection))
    for (const err of together) expect(err).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
    expect(loads).to.equal(1)
    expect(await rejection(service.topic('orders').publish(3))).to.include({ code: 'UNAVAILABLE' })
    expect(loads).to.equal(2)
    comes = true
    service.addEventListener('dead-letter' as never, () => {})
    await new Promise(resolve => { setTimeout(resolve) })
    expect(loads).to.equal(3)
    expect(service.info().topics).to.deep.equal(['loaded'])
    await service.stop()
  })
  it('whoever gives up while it loads hears so at once, and nothing is done for him when it comes; what others asked for is done in their order', async () => {
    const coming = Promise.withResolvers<typeof Code>()
    const done: string[] = []
    // topics look at the signal first
    const take = (what: string) => async (of: unknown, { signal }: AbortOptions = {}) => {
      signal?.throwIfAborted()
      done.push(`${what} ${of}`)
    }
    const topic = { publish: take('publish'), subscribe: take('subscribe'), deleteChannel: take('delete'), close: async () => { done.push('close') } }
    class Room extends FakeRoom {
      topic (): unknown { return topic }
    }
    const service = new PubsubService({ logger: defaultLogger(), discovery: {} } as unknown as PubsubComponents, { lazy: true }, async () => coming.promise)
    await service.start()
    const orders = service.topic('orders')
    const { signal: stays } = new AbortController()
    const kept = [orders.publish(1, { signal: stays }), orders.publish(2), orders.publish(3, { signal: stays })]
    const giving = new AbortController()
    const { signal } = giving
    const given = [orders.publish(4, { signal }), orders.subscribe('billing', { signal }), orders.deleteChannel('audit', { signal }), orders.close({ signal })].map(rejection)
    giving.abort(new Error('enough'))
    for (const err of await Promise.all(given)) expect(err).to.have.property('message', 'enough')
    expect(done).to.deep.equal([])
    coming.resolve({ Room } as unknown as typeof Code)
    await Promise.all(kept)
    await orders.publish(5)
    // to close a topic goes on, as it does with the code
    expect(done).to.deep.equal(['publish 1', 'publish 2', 'publish 3', 'close', 'publish 5'])
    await service.stop()
  })

  it('what somebody listened to before it is started misses nothing: the room hears of it first', async () => {
    let known: string[] = []
    class Room extends FakeRoom {
      override async start (wanted: Iterable<string> = []): Promise<void> { known = [...wanted] }
    }
    const service = new PubsubService({ logger: defaultLogger(), discovery: {} } as unknown as PubsubComponents, { lazy: true }, async () => ({ Room } as unknown as typeof Code))
    service.addEventListener('braid.topic.discover.service_update', () => {})
    await service.start()
    expect(known).to.deep.equal(['braid.topic.discover.service_update'])
    await service.stop()
  })

  it('a room is not told of listeners that are gone: what it found before is for the next one', async () => {
    const told: string[][] = []
    class Room extends FakeRoom {
      readonly #told: string[] = []
      override async start (wanted: Iterable<string> = []): Promise<void> { told.push(this.#told, [...wanted]) }
      override want (type?: string): void { this.#told.push(type!) }
    }
    const service = new PubsubService({ logger: defaultLogger(), discovery: {} } as unknown as PubsubComponents, {}, async () => ({ Room } as unknown as typeof Code))
    const listener = (): void => {}
    service.addEventListener('fault', listener)
    await service.start()
    service.removeEventListener('fault', listener)
    await service.stop()
    await service.start()
    expect(told).to.deep.equal([['fault'], ['fault'], [], []])
    service.addEventListener('fault', listener)
    expect(told[2]).to.deep.equal(['fault'])
    await service.stop()
  })

  it('a stop while it loads ends what waits at once, and waits for no code that does not come', async () => {
    const service = new PubsubService({ logger: defaultLogger(), discovery: {} } as unknown as PubsubComponents, { lazy: true }, async () => new Promise(() => {}))
    await service.start()
    const publishing = rejection(service.topic('orders').publish(1))
    await service.stop()
    expect(await publishing).to.have.property('name', 'MeshStoppedError')
    expect(await rejection(service.topic('orders').publish(1))).to.have.property('name', 'MeshStoppedError')
  })
})
