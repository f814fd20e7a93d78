import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Gate } from '../../src/pubsub/gate.ts'
import { LogFile, storedLogs } from '../../src/pubsub/log-file.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { LogStore } from '../../src/storage/index.ts'
import type { AssignerState, LogId, Message } from '../../src/pubsub/types.core.ts'

const logger = defaultLogger().forComponent('test')
const log: LogId = { topic: 'orders.eu', publisher: '12D3KooWa', epoch: 7 }
const message = (seq: number): Message => ({ seq, at: 5, ttl: 0, key: undefined, payload: Uint8Array.of(seq) })
const state = (low: number): AssignerState => ({ generation: { number: 0, by: 'a' }, cursors: [{ channel: 'orders.eu/billing', opened: 5, low, done: [] }] })

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

  it('is deleted without a trace', async () => {
    const { log: store } = memoryStorage()
    const file = open(store, [], 'kept')
    file.append(1, [message(1)])
    file.save(2, state(1))
    await file.delete()
    expect(await storedLogs(store, 'kept')).to.deep.equal([])
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
