import { expect } from 'chai'
import { createConsumer } from '../../src/pubsub/consumer.core.ts'
import { Deadlines } from '../../src/pubsub/deadlines.core.ts'
import { EPHEMERAL_GRACE, MAX_OPENINGS } from '../../src/pubsub/numbers.core.ts'
import { createRegistry } from '../../src/pubsub/registry.core.ts'
import { STATED } from '../../src/pubsub/settings.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { Bench, LOG, SPEC } from './pubsub-core-bench.ts'
import type { ChannelSpec, Opening, RegistryCore, RegistryDelta, RegistryInput, RegistryOutput } from '../../src/pubsub/types.core.ts'

const WALL = 1_700_000_000_000
const CHANNEL = 'orders/billing'
const HOUR = 3_600_000
/** Bit of what was asked for. */
const MAX_DELIVER = 1

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

const specOf = (change: Partial<ChannelSpec> = {}): ChannelSpec =>
  ({ channel: CHANNEL, pattern: 'orders', name: 'billing', opened: WALL, start: 'latest', durable: true, expire: HOUR, maxDeliver: 5, ackWait: 30_000, backoff: [250], ...change })
const openingOf = (tag: string, change: Partial<ChannelSpec> = {}, at = 0, stated = 0): Opening => ({ tag, by: 'm', spec: specOf(change), at, stated })
const deltaOf = (...openings: Opening[]): RegistryDelta => ({ openings, removed: [], members: [] })

/** A registry, with the time in the hands of the test. */
class Node {
  now = 0
  readonly id: string
  readonly core: RegistryCore
  readonly seen: RegistryOutput[] = []

  constructor (id: string, seed = 1) {
    this.id = id
    this.core = createRegistry({ self: id, incarnation: 1, random: createRandom(seed).fork(id), time: { now: 0, wall: WALL } })
  }

  step (input: Untimed<RegistryInput>): RegistryOutput[] {
    const out = this.core.step({ ...input, now: this.now, wall: WALL + this.now })
    this.seen.push(...out)
    return out
  }

  /** Subscribes as the room does, with the defaults for what is left out. */
  open (change: Partial<ChannelSpec> = {}, weight = 1): RegistryOutput[] {
    const { durable = true } = change
    const stated = STATED.reduce((bits, name, i) => name in { ...change, durable } ? bits | 1 << i : bits, 0) & (durable ? 31 : 7)
    return this.step({ type: 'open', spec: specOf({ opened: WALL + this.now, ...change }), stated, weight })
  }

  close (): void {
    this.step({ type: 'close', channel: CHANNEL })
  }

  hear (from: Node): void {
    this.step({ type: 'message', from: from.id, delta: from.core.whole() })
  }

  get spec (): ChannelSpec | undefined {
    return this.core.matching('orders')[0]?.spec
  }

  /** The channel is still there, so much later. */
  keeps (ms: number): boolean {
    this.now += ms
    this.step({ type: 'tick' })
    return this.spec !== undefined
  }
}

