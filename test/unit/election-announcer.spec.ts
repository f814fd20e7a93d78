import { expect } from 'chai'
import { Announcer } from '../../src/election/announcer.ts'
import { until } from '../harness/until.ts'
import type { SelfPatch } from '../../src/discovery/index.ts'

const CONFIG = { group: 7, epoch: 7, kind: 'voters' as const, term: 1, version: 1, voters: [{ id: 'A', incarnation: '' }, { id: 'B', incarnation: '' }], replaces: 0 }
type Change = Parameters<Announcer['tell']>[0]

function change (state: Change['state'], leader: string | undefined, term: number): Change {
  return { type: 'change', state, leader, token: leader === undefined ? undefined : { epoch: 7, term }, config: CONFIG }
}

describe('election announcer', () => {
  const told: SelfPatch[] = []
  const announcer = new Announcer('A', patch => { told.push(patch) })

  beforeEach(() => { told.length = 0 })
  afterEach(() => { announcer.stop() })

  it('says at once that this node leads', () => {
    announcer.tell(change('leader', 'A', 2))
    expect(told[0]?.election).to.include({ leader: 'A', term: 2, epoch: 7, group: 7 })
  })

  it('says once, later, who leads else, and nothing of the time between two leaders', async () => {
    announcer.tell(change('wait', undefined, 2))
    announcer.tell(change('follower', 'B', 3))
    expect(told).to.deep.equal([])
    await until(() => told.length > 0)
    expect(told.map(({ election }) => election?.leader)).to.deep.equal(['B'])
  })

  it('says nothing any more that a later leadership made untrue, or when it is stopped', async () => {
    announcer.tell(change('follower', 'B', 3))
    announcer.tell(change('leader', 'A', 4))
    announcer.tell(change('observer', undefined, 5))
    announcer.stop()
    announcer.tell({ ...change('observer', 'B', 6), config: { ...CONFIG, voters: [] } })
    await until(() => told.length > 1)
    expect(told.map(({ election }) => election?.leader)).to.deep.equal(['A', undefined])
  })
})
