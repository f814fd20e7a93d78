import { expect } from 'chai'
import { createView } from '../../src/discovery/view.core.ts'
import { Views } from '../../src/election/views.ts'
import { FakeDiscovery, nodeInfo } from './rpc-fakes.ts'
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
    const discovery: Pick<Discovery, 'nodes'> = { nodes: () => [...records] }
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

describe('election: views that are followed', () => {
  const led = (service: string, term: number): NodeInfo =>
    nodeInfo(`n-${service}`, service, { roles: ['voter'], election: { epoch, term, leader: `n-${service}`, voters: [`n-${service}`], group: epoch, kind: 'default' } })

  let discovery: FakeDiscovery
  let asked: string[]
  let views: Views

  beforeEach(() => {
    discovery = new FakeDiscovery(nodeInfo('self', 'gate'))
    asked = []
    views = new Views(discovery, service => { asked.push(service) }, () => ({ now: 1_000, wall: WALL + 1_000 }))
  })

  it('names without nodes, however many, keep no service from being followed', () => {
    discovery.see(led('first', 1))
    views.follow('first')
    for (let i = 0; i < 1_100; i++) views.follow(`x${i}`)
    discovery.see(led('login', 1))
    views.follow('login')
    discovery.see(led('login', 2))
    discovery.see(led('first', 2))
    expect(views.changes(undefined).map(({ service, term }) => [service, term])).to.deep.equal([['first', 2], ['login', 2]])
    // the oldest of them went, and the newest is still told of
    discovery.see(led('x0', 1))
    discovery.see(led('x1099', 1))
    expect(views.changes(undefined).map(({ service }) => service)).to.deep.equal(['x1099'])
    expect(asked).to.have.length(1_100)
    views.follow('x1098')
    expect(asked).to.have.length(1_100)
  })

  it('of three hundred only the one of which a node has changed is looked at again', () => {
    let looks = 0
    const view = createView({ self: 'self' })
    const see = (info: NodeInfo): void => { view.step({ type: 'record', now: 1_000, record: { info, signed: new Uint8Array(0) } }) }
    views = new Views(view, undefined, () => ({ now: 1_000, wall: WALL + 1_000 }))
    for (let i = 0; i < 300; i++) {
      const node = led(`s${i}`, 1)
      see(Object.defineProperty({ ...node }, 'election', { enumerable: true, get: () => { looks++; return node.election } }))
      views.follow(`s${i}`)
    }
    expect(looks).to.be.above(299)
    looks = 0
    see({ ...led('s7', 2), seq: 9 })
    looks = 0
    expect(views.changes(undefined).map(({ service, term }) => [service, term])).to.deep.equal([['s7', 2]])
    expect(looks).to.equal(0)
  })
})
