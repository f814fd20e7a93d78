import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Gate } from '../../src/pubsub/gate.ts'
import { LogFile, storedLogs } from '../../src/pubsub/log-file.ts'
import { LogDriver } from '../../src/pubsub/log.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { Outbox } from '../../src/pubsub/outbox.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { swiftly } from '../harness/swift-time.ts'
import { time } from '../../src/util/clocks.ts'
import { until } from '../harness/until.ts'
import type { LogStore } from '../../src/storage/index.ts'
import type { AssignerState, LogId, Message, NewMessage } from '../../src/pubsub/types.core.ts'

const logger = defaultLogger().forComponent('test')
const log: LogId = { topic: 'orders.eu', publisher: '12D3KooWa', epoch: 7 }
const message = (seq: number): Message => ({ seq, at: 5, ttl: 0, key: undefined, payload: Uint8Array.of(seq) })
const state = (low: number): AssignerState => ({ generation: { number: 0, by: 'a' }, cursors: [{ channel: 'orders.eu/billing', opened: 5, low, done: [] }], told: 1 })

async function failure (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'none', ({ name }: Error) => name)
}

describe('pub/sub: what is stored of a log', () => {
  function open (store: LogStore, saved: number[] = [], role: 'own' | 'kept' = 'own'): LogFile {
    return new LogFile({ store, role, log, logger, onSaved: id => { saved.push(id) } })
  }

  it('messages and state come back, in order and once', async () => {
    const { log: store } = memoryStorage()
    const saved: number[] = []
    const file = open(store, saved)
    expect(await file.load()).to.deep.equal({ restored: undefined, damaged: false })
    file.append(1, [message(1), message(2)])
    file.save(2, state(1))
    await file.idle()
    file.append(3, [message(4), message(3)])
    file.append(4, [message(3)])
    await file.idle()
    expect(saved).to.deep.equal([2, 4])
    expect(await open(store).load()).to.deep.equal({ damaged: false, restored: { messages: [1, 2, 3, 4].map(message), last: 4, state: state(1) } })
    expect(await storedLogs(store, 'own')).to.deep.equal([log])
    expect(await storedLogs(store, 'kept')).to.deep.equal([])
  })

  it('what was trimmed is forgotten, but which seq was the last', async () => {
    const { log: store } = memoryStorage()
    const file = open(store)
    for (const seq of [1, 2, 3]) {
      file.append(seq, [message(seq)])
      await file.idle()
    }
    file.trim(2)
    await file.idle()
    expect((await open(store).load()).restored?.messages).to.deep.equal([message(3)])
    file.trim(3)
    await file.idle()
    expect((await open(store).load()).restored).to.deep.include({ last: 3, messages: [message(3)] })
  })

  it('the newest of many states counts', async () => {
    const { log: store } = memoryStorage()
    const file = open(store)
    for (let low = 1; low <= 100; low++) {
      file.save(low, state(low))
      await file.idle()
    }
    expect((await open(store).load()).restored?.state).to.deep.equal(state(100))
  })

  it('a write that fails is tried again, and nothing counts as saved before', swiftly(async () => {
    const storage = memoryStorage()
    let failures = 1
    const store: LogStore = { ...storage.log, append: async (name, values) => failures-- > 0 ? Promise.reject(new Error('disk full')) : storage.log.append(name, values) }
    const saved: number[] = []
    const file = open(store, saved)
    file.append(1, [message(1)])
    await until(() => failures === 0)
    file.append(2, [message(2)])
    expect(saved).to.deep.equal([])
    await file.idle()
    expect(saved).to.deep.equal([2])
    expect((await open(store).load()).restored?.messages).to.deep.equal([1, 2].map(message))
  }))

  it('a storage that has ended is not tried again: who waits hears of it, and what is not stored never leaves', async () => {
    const storage = memoryStorage()
    const sent: number[] = []
    const file: LogFile = new LogFile({ store: storage.log, role: 'own', log, logger, onSaved: id => { driver.saved(id) }, onEnded: error => { driver.fail(error) } })
    const driver: LogDriver = new LogDriver({
      self: log.publisher, log, file, loop: new Loop(err => { throw err }), send: () => {}, onDead: () => {}, onEvent: () => {},
      config: { random: Math.random, time: time(), retention: { messages: 100, bytes: 1_000_000, age: 60_000 } },
      onBatch: async ({ messages }) => { sent.push(...messages.map(({ seq }) => seq)) }
    })
    let appends = 0
    const { append } = storage.log
    storage.log.append = async (...args) => {
      appends++
      return append(...args)
    }
    const outbox = new Outbox({ topic: log.topic, linger: 0, overflow: 'wait', most: undefined, log: async () => driver })
    const body = (): NewMessage => ({ at: Date.now(), ttl: 0, key: undefined, payload: Uint8Array.of(1), watch: true })
    await driver.sent((await outbox.add(body())).seq)
    await storage.close()
    const { seq } = await outbox.add(body())
    const ends = await Promise.all([driver.sent(seq), driver.durable(seq), driver.stored(seq), driver.sent(seq + 1)].map(failure))
    expect(ends).to.deep.equal(Array.from({ length: 4 }, () => 'StorageError'))
    expect(await failure(outbox.add(body()))).to.equal('StorageError')
    expect(sent).to.deep.equal([1])
    const settled = Promise.withResolvers<void>()
    driver.settled(settled.resolve)
    await settled.promise
    const tried = appends
    await new Promise(resolve => { setTimeout(resolve, 1_100) })
    expect(appends).to.equal(tried)
    await driver.stop()
  })

  it('what cannot be read is as good as lost, and said to be damaged: the rest is there', async () => {
    const { log: store } = memoryStorage()
    const file = open(store)
    file.append(1, [message(1)])
    file.save(2, state(1))
    await file.idle()
    const name = 'pubsub/own/12D3KooWa/7/orders.eu'
    await store.append(name, [Uint8Array.of(255)])
    expect(await open(store).load()).to.deep.equal({ damaged: true, restored: { messages: [message(1)], last: 1, state: state(1) } })
    await store.append(`${name}/state`, [Uint8Array.of(255)])
    expect(await open(store).load()).to.deep.equal({ damaged: true, restored: { messages: [message(1)], last: 1, state: undefined } })
  })

  it('is deleted without a trace', async () => {
    const { log: store } = memoryStorage()
    const forever: Record<string, boolean | undefined> = {}
    const file = open({ ...store, delete: async (name, options) => { forever[name] = options?.forever; await store.delete(name) } }, [], 'kept')
    file.append(1, [message(1)])
    file.save(2, state(1))
    await file.delete()
    expect(await storedLogs(store, 'kept')).to.deep.equal([])
    // such names do not come again, and there is no end of them
    expect(forever).to.deep.equal({ 'pubsub/kept/12D3KooWa/7/orders.eu': true, 'pubsub/kept/12D3KooWa/7/orders.eu/state': true })
  })
})

describe('pub/sub: order', () => {
  it('a gate lets nothing pass before what it waits for, nor out of turn', () => {
    const gate = new Gate()
    const passed: string[] = []
    gate.pass(0, () => { passed.push('a') })
    gate.pass(2, () => { passed.push('b') })
    gate.pass(0, () => { passed.push('c') })
    gate.pass(3, () => { passed.push('d') })
    gate.saved(1)
    expect(passed).to.deep.equal(['a'])
    gate.saved(2)
    expect(passed).to.deep.equal(['a', 'b', 'c'])
    gate.saved(5)
    expect(passed).to.deep.equal(['a', 'b', 'c', 'd'])
  })

  it('a loop runs what a job posts after that job, and goes on after one that throws', () => {
    const errors: unknown[] = []
    const loop = new Loop(err => { errors.push((err as Error).message) })
    const ran: string[] = []
    loop.post(() => {
      loop.post(() => { ran.push('inner') })
      ran.push('outer')
      throw new Error('broken')
    })
    loop.post(() => { ran.push('later') })
    expect(ran).to.deep.equal(['outer', 'inner', 'later'])
    expect(errors).to.deep.equal(['broken'])
  })
})