describe('pub/sub: what a channel is when several ask for it', () => {
  let a: Node, b: Node, c: Node

  beforeEach(() => {
    [a, b, c] = [new Node('a'), new Node('b'), new Node('c')]
  })

  const meet = (): void => {
    for (let round = 0; round < 2; round++) for (const to of [a, b, c]) for (const from of [a, b, c]) if (to !== from) to.hear(from)
  }

  it('who asks once more for what there is tells nobody', () => {
    const told = (change?: Partial<ChannelSpec>, weight = 1): string[] => a.open(change, weight).flatMap(output => output.type === 'spread'
      ? [`${output.delta.openings.length} ${output.delta.members.length}`]
      : output.type === 'opened' ? ['opened'] : [])
    expect(told()).to.deep.equal(['1 1', 'opened'])
    expect(told()).to.deep.equal(['opened'])
    expect(told({ ackWait: 5_000 })).to.deep.equal(['1 0', 'opened'])
    expect(told({ ackWait: 5_000 }, 2)).to.deep.equal(['0 1', 'opened'])
    meet()
    expect(b.core.matching('orders')[0]?.members).to.deep.equal([{ id: 'a', weight: 2 }])
    // it left: others hear of it again
    a.close()
    expect(told({}, 2)).to.deep.equal(['0 1', 'opened'])
  })

  it('is durable as soon as one asks for it, and stays so when all have left', () => {
    a.open({ durable: false })
    meet()
    b.open({ durable: true })
    meet()
    expect([a.spec, b.spec, c.spec].map(spec => spec?.durable)).to.deep.equal([true, true, true])
    for (const node of [a, b]) node.close()
    meet()
    expect([a, b, c].map(node => node.keeps(HOUR - 1))).to.deep.equal([true, true, true])
    expect([a, b, c].map(node => node.keeps(2))).to.deep.equal([false, false, false])
  })

  it('is not made ephemeral by who comes later, nor does that end it sooner', () => {
    a.open({ durable: true })
    meet()
    expect(b.open({ durable: false }).some(output => output.type === 'spread' && output.delta.openings.length > 0)).to.equal(false)
    c.hear(b)
    c.open({ durable: false, expire: 5 })
    meet()
    for (const node of [a, b, c]) node.close()
    meet()
    expect([a, b, c].map(node => node.spec)).to.deep.equal(Array(3).fill(specOf()))
    expect(a.keeps(EPHEMERAL_GRACE * 2)).to.equal(true)
  })

  it('lasts as long as the newest says that names a time; who names none takes the one that there is', () => {
    a.open({ durable: true, expire: 5_000 })
    meet()
    b.open()
    meet()
    expect(c.spec?.expire).to.equal(5_000)
    c.open({ expire: 9_000 })
    meet()
    expect([a.spec?.expire, b.spec?.expire, c.spec?.expire]).to.deep.equal([9_000, 9_000, 9_000])
    a.open({ expire: 7_000 })
    meet()
    expect([a.spec?.expire, b.spec?.expire, c.spec?.expire]).to.deep.equal([7_000, 7_000, 7_000])
  })

  it('one that was ephemeral becomes durable for the time of who wants that', () => {
    a.open({ durable: false, expire: HOUR * 2 })
    meet()
    b.open({ durable: true, expire: 5_000 })
    meet()
    expect([a.spec, c.spec].map(spec => [spec?.durable, spec?.expire])).to.deep.equal([[true, 5_000], [true, 5_000]])
  })

  it('tries as often, and waits as long, as the newest says that says anything; whatever the clocks', () => {
    a.open({ ackWait: 60_000 })
    meet()
    // a clock that is behind
    b.now = -HOUR
    b.open({ maxDeliver: 2 })
    meet()
    expect(c.spec).to.deep.include({ ackWait: 60_000, maxDeliver: 2, opened: WALL })
    c.open({ maxDeliver: 9, backoff: [1, 2] })
    meet()
    const settings = { ackWait: 60_000, maxDeliver: 9, backoff: [1, 2] }
    for (const node of [a, b, c]) expect(node.spec).to.deep.include(settings)
    // who says nothing changes nothing
    a.open()
    meet()
    for (const node of [a, b, c]) expect(node.spec).to.deep.include(settings)
  })

  it('what two ask for that did not know of each other both counts, and is the same everywhere', () => {
    a.open({ durable: false, ackWait: 60_000 })
    b.now = 5
    b.open({ maxDeliver: 2 })
    c.now = 10
    c.open({ durable: false })
    meet()
    const spec = specOf({ ackWait: 60_000, maxDeliver: 2 })
    expect([a.spec, b.spec, c.spec]).to.deep.equal([spec, spec, spec])
  })

  it('is the same in whatever order openings come, and however often', () => {
    const random = createRandom(7)
    for (let round = 0; round < 200; round++) {
      const openings = Array.from({ length: 12 }, (_, i) => openingOf(`t${i}`, {
        opened: WALL + random.int(3), durable: random.chance(0.3), expire: 1 + random.int(3), maxDeliver: 1 + random.int(5), ackWait: 1 + random.int(5), backoff: [random.int(5)]
      }, random.chance(0.6) ? WALL + 3 + random.int(4) : 0, random.int(32)))
      const specs = Array.from({ length: 4 }, () => {
        const node = new Node('n')
        const rest = [...random.shuffle(openings), ...random.shuffle(openings).slice(0, 5)]
        while (rest.length > 0) node.step({ type: 'message', from: 'm', delta: deltaOf(...rest.splice(0, 1 + random.int(4))) })
        expect(node.seen.filter(({ type }) => type === 'problem')).to.deep.equal([])
        return node.spec
      })
      expect(new Set(specs.map(spec => JSON.stringify(spec))).size, `round ${round}`).to.equal(1)
    }
  })

  it('however often that changes, only a few openings are remembered', () => {
    for (let round = 0; round < 50; round++) {
      a.open({ durable: round % 3 === 0, maxDeliver: 1 + round % 7, ackWait: 1_000 + round % 5, expire: HOUR + round })
      b.hear(a)
      b.open({ backoff: [round] })
      a.hear(b)
    }
    meet()
    for (const node of [a, b, c]) {
      expect(node.core.whole().openings.length).to.be.at.most(6)
      expect(node.core.whole().removed).to.deep.equal([])
      expect(node.spec).to.deep.equal(a.spec)
      expect(node.seen.filter(({ type }) => type === 'problem')).to.deep.equal([])
    }
  })

  it('a flood of openings leaves room for who asks for something else', () => {
    const flood = Array.from({ length: 100 }, (_, i) => openingOf(`f${i}`, { opened: WALL - i, durable: false }))
    const later = Array.from({ length: 100 }, (_, i) => openingOf(`l${i}`, { durable: true, expire: HOUR + i }, WALL + HOUR - i, 2 ** 32 - 1))
    a.step({ type: 'message', from: 'm', delta: deltaOf(...flood, ...later) })
    expect(a.core.whole().openings).to.have.length(MAX_OPENINGS + 1)
    expect(a.seen.filter(({ type }) => type === 'problem')).not.to.deep.equal([])
    a.open({ maxDeliver: 2 })
    expect(a.spec).to.deep.include({ durable: true, maxDeliver: 2 })
    expect(a.core.whole().openings.length).to.be.at.most(MAX_OPENINGS + 2)
  })

  it('times that nothing can follow are not believed, and keep nobody from subscribing; those of a clock that is ahead are followed', () => {
    for (const at of [Number.MAX_SAFE_INTEGER, WALL + 25 * HOUR, WALL + 24 * HOUR]) {
      a.step({ type: 'message', from: 'm', delta: deltaOf(openingOf(`z${at}`, { maxDeliver: 7 }, at, MAX_DELIVER)) })
      expect(a.core.matching()[0]?.spec.maxDeliver).to.equal(at === WALL + 24 * HOUR ? 7 : undefined)
    }
    const opened = a.open({ maxDeliver: 2 }).find(({ type }) => type === 'opened')
    expect(opened).to.have.nested.property('spec.maxDeliver', 2)
  })

  it('openings as they were before this was told count as they did: the oldest', () => {
    a.step({ type: 'message', from: 'm', delta: deltaOf(openingOf('y', { opened: WALL + 1, maxDeliver: 9 }), openingOf('x', { maxDeliver: 7 })) })
    expect(a.spec).to.deep.include({ maxDeliver: 7, opened: WALL })
    a.open()
    expect(a.spec).to.deep.include({ maxDeliver: 7 })
    a.open({ maxDeliver: 3 })
    expect(a.spec).to.deep.include({ maxDeliver: 3, opened: WALL })
  })

  it('who deletes a channel deletes what is asked of it meanwhile, everywhere', () => {
    a.open()
    meet()
    b.open({ maxDeliver: 2 })
    a.step({ type: 'delete', channel: CHANNEL })
    meet()
    expect([a.spec, b.spec, c.spec]).to.deep.equal([undefined, undefined, undefined])
    expect(b.seen.at(-1)).not.to.have.property('type', 'opened')
    expect(b.seen.some(({ type }) => type === 'ended')).to.equal(true)
    // made anew, it is another one
    c.now = 5
    c.open({ maxDeliver: 3 })
    meet()
    expect([a.spec?.maxDeliver, b.spec?.maxDeliver]).to.deep.equal([3, 3])
    expect(a.spec?.opened).to.be.above(WALL)
  })

  it('a node for which it had ended takes it up as it is, when it goes on elsewhere', () => {
    a.open({ durable: false })
    meet()
    c.step({ type: 'gone', peer: 'a' })
    expect(c.keeps(EPHEMERAL_GRACE + 1)).to.equal(false)
    // it hears of what came later first
    const { openings, members } = b.core.whole()
    b.now = 50
    b.open({ durable: false, maxDeliver: 2 })
    const later = b.core.whole().openings.filter(({ tag }) => !openings.some(opening => opening.tag === tag))
    c.step({ type: 'message', from: 'b', delta: deltaOf(...later) })
    c.step({ type: 'message', from: 'b', delta: { openings, removed: [], members } })
    expect(c.spec).to.deep.equal(b.spec)
    expect(c.core.whole().openings.map(({ tag }) => tag).sort()).to.deep.equal(b.core.whole().openings.map(({ tag }) => tag).sort())
    // and so when all that it hears of is older than what it knew
    const { spec } = b
    c.hear(b)
    b.close()
    c.hear(b)
    expect(c.keeps(1)).to.equal(false)
    c.step({ type: 'message', from: 'm', delta: deltaOf(openingOf('old', { durable: false, maxDeliver: 4 }, WALL + 1, MAX_DELIVER)) })
    expect(c.spec).to.deep.equal(spec)
    expect(c.seen.filter(({ type }) => type === 'problem')).to.deep.equal([])
  })
})

