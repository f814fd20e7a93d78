import { expect } from 'chai'
import fc from 'fast-check'
import { Bench, LOG, SPEC } from './pubsub-core-bench.ts'

const EMPTY = { done: [], naks: [], terms: [], expired: [], working: [] }

/** 20 messages at a consumer whose connection has just ended, and another one. */
function withoutFirst (): Bench {
  const bench = new Bench()
  bench.join('a', { concurrency: 20 })
  bench.publish(20)
  bench.join('b', { concurrency: 20 })
  bench.cut.add('a')
  bench.assign({ type: 'closed', peer: 'a' })
  return bench
}

describe('pub/sub: the cores that deliver', () => {
  it('give each message to one consumer, which handles it once', () => {
    const bench = new Bench()
    for (const id of ['a', 'b', 'c']) bench.join(id)
    bench.publish(300)
    const shares = new Map<string, number>()
    for (const { by } of bench.runs) shares.set(by, (shares.get(by) ?? 0) + 1)
    expect([...shares.keys()].sort()).to.deep.equal(['a', 'b', 'c'])
    bench.drain()
    expect([...bench.begun].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(bench.assigner.status()).to.include({ pending: 0, last: 300 })
    expect(bench.assigner.status().channels[0]).to.include({ low: 300, lag: 0, inFlight: 0, redelivered: 0 })
  })

  it('start a single consumer in order, and never give it more than its prefetch', () => {
    const bench = new Bench()
    bench.join('a', { prefetch: 10, concurrency: 2 })
    bench.publish(100)
    expect(bench.consumers.get('a')!.held).to.be.at.most(10)
    expect(bench.consumers.get('a')!.running).to.equal(2)
    for (let i = 0; i < 40; i++) {
      bench.pass(150)
      bench.drain()
    }
    expect(bench.begun).to.deep.equal(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  it('give what failed again after the backoff, and bury it at its limit', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(1)
    for (let i = 0; i < 3; i++) {
      expect(bench.runs.map(({ item }) => item.attempt), `try ${i + 1}`).to.deep.equal([i + 1])
      bench.settle(0, 'nak')
      expect(bench.runs).to.have.length(0)
      bench.pass(200)
    }
    expect(bench.of('dead').map(({ message, attempt }) => [message.seq, attempt])).to.deep.equal([[1, 3]])
    expect(bench.assigner.status().pending).to.equal(0)
  })

  it('give what a lost consumer had to others after half a second, and blame only what it may have begun', () => {
    const bench = new Bench()
    bench.join('a', { concurrency: 2 })
    bench.publish(20)
    bench.join('b')
    bench.kill('a')
    bench.pass(400)
    expect(bench.runs.filter(({ by }) => by === 'b')).to.have.length(0)
    bench.pass(200)
    expect(bench.runs.map(({ item }) => item.message.seq).sort((x, y) => x - y)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1))
    bench.drain()
    expect(bench.assigner.status().channels[0]).to.include({ low: 20, redelivered: 20 })
  })

  it('answer a duplicate without running it again, whatever the prefix that was acked', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 }), acked => {
      const bench = new Bench()
      bench.join('a')
      bench.publish(10)
      for (let i = 0; i < acked; i++) bench.settle()
      const before = bench.begun.length
      for (const { batch } of bench.of('publish')) bench.consume('a', { type: 'batch', from: 'P', batch })
      expect(bench.begun).to.have.length(before)
      bench.drain()
      expect(bench.begun).to.have.length(10)
    }))
  })

  it('fetch what a consumer lacks, without running anything twice', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(5)
    bench.cut.add('a')
    bench.publish(5)
    bench.cut.delete('a')
    bench.publish(5)
    bench.pass(600)
    bench.drain()
    bench.pass(100)
    bench.drain()
    expect([...bench.begun].sort((x, y) => x - y)).to.deep.equal(Array.from({ length: 15 }, (_, i) => i + 1))
  })

  it('keep the order of a key when its messages fail, whatever fails', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 6, maxLength: 12 }), outcomes => {
      const bench = new Bench()
      for (const id of ['a', 'b']) bench.join(id)
      bench.publish(6, 'k')
      const done: number[] = []
      for (let i = 0; i < 60 && done.length < 6; i++) {
        if (bench.runs.length === 0) {
          bench.pass(200)
          continue
        }
        expect(bench.runs, 'at once').to.have.length(1)
        const ok = outcomes[i] ?? true
        const { seq } = bench.runs[0]!.item.message
        if (ok || bench.runs[0]!.item.attempt === 3) done.push(seq)
        bench.settle(0, ok ? 'ack' : 'nak')
      }
      expect(done).to.deep.equal([1, 2, 3, 4, 5, 6])
    }))
  })

  it('let no key wait for a message that failed here and was handled elsewhere, whatever is under way beside it', () => {
    for (const how of ['handled', 'dead'] as const) {
      const bench = new Bench()
      for (const id of ['a', 'b']) bench.join(id, { concurrency: 4 })
      // it takes long, so that nothing after it is known to be final by the watermark
      bench.publish(1)
      bench.publish(2, 'k')
      const first = bench.runs.findIndex(({ item }) => item.message.seq === 2)
      const { by } = bench.runs[first]!
      bench.settle(first, 'nak')
      bench.consume(by, { type: 'pause', paused: true })
      bench.pass(300)
      const next = bench.runs.findIndex(({ item }) => item.message.seq === 2)
      expect(bench.runs[next]?.by).to.not.be.oneOf([by, undefined])
      bench.settle(next, how === 'handled' ? 'ack' : 'term')
      bench.settle(bench.runs.findIndex(({ item }) => item.message.seq === 3))
      bench.consume(by, { type: 'pause', paused: false })
      bench.publish(1, 'k')
      expect(bench.runs.map(({ item }) => item.message.seq)).to.deep.equal([1, 4])
      expect(bench.runs[1]!.by, 'where the key belongs').to.equal(by)
      expect(bench.problems).to.deep.equal([])
    }
  })

  it('count no attempt that nobody began: neither the next one nor the dead letter does', () => {
    const bench = new Bench()
    bench.join('a')
    bench.consume('a', { type: 'wanted', count: 0 })
    bench.publish(2)
    bench.publish(1, 'k')
    for (let i = 0; i < 5; i++) for (const paused of [true, false]) bench.consume('a', { type: 'pause', paused })
    expect(bench.assigner.status().channels[0]).to.include({ inFlight: 3, redelivered: 15 })
    bench.consume('a', { type: 'wanted', count: Infinity })
    for (let tries = 1; tries <= 3; tries++) {
      expect(bench.tries(), `try ${tries}`).to.deep.equal([[1, tries], [2, tries], [3, tries]])
      while (bench.runs.length > 0) bench.settle(0, 'nak')
      bench.pass(200)
    }
    expect(bench.of('dead').map(({ message: { seq }, attempt }) => [seq, attempt])).to.deep.equal([[1, 3], [2, 3], [3, 3]])
  })

  it('count none either when the word of what was given back was lost, nor when its consumer leaves', () => {
    const bench = new Bench()
    bench.join('a')
    bench.consume('a', { type: 'wanted', count: 0 })
    bench.publish(2)
    bench.publish(1, 'k')
    for (let i = 0; i < 5; i++) {
      bench.cut.add('a')
      bench.consume('a', { type: 'pause', paused: true })
      bench.assign({ type: 'closed', peer: 'a' })
      bench.consume('a', { type: 'closed', peer: 'P' })
      bench.cut.delete('a')
      bench.assign({ type: 'connected', peer: 'a' })
      bench.consume('a', { type: 'connected', peer: 'P' })
      bench.consume('a', { type: 'pause', paused: false })
    }
    bench.join('b')
    bench.consume('a', { type: 'leave' })
    bench.pass(200)
    expect(bench.tries()).to.deep.equal([[1, 1], [2, 1], [3, 1]])
    expect([bench.of('dead'), bench.problems]).to.deep.equal([[], []])
  })

  it('let a message that was not begun in its time expire', () => {
    const bench = new Bench()
    bench.join('a', { concurrency: 1 })
    bench.publish(1)
    bench.publish(1, undefined, 300)
    bench.pass(400)
    expect(bench.of('expired').map(({ seq }) => seq)).to.deep.equal([2])
    bench.drain()
    expect(bench.begun).to.deep.equal([1])
  })

  it('free the place of a handler that never ends, and give its message again', () => {
    const bench = new Bench()
    bench.join('a', { concurrency: 1 })
    bench.publish(2)
    expect(bench.begun).to.deep.equal([1])
    bench.pass(1_100)
    expect(bench.begun).to.deep.equal([1, 1])
    bench.runs.shift()
    bench.drain()
    bench.pass(200)
    bench.drain()
    expect(bench.assigner.status().channels[0]).to.include({ lag: 0 })
  })

  it('hold what no live channel is done with up to the limit, and then wait, or drop the oldest', () => {
    const full = new Bench({ maxPending: 10 })
    full.join('a', { prefetch: 1 })
    full.publish(10)
    full.publish(1)
    expect(full.of('full')).to.have.length(1)
    for (let i = 0; i < 30; i++) {
      full.drain()
      full.pass(50)
    }
    expect(full.of('room')).to.have.length(1)
    const drop = new Bench({ maxPending: 10, overflow: 'dropOldest' })
    drop.join('a', { prefetch: 1 })
    drop.publish(10)
    drop.publish(3)
    expect(drop.of('lost').map(({ ranges, why }) => [ranges, why])).to.deep.equal([[[1, 3], 'overflow']])
    expect(drop.assigner.status().pending).to.equal(10)
  })

  it('keep no more than the retention', () => {
    const bench = new Bench({ retention: { messages: 50 } })
    bench.join('a')
    for (let i = 0; i < 20; i++) {
      bench.publish(10)
      bench.drain()
    }
    expect(bench.assigner.status().length).to.equal(50)
  })

  it('hold nothing against consumers while the assigner itself stood still', () => {
    const bench = new Bench()
    bench.join('a', { concurrency: 20 })
    bench.publish(20)
    bench.join('b')
    // its process was frozen for longer than ackWait: what a said meanwhile waits to be read
    bench.now += 5_000
    bench.assign({ type: 'tick' })
    bench.now += 200
    bench.drain()
    expect(bench.begun).to.have.length(20)
    expect(bench.assigner.status().channels[0]).to.include({ low: 20, redelivered: 0 })
  })

  it('wait half a second for word that came while the assigner stood still, and no longer', () => {
    const bench = withoutFirst()
    bench.now += 5_000
    bench.assign({ type: 'tick' })
    bench.pass(450)
    expect(bench.runs.filter(({ by }) => by === 'b')).to.have.length(0)
    bench.pass(100)
    expect(bench.runs.filter(({ by }) => by === 'b')).to.have.length(20)
  })

  it('go on when the timers of their process are always late, as those of a hidden tab', () => {
    const bench = withoutFirst()
    for (let i = 0; i < 3; i++) {
      bench.now += 1_000
      bench.assign({ type: 'tick' })
    }
    expect(bench.runs.filter(({ by }) => by === 'b')).to.have.length(20)
  })

  it('cut a consumer that acks what it was not given, and believe nothing of it', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(3)
    bench.from('thief', { type: 'ack', log: LOG, channel: SPEC.channel, outcomes: { ...EMPTY, done: [1, Number.MAX_SAFE_INTEGER] } })
    expect(bench.problems).to.have.length(1)
    bench.from('a', { type: 'lacks', log: LOG, channel: SPEC.channel, ranges: [3, 1] })
    expect(bench.problems).to.have.length(2)
    expect(bench.assigner.status().channels[0]).to.include({ low: 0 })
    bench.drain()
    expect(bench.assigner.status().channels[0]).to.include({ low: 3 })
  })

  it('count the attempts of others, whatever a consumer gives back and brings back again', () => {
    const bench = new Bench()
    const open = (holds: number[]): void => { bench.from('liar', { type: 'open', log: LOG, spec: SPEC, weight: 1, fresh: false, session: 1, prefetch: 1, concurrency: 1, holds, low: 0, outcomes: EMPTY }) }
    const giveBack = (): void => { bench.from('liar', { type: 'credit', log: LOG, channel: SPEC.channel, prefetch: 0, concurrency: 1, unstarted: [1, 1] }) }
    bench.assign({ type: 'channel', spec: SPEC, members: [{ id: 'liar', weight: 1 }] })
    bench.assign({ type: 'connected', peer: 'liar' })
    open([])
    bench.publish(1)
    for (let i = 0; i < 50; i++) {
      giveBack()
      open([1, 1])
    }
    giveBack()
    bench.join('a')
    for (let i = 1; i <= 3; i++) {
      bench.pass(300)
      expect(bench.tries()).to.deep.equal([[1, i]])
      bench.settle(0, 'nak')
    }
    expect(bench.of('dead').map(({ attempt }) => attempt)).to.deep.equal([3])
  })

  it('stop sending again to a peer that asks without end', () => {
    const bench = new Bench()
    bench.assign({ type: 'publish', messages: Array.from({ length: 64 }, () => ({ at: bench.time().wall, ttl: 0, key: undefined, payload: new Uint8Array(190_000) })) })
    for (let i = 0; i < 2_000; i++) bench.assign({ type: 'message', from: 'x', message: { type: 'fetch', log: LOG, ranges: [1, 64] } })
    expect(bench.problems.length).to.be.greaterThan(0)
    expect(bench.of('send').length).to.be.lessThan(1_500)
  })

  it('refuse a batch in another one\'s name, and one with holes', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(3)
    const { batch } = bench.of('publish')[0]!
    bench.consume('a', { type: 'batch', from: 'Q', batch })
    bench.consume('a', { type: 'batch', from: 'P', batch: { ...batch, messages: [batch.messages[0]!, batch.messages[2]!] } })
    expect(bench.problems).to.have.length(2)
  })
})
