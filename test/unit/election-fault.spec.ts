import { expect } from 'chai'
import { memoryStorage } from '../../src/storage/index.ts'
import { OwnTime } from '../harness/own-time.ts'
import { startAlone } from './election-alone.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config } from '../../src/election/types.core.ts'
import type { Member } from '../../src/election/member.ts'

describe('election: a peer that says that its group is of the far future', () => {
  let time: OwnTime
  let member: Member
  let told: string[]

  beforeEach(() => {
    time = new OwnTime()
    told = []
    member = startAlone(memoryStorage(), told)
  })

  afterEach(() => {
    member.stop()
    time.restore()
  })

  function hello (from: string, group: number): void {
    const incarnation = 'f'.repeat(32)
    const epoch = Number.MAX_SAFE_INTEGER
    const config: Config = { group, epoch, kind: 'voters', term: 0, version: 1, voters: [{ id: from, incarnation }], replaces: 0 }
    const message: Message = {
      type: 'hello', group, epoch, term: 0, incarnation, config, founded: true, leader: from, eligible: true, kind: 'voters', size: 1, highestEpoch: epoch, ask: false
    }
    member.group.input({ type: 'connected', peer: from })
    member.group.input({ type: 'message', from, message })
  }

  it('is told of, and is a fault only until this node has a leader', async () => {
    await time.until(() => member.group.status() !== undefined)
    hello('x', 7)
    expect(told.at(-1)).to.match(/^group-conflict: x .*compare the clocks of both; only if/)
    expect(member.fault).to.have.property('name', 'GroupConflictError')
    await time.until(() => member.ready)
    expect(member.fault).to.equal(undefined)
    hello('y', 7)
    expect(told.at(-1)).to.match(/^group-conflict: y /)
    expect(member.fault).to.equal(undefined)
  })

  it('is no other group when it is the same', async () => {
    await time.until(() => member.ready)
    hello('x', member.group.status()!.group)
    expect(told.at(-1)).to.match(/^term-jump: x /)
  })
})

describe('election: a node that waits to found a group', () => {
  it('has no fault any more once it has joined one as a learner', async () => {
    const time = new OwnTime()
    const member = startAlone(memoryStorage(), [], { expect: 3 })
    try {
      await time.until(() => member.fault !== undefined)
      expect(member.fault).to.have.property('name', 'VotersError')
      const incarnation = 'f'.repeat(32)
      const config: Config = { group: 7, epoch: 7, kind: 'expect', term: 1, version: 1, voters: [{ id: 'x', incarnation }], replaces: 0 }
      member.group.input({ type: 'connected', peer: 'x' })
      // the first one makes it join, the next one, which it asks for, tells who leads
      for (let hellos = 0; hellos < 2; hellos++) {
        member.group.input({
          type: 'message',
          from: 'x',
          message: { type: 'hello', group: 7, epoch: 7, term: 1, incarnation, config, founded: true, leader: 'x', eligible: true, kind: 'expect', size: 3, highestEpoch: 7, ask: false }
        })
      }
      await time.until(() => member.group.change?.leader === 'x')
      expect(member.fault).to.equal(undefined)
    } finally {
      member.stop()
      time.restore()
    }
  })
})
