import { expect } from 'chai'
import { checkDeliveries } from '../harness/deliveries.ts'
import { PubsubGroup } from '../harness/pubsub-group.ts'
import { until } from '../harness/until.ts'
import type { Fault, Handling } from '../harness/deliveries.ts'
import type { PubsubGroupInit, Seat } from '../harness/pubsub-group.ts'

/** Faults of the run that has all of them; for the long run: BRAID_KILLS=100. */
const KILLS = Number(process.env['BRAID_KILLS'] ?? 6)

/** Times that all connections of a node are cut. */
const CUTS = 2 * KILLS

const KEEPERS: readonly Seat[] = ['keeper1', 'keeper2', 'keeper3'].map(label => ({ label, keeper: true }))
const WORKERS: readonly Seat[] = [
  { label: 'worker1', consumes: ['billing', 'audit'] },
  { label: 'worker2', consumes: ['billing', 'audit'] },
  { label: 'worker3', consumes: ['billing'] }
]

describe('processes: pub/sub', function () {
  this.timeout(300_000)
  const groups: PubsubGroup[] = []

  async function start (init: PubsubGroupInit): Promise<PubsubGroup> {
    const group = new PubsubGroup(init)
    groups.push(group)
    await group.start()
    return group
  }

  /** Nothing lost, nothing altered, and everything that came twice has its cause. */
  async function expectDelivered (group: PubsubGroup): Promise<void> {
    const { lost, unexpected, altered, unexplained } = await group.verdict()
    const wrong = { lost, unexpected, altered, unexplained }
    expect(wrong, JSON.stringify(wrong).slice(0, 4_000)).to.deep.equal({ lost: [], unexpected: [], altered: [], unexplained: [] })
    group.expectClean()
  }

  afterEach(async () => {
    await Promise.all(groups.splice(0).map(async group => group[Symbol.asyncDispose]()))
  })

  it('what is lost, altered, unexpected or handled twice for no reason is seen', () => {
    const handling = (id: string, body: string, at: number, node = 'w'): Handling => ({ node, publisher: 'p', channel: 'c', id, body, attempt: 1, at })
    const judge = (handlings: Handling[], faults: Fault[] = []): Record<string, number> => {
      const attempts = [{ body: 'a', id: '1' }, { body: 'b', id: '2' }, { body: 'x', id: undefined }]
      const { lost, unexpected, altered, unexplained, repeats } = checkDeliveries({ attempts, handlings, channels: ['c'], faults })
      return { lost: lost.length, unexpected: unexpected.length, altered: altered.length, unexplained: unexplained.length, repeats: [...repeats.values()].reduce((sum, n) => sum + n, 0) }
    }
    const all = [handling('1', 'a', 1), handling('2', 'b', 2)]
    const none = { lost: 0, unexpected: 0, altered: 0, unexplained: 0, repeats: 0 }
    expect(judge(all)).to.deep.equal(none)
    expect(judge([...all, handling('3', 'x', 3)])).to.deep.equal(none)
    expect(judge(all.slice(1))).to.deep.equal({ ...none, lost: 1 })
    expect(judge([...all, handling('4', 'z', 3)])).to.deep.equal({ ...none, unexpected: 1 })
    expect(judge([handling('1', 'b', 1), handling('2', 'a', 2)])).to.deep.equal({ ...none, altered: 2 })
    expect(judge([...all, handling('1', 'a', 9, 'v')])).to.deep.equal({ ...none, unexplained: 1 })
    for (const node of ['w', 'p']) expect(judge([...all, handling('1', 'a', 9, 'v')], [{ kind: 'killed', node, at: 5 }])).to.deep.equal({ ...none, repeats: 1 })
    expect(judge([...all, handling('1', 'a', 9, 'v')], [{ kind: 'killed', node: 'v', at: 5 }])).to.deep.equal({ ...none, unexplained: 1 })
    expect(judge([...all, handling('1', 'a', 9, 'v')], [{ kind: 'a connection ended', node: 'p', other: 'w', at: 5 }])).to.deep.equal({ ...none, repeats: 1 })
    expect(judge([...all, handling('1', 'a', 9, 'v')], [{ kind: 'a connection ended', node: 'p', other: 'v', at: 5 }])).to.deep.equal({ ...none, unexplained: 1 })
    expect(judge([...all, handling('1', 'a', 9, 'v')], [{ kind: 'cut', at: 10 }])).to.deep.equal({ ...none, unexplained: 1 })
  })

  it('consumers, publishers and keepers are killed and stopped in turn: nothing is lost, and repeats have their cause', async function () {
    this.timeout(300_000 + 60_000 * KILLS)
    const group = await start({
      seats: [
        ...KEEPERS, ...WORKERS,
        { label: 'shop1', publishes: { rate: 100, confirm: 'outbox' } },
        { label: 'shop2', publishes: { rate: 100, confirm: 'stored' }, storage: false }
      ],
      subscribe: { ackWait: 3_000 }
    })
    const roles = [['consumer', [3, 4, 5]], ['publisher', [6, 7]], ['keeper', [0, 1, 2]]] as const
    for (let i = 0; i < KILLS; i++) {
      const [role, seats] = roles[i % 3] as typeof roles[number]
      const index = seats[Math.floor(i / 6) % seats.length] as number
      await group.flow(100)
      if (i % 6 < 3) {
        await group.kill(index, `${role} killed`)
        await group.flow(100)
        await group.restart(index)
      } else {
        const resume = group.stop(index, `${role} stopped`)
        await group.flow(100)
        await group.caughtUp()
        resume()
      }
    }
    await group.flow(300)
    await expectDelivered(group)
  })

  /** A shop that also works, whose every connection with the others can be made bad. */
  const SPLIT: readonly Seat[] = [
    { label: 'island', publishes: { rate: 50, confirm: 'outbox' }, consumes: ['billing'] },
    { label: 'worker', consumes: ['billing', 'audit'], keeper: true },
    { label: 'shop', publishes: { rate: 50, confirm: 'stored' }, keeper: true },
    { label: 'keeper', keeper: true }
  ]

  it('connections that are cut again and again lose nothing', async () => {
    const group = await start({ seats: SPLIT, island: true })
    await group.flow(100)
    const over = group.fault('connections cut')
    for (let i = 0; i < CUTS; i++) {
      for (const proxy of group.proxies) proxy.reset()
      await group.flow(40)
    }
    over()
    await group.flow(100)
    await expectDelivered(group)
  })

  it('both sides of a partition publish and consume on, and when it heals each has all of the other', async () => {
    const group = await start({ seats: SPLIT, island: true })
    await group.flow(100)
    const over = group.fault('partition')
    for (const proxy of group.proxies) proxy.set({ blackhole: true })
    const [island, worker] = [group.node(0), group.node(1)]
    await until(() => [island, worker].every(node => node.eventsOf('node:remove').length > 0), { timeout: 60_000, what: 'both sides notice' })
    await group.flow(100)
    await Promise.all(group.proxies.map(async proxy => proxy.heal()))
    over()
    await group.flow(300)
    await expectDelivered(group)
  })
})