describe('pub/sub: another time for handlers', () => {
  const respec = (bench: Bench, change: Partial<ChannelSpec>, consumers = ['a']): void => {
    const spec = { ...SPEC, ...change }
    bench.assign({ type: 'channel', spec, members: consumers.map(id => ({ id, weight: 1 })) })
    for (const id of consumers) bench.consume(id, { type: 'spec', spec })
  }
  const redelivered = (bench: Bench): number => bench.of('redelivered').length

  it('a longer one counts for what runs, too', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(1)
    expect(bench.begun).to.deep.equal([1])
    respec(bench, { ackWait: 5_000 })
    bench.pass(4_000)
    expect(redelivered(bench)).to.equal(0)
    bench.pass(2_000)
    expect(redelivered(bench)).to.be.above(0)
  })

  it('a shorter one counts for what begins later; what runs keeps the time that it was given', () => {
    const bench = new Bench()
    bench.join('a')
    respec(bench, { ackWait: 10_000 })
    bench.publish(1)
    bench.pass(100)
    respec(bench, { ackWait: 500 })
    bench.pass(9_000)
    expect(redelivered(bench)).to.equal(0)
    bench.settle(0, 'ack')
    bench.publish(1)
    expect(bench.begun).to.deep.equal([1, 2])
    bench.pass(1_000)
    expect(redelivered(bench)).to.be.above(0)
  })

  it('a shorter one counts for what begins later while something runs that was given more', () => {
    const bench = new Bench()
    bench.join('a')
    respec(bench, { ackWait: 10_000 })
    bench.publish(2)
    bench.pass(100)
    respec(bench, { ackWait: 500 })
    bench.publish(1)
    expect(bench.begun).to.deep.equal([1, 2, 3])
    bench.pass(1_500)
    expect([...new Set(bench.of('redelivered').map(({ seq }) => seq))]).to.deep.equal([3])
    expect(bench.abandoned).to.include(3).and.not.include(1).and.not.include(2)
    // nor is one missed that is lengthened and comes before others then
    bench.settle(0)
    respec(bench, { ackWait: 20_000 })
    respec(bench, { ackWait: 500 })
    bench.publish(1)
    bench.pass(1_500)
    expect(bench.of('redelivered').map(({ seq }) => seq)).to.include(4).and.not.include(2)
    bench.pass(18_000)
    expect(bench.of('redelivered').map(({ seq }) => seq)).to.include(2)
  })

  it('a longer one is the consumer\'s, too: it gives up what runs when the publisher does', () => {
    const bench = new Bench()
    bench.join('a')
    bench.publish(1)
    bench.pass(100)
    respec(bench, { ackWait: 5_000 })
    bench.pass(4_000)
    expect(bench.abandoned).to.deep.equal([])
    bench.pass(2_000)
    expect(bench.abandoned).to.deep.equal([1])
  })

  it('one that goes to and fro gives what runs the longest once, not again and again', () => {
    const bench = new Bench()
    bench.join('a')
    respec(bench, { ackWait: 3_000 })
    bench.publish(1)
    for (let i = 0; i < 4; i++) {
      respec(bench, { ackWait: 500 })
      respec(bench, { ackWait: 3_000 })
    }
    bench.pass(2_900)
    expect(redelivered(bench)).to.equal(0)
    bench.pass(600)
    expect(redelivered(bench)).to.be.above(0)
  })

  it('is over for each as if it were looked for one by one, however the time changes', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = createRandom(seed)
      const all = new Map<number, { began: number, deadline: number }>()
      const deadlines = new Deadlines(all)
      let time = 100
      for (let now = 0; now < 600; now++) {
        const chance = random()
        if (chance < 0.4) {
          const one = all.get(Math.floor(random() * now)) ?? { began: 0, deadline: 0 }
          for (const [key, other] of all) if (other === one) all.delete(key)
          all.set(now, one)
          deadlines.begin(one, now, time)
        } else if (chance < 0.5) {
          all.delete([...all.keys()][Math.floor(random() * all.size)] ?? -1)
        } else if (chance < 0.55) {
          time = 1 + Math.floor(random() * 200)
          deadlines.change(time)
        }
        const due = [...all].filter(([, { deadline }]) => deadline <= now)
        const least = Math.min(Infinity, ...[...all.values()].map(({ deadline }) => deadline))
        // only what is wrong goes to chai, which takes longer than all the rest
        if (!(deadlines.least <= least)) expect(deadlines.least, `seed ${seed}`).to.be.at.most(least)
        const over = deadlines.over(now)
        if (over.length !== due.length || over.some((one, i) => one !== due[i]?.[1])) expect(over, `seed ${seed}`).to.deep.equal(due.map(([, one]) => one))
        for (const [key] of due) all.delete(key)
      }
    }
  })

  it('what a consumer says of the channel is what it was told last', () => {
    const time = { now: 0, wall: WALL }
    const core = createConsumer({ self: 'a', spec: SPEC, session: 1, time })
    const spec = { ...SPEC, maxDeliver: 9 }
    core.step({ ...time, type: 'spec', spec })
    const sent = core.step({ ...time, type: 'message', from: 'P', message: { type: 'beat', log: LOG, generation: { number: 0, by: 'P' }, high: 1, lows: [] } })
    expect(sent.flatMap(output => output.type === 'send' && output.message.type === 'open' ? [output.message.spec] : [])).to.deep.equal([spec])
  })
})
