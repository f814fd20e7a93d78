import { expect } from 'chai'
import fc from 'fast-check'
import { findings } from '../../src/monitor/findings.ts'
import { HealthCore } from '../../src/monitor/health.core.ts'
import type { Observed } from '../../src/monitor/findings.ts'
import type { Finding } from '../../src/monitor/health.core.ts'
import type { Health } from '../../src/monitor/index.ts'

const WELL: Observed = {
  status: 'joined', isolation: [], unreachable: undefined, page: false, leaderless: [], fault: undefined, gossip: { subscribers: 2, mesh: 2 }, full: [],
  serving: 'SERVING', others: 2, suspects: 0, loopDelay: 3
}

const lasting = (key: string, text = key, isolated = false): Finding => ({ key, text, isolated, raise: 3_000, clear: 5_000 })

function healthy (): HealthCore {
  const core = new HealthCore({ level: 'isolated', reasons: ['starting'] })
  core.step(0, [])
  return core
}

describe('monitor: health', () => {
  it('is healthy at once when nothing is wrong at the first look', () => {
    const core = new HealthCore({ level: 'isolated', reasons: ['the node is starting'] })
    expect(core.health.level).to.equal('isolated')
    expect(core.step(0, [])).to.deep.equal({ level: 'healthy', reasons: [] })
    expect(core.step(1_000, [])).to.equal(undefined)
  })

  it('tells of what has lasted, not of what has not, and of its end once that has lasted', () => {
    const core = healthy()
    const trouble = [lasting('leader', 'the group of \'login\' has no leader')]
    expect(core.step(1_000, trouble)).to.equal(undefined)
    expect(core.step(2_000, [])).to.equal(undefined)
    for (const now of [3_000, 4_000, 5_000]) expect(core.step(now, trouble)).to.equal(undefined)
    expect(core.step(6_000, trouble)).to.deep.equal({ level: 'joined', reasons: ['the group of \'login\' has no leader'] })
    expect(core.step(7_000, trouble)).to.equal(undefined)
    for (const now of [8_000, 9_000, 12_000]) expect(core.step(now, [])).to.equal(undefined)
    expect(core.step(13_000, [])).to.deep.equal({ level: 'healthy', reasons: [] })
  })

  it('a trouble that comes and goes is one trouble', () => {
    const core = healthy()
    const changes: Health[] = []
    for (let now = 0; now < 60_000; now += 1_000) {
      const change = core.step(now, now < 10_000 || now % 4_000 === 0 ? [lasting('gossip')] : [])
      if (change !== undefined) changes.push(change)
    }
    expect(changes).to.deep.equal([{ level: 'joined', reasons: ['gossip'] }])
  })

  it('without a path it is isolated, whatever else is wrong', () => {
    const core = healthy()
    const both = [lasting('full'), lasting('path', 'no path', true)]
    core.step(0, both)
    expect(core.step(3_000, both)).to.deep.equal({ level: 'isolated', reasons: ['full', 'no path'] })
  })

  it('tells a reason\'s new words, and 16 reasons at most', () => {
    const core = healthy()
    const many = (word: string): Finding[] => Array.from({ length: 20 }, (_, i) => ({ ...lasting(`${i}`, `${word} ${i}`), raise: 0 }))
    expect(core.step(0, many('a'))?.reasons).to.have.lengthOf(17).and.to.include('a 0').and.to.include('and 4 more')
    expect(core.step(1, many('b'))?.reasons[0]).to.equal('b 0')
  })

  it('whatever happens, a reason is there only after its time, and two changes of one reason are that far apart', () => {
    fc.assert(fc.property(fc.array(fc.record({ wait: fc.integer({ min: 1, max: 4_000 }), there: fc.boolean() }), { maxLength: 80 }), steps => {
      const core = healthy()
      let now = 0
      let since = 0
      let present = false
      let changedAt = -Infinity
      for (const { wait, there } of steps) {
        now += wait
        if (there !== present) [present, since] = [there, now]
        const before = core.health.level
        const change = core.step(now, there ? [lasting('x')] : [])
        const after = core.health.level
        if (change === undefined) expect(after).to.equal(before)
        else {
          expect(after).not.to.equal(before)
          expect(now - since).to.be.at.least(after === 'joined' ? 3_000 : 5_000)
          expect(now - changedAt).to.be.at.least(3_000)
          changedAt = now
        }
        // level-triggered: what has lasted is told at this look
        if (present && now - since >= 3_000) expect(after).to.equal('joined')
        if (!present && now - since >= 5_000) expect(after).to.equal('healthy')
      }
    }))
  })
})

describe('monitor: what is wrong', () => {
  const texts = (seen: Partial<Observed>): string[] => findings({ ...WELL, ...seen }).map(({ text }) => text)

  it('is nothing with a node that is well, alone or among others', () => {
    expect(findings(WELL)).to.deep.equal([])
    expect(findings({ ...WELL, others: 0, gossip: { subscribers: 0, mesh: 0 } })).to.deep.equal([])
    expect(findings({ ...WELL, gossip: undefined, loopDelay: undefined })).to.deep.equal([])
  })

  it('is said in plain words', () => {
    expect(texts({ status: 'isolated', isolation: ['bootstrap /ip4/1.2.3.4/tcp/1 cannot be reached: refused'] })).to.deep.equal(['there is no path into the mesh: bootstrap /ip4/1.2.3.4/tcp/1 cannot be reached: refused'])
    expect(texts({ status: 'isolated' })).to.deep.equal(['there is no path into the mesh'])
    expect(texts({ unreachable: ['relay r: full'], page: true })).to.deep.equal(['no relay has a place for this tab, which nobody can dial: relay r: full'])
    expect(texts({ unreachable: ['a', 'b', 'c', 'd', 'e'] })).to.deep.equal(['no relay has a place for this node, which nobody can dial: a; b; c; and 2 more'])
    expect(texts({ leaderless: ['login'] })).to.deep.equal(['the group of \'login\' has no leader'])
    expect(texts({ fault: 'its store was lost' })).to.deep.equal(['this node cannot vote: its store was lost'])
    expect(texts({ gossip: { subscribers: 3, mesh: 0 } })[0]).to.match(/^the gossip mesh has 0 peers/)
    expect(texts({ full: ['orders'] })).to.deep.equal(['the outbox of topic orders is full'])
    expect(texts({ serving: 'NOT_SERVING' })).to.deep.equal(['the application says that it does not serve'])
    expect(texts({ others: 3, suspects: 2 })[0]).to.match(/^most of the other nodes do not answer/)
    expect(texts({ others: 1, suspects: 1 })).to.deep.equal([])
    expect(texts({ loopDelay: 900 })[0]).to.match(/^this process is busy/)
    expect(texts({ status: 'draining' })).to.deep.equal(['the node is draining: it takes no new calls'])
  })

  it('names eight services or topics, and no number that changes all the time', () => {
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`)
    expect(texts({ leaderless: names })).to.have.lengthOf(9)
    expect(texts({ leaderless: names }).at(-1)).to.equal(texts({ leaderless: names.slice(1) }).at(-1))
    expect(texts({ full: names }).at(-1)).to.equal('the outboxes of other topics are full as well')
  })

  it('of a node that starts or has stopped is that, and no more', () => {
    for (const status of ['starting', 'stopped'] as const) {
      expect(findings({ ...WELL, status, full: ['x'], gossip: { subscribers: 1, mesh: 0 } })).to.have.lengthOf(1)
      expect(findings({ ...WELL, status })[0]).to.include({ isolated: true, raise: 0, clear: 0 })
    }
  })
})
