/** What a page has of elections says the same as what a Node peer has that does not vote, which all of this is run with, too. */
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { ElectionService } from '../../src/election/election.ts'
import { election, Observer } from '../../src/election/observer.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { FakeDiscovery, nodeInfo, rejection } from './rpc-fakes.ts'
import type { Election, ElectionChange, ElectionComponents, ElectionInit } from '../../src/election/index.ts'
import type { Startable } from '@libp2p/interface'
import type * as Code from '#guarding'

type Room = Election & { afterStart: () => void | Promise<void>, start: () => void | Promise<void>, stop: () => void | Promise<void> } & Startable

const led = (id: string, epoch: number, term: number, leader: string, voters: string[]): ReturnType<typeof nodeInfo> => nodeInfo(id, 'login', { roles: ['voter'], election: { epoch, term, leader, voters, group: epoch, kind: 'default' } })

type Make = (components: ElectionComponents, init: ElectionInit, load?: () => Promise<typeof Code>) => Room

const ROOMS: ReadonlyArray<readonly [string, Make]> = [
  ['a page', (...init) => new Observer(...init) as Room],
  ['a Node peer that does not vote', (components, init) => new ElectionService(components, { ...init, votes: false }) as Room]
]

for (const [who, make] of ROOMS) {
  describe(`elections that ${who} looks at`, () => {
    let discovery: FakeDiscovery
    const rooms: Room[] = []

    afterEach(async () => { for (const room of rooms.splice(0)) await room.stop() })

    async function open (service: string | undefined, init: ElectionInit = {}, load?: () => Promise<typeof Code>, made: (room: Room) => void = () => {}): Promise<Room> {
      discovery = new FakeDiscovery(nodeInfo('page', service))
      const room = make({ discovery, logger: defaultLogger(), events: new EventTarget() } as unknown as ElectionComponents, init, load)
      rooms.push(room)
      made(room)
      await room.start()
      await room.afterStart()
      return room
    }

    it('it knows the leader of its own service and of others, and is told when it changes', async () => {
      const asked: string[] = []
      const room = await open('login', { onAsk: service => { asked.push(service) } })
      const changes: ElectionChange[] = []
      room.addEventListener('change', ({ detail }) => { changes.push(detail) })
      expect([room.state, room.leader, room.of('login')]).to.deep.equal(['observer', undefined, { state: 'observer', voters: [], term: 0, hint: 'page' }])
      expect([room.of('cart'), room.peek('none')]).to.deep.equal([undefined, undefined])
      expect(asked).to.deep.equal(['cart'])
      discovery.see(led('a', 5, 2, 'b', ['a', 'b', 'c']))
      discovery.see(led('b', 5, 2, 'b', ['a', 'b', 'c']))
      const leader = { id: 'b', token: { epoch: 5, term: 2 } }
      expect([room.state, room.leader, room.peek('login')]).to.deep.equal(['observer', leader, { state: 'observer', voters: ['a', 'b', 'c'], term: 2, leader }])
      expect(changes.at(-1)).to.deep.equal({ service: 'login', state: 'observer', leader, term: 2 })
      discovery.see(led('a', 5, 3, 'a', ['a', 'b', 'c']))
      expect(changes.at(-1)).to.deep.equal({ service: 'login', state: 'observer', leader: { id: 'a', token: { epoch: 5, term: 3 } }, term: 3 })
      const told = changes.length
      await room.stop()
      discovery.see(led('a', 5, 4, 'a', ['a', 'b', 'c']))
      expect(changes).to.have.length(told)
      await room.start()
      await room.afterStart()
      discovery.see(led('a', 5, 5, 'a', ['a', 'b', 'c']))
      expect(changes.at(-1)).to.include({ term: 5 })
      expect(() => room.of('not a name')).to.throw().with.property('name', 'InvalidNameError')
    })

    for (const when of ['before it starts', 'then']) {
      it(`who listens ${when} and asks nothing is told of the own service's leaders, of no other's`, async () => {
        const changes: ElectionChange[] = []
        const room = await open('login', {}, undefined, room => {
          if (when !== 'then') room.addEventListener('change', ({ detail }) => { changes.push(detail) })
        })
        if (when === 'then') room.addEventListener('change', ({ detail }) => { changes.push(detail) })
        discovery.see(led('a', 5, 2, 'a', ['a', 'b', 'c']))
        discovery.see(nodeInfo('c', 'cart', { roles: ['voter'], election: { epoch: 5, term: 2, leader: 'c', voters: ['c'], group: 5, kind: 'default' } }))
        expect(changes.map(({ service, leader }) => [service, leader?.id])).to.deep.equal([['login', 'a']])
      })
    }

    it('it has no part in any group, and says so', async () => {
      const room = await open('login')
      discovery.see(led('b', 5, 2, 'b', ['b']))
      expect(room.status()).to.deep.equal({ service: 'login', state: 'observer', epoch: 0, term: 0, leader: undefined, voters: [], learners: [], leaseLeft: 0, voting: false, fault: undefined })
      expect(await rejection(room.runAsLeader(() => {}))).to.have.property('name', 'NotLeaderError')
      expect(await rejection(room.transfer('b'))).to.include({ name: 'NotLeaderError', message: 'only the leader can transfer: ask b' })
      expect(await rejection(room.recover({ voters: [] }))).to.have.property('name', 'InvalidOptionsError')
      expect(await rejection(room.recover({ voters: ['12D3KooWHFAwm2oBf7a7CXP6dwqNKzbcmdS4SaAK9vRJSno8ZZfo'] }))).to.have.property('name', 'NotLeaderError')
      await Promise.all([room.resign(), room.leave()])
      await room.stop()
      expect(await rejection(room.runAsLeader(() => {}))).to.have.property('name', 'MeshStoppedError')
    })

    it('a node without a service has no group of its own', async () => {
      const room = await open(undefined)
      discovery.see(led('b', 5, 2, 'b', ['b']))
      expect([room.state, room.leader, room.status().service]).to.deep.equal(['observer', undefined, undefined])
      expect(room.of('login')?.leader?.id).to.equal('b')
    })

    it('its register is empty, and takes and tells nothing', async () => {
      const { register } = await open('login')
      expect([register.ready, register.current, register.size, register.entry('a'), [...register.entries()]]).to.deep.equal([false, false, { entries: 0, bytes: 0 }, undefined, []])
      expect(await rejection(register.read('a'))).to.include({ name: 'RegisterError', why: 'lost', certain: false })
      expect(await rejection(register.write([{ key: 'a', value: new Uint8Array(1) }]))).to.include({ name: 'RegisterError', why: 'lost', certain: false })
      expect(await rejection(register.write([{ key: '', value: new Uint8Array(1) }]))).to.have.property('name', 'InvalidOptionsError')
    })

    it('it guards a resource, for good', async () => {
      const storage = memoryStorage()
      const { fence } = await open('login', { storage })
      await Promise.all([fence.check('ledger', { epoch: 1, term: 2 }), fence.check('other', { epoch: 1, term: 1 })])
      expect(await rejection(fence.check('ledger', { epoch: 1, term: 1 }))).to.have.property('name', 'StaleTokenError')
      const again = await open('login', { storage })
      expect(await rejection(again.fence.check('ledger', { epoch: 1, term: 1 }))).to.have.property('name', 'StaleTokenError')
      expect(await rejection(again.fence.check('', { epoch: 1, term: 1 }))).to.have.property('name', 'InvalidOptionsError')
    })

    it('it is made of options that can work', () => {
      expect(() => election({ expect: 0 })).to.throw().with.property('name', 'InvalidOptionsError')
    })
  })
}

describe('what a page loads of elections', () => {
  it('comes when it is needed, and is loaded again after a failure', async () => {
    let loads = 0
    const load = async (): Promise<typeof Code> => {
      if (loads++ < 2) throw new TypeError('Failed to fetch dynamically imported module')
      return import('#guarding')
    }
    const discovery = new FakeDiscovery(nodeInfo('page', 'login'))
    const { fence, register } = new Observer({ discovery, logger: defaultLogger() } as unknown as ElectionComponents, {}, load)
    expect(loads).to.equal(0)
    expect(await rejection(fence.check('ledger', { epoch: 1, term: 2 }))).to.have.property('name', 'ElectionStoreError')
    expect(await rejection(register.read('a'))).to.include({ name: 'RegisterError', why: 'lost', certain: false })
    await fence.check('ledger', { epoch: 1, term: 2 })
    expect(await rejection(fence.check('ledger', { epoch: 1, term: 1 }))).to.have.property('name', 'StaleTokenError')
    expect(loads).to.equal(3)
  })
})
