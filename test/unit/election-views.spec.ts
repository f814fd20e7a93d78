import { expect } from 'chai'
import { Views } from '../../src/election/views.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'

const WALL = 1_800_000_000_000
const epoch = WALL * 1_024

const record = (id: string, epoch: number, leader: string, voters: string[]): NodeInfo =>
  ({ id, service: 'login', roles: ['voter'], state: 'up', election: { epoch, term: 1, leader, voters, group: epoch, kind: 'default' } }) as unknown as NodeInfo

describe('election: views', () => {
  let now: number
  let records: NodeInfo[]
  let leader: () => string | undefined

  beforeEach(() => {
    now = 1_000
    records = [record('A', epoch, 'A', ['A', 'B']), record('B', epoch, 'A', ['A', 'B'])]
    const discovery: Pick<Discovery, 'nodes'> = { nodes: () => records }
    const views = new Views(discovery, undefined, () => ({ now, wall: WALL + now }))
    leader = () => views.get('login')?.leader?.id
  })

  it('does not believe an epoch that no clock can have given', () => {
    records.push(record('X', Number.MAX_SAFE_INTEGER, 'X', ['X']), record('Y', epoch + 2 * 24 * 3_600_000 * 1_024, 'Y', ['Y']))
    expect(leader()).to.equal('A')
  })

  it('takes nothing older back while somebody tells of the newest, and for minutes after; then what is there counts', () => {
    expect(leader()).to.equal('A')
    const liar = record('X', epoch + 1, 'X', ['X'])
    records.push(liar)
    expect(leader()).to.equal('X')
    now += 3_600_000
    expect(leader()).to.equal('X')
    records.pop()
    now += 60_000
    expect(leader()).to.equal(undefined)
    now += 300_000
    expect(leader()).to.equal('A')
    records.push(record('C', epoch + 1, 'C', ['C']))
    expect(leader()).to.equal('C')
  })
})
