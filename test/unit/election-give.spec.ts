import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Member } from '../../src/election/member.ts'
import { PROFILES } from '../../src/election/election.core.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { decodeElection } from '../../src/wire/election-codec.ts'
import { OwnTime } from '../harness/own-time.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'

const ids = ['a', 'b', 'c']
const nodes = ids.map(id => ({ id, service: 'login', roles: ['voter'], state: 'up' }) as unknown as NodeInfo)
const discovery = { keep: () => {}, nodes: () => nodes, node: (id: string) => nodes.find(node => node.id === id) } as unknown as Discovery

describe('election: giving the leadership away', () => {
  let time: OwnTime
  let members: Member[]
  let lost: Array<Message['type']>

  beforeEach(() => {
    time = new OwnTime()
    lost = []
    members = ids.map(self => new Member({
      discovery,
      connected: id => id !== self,
      bootstrapped: false,
      storage: memoryStorage(),
      send: (to, frame) => {
        const message = decodeElection(frame).message as unknown as Message
        if (!lost.includes(message.type)) queueMicrotask(() => { members[ids.indexOf(to)]?.group.input({ type: 'message', from: self, message }) })
      },
      onChange: () => {},
      onProblem: () => {},
      onGroup: () => {},
      onReady: () => {},
      onRestart: () => {},
      log: defaultLogger().forComponent('test'),
      config: { self, service: 'login', profile: PROFILES.default, expect: 3 }
    }))
    for (const member of members) member.start()
  })

  afterEach(() => {
    for (const member of members) member.stop()
    time.restore()
  })

  /** Whoever leads, with a task that notes the term of each of its starts. */
  async function lead (): Promise<{ leader: Member, terms: number[] }> {
    const leader = await time.until(() => members.find(({ ready }) => ready))
    const terms: number[] = []
    leader.group.tenures.run(async ({ signal, token }) => {
      terms.push(token.term)
      await new Promise(resolve => { signal.addEventListener('abort', resolve) })
    }).catch(() => {})
    await time.until(() => terms.length === 1)
    return { leader, terms }
  }

  it('twice at once: the second does not put the leader back into office while the first is under way', async () => {
    const { leader, terms } = await lead()
    // nobody holds what the leader does: the handover waits for that, with the lease
    lost = ['append']
    leader.group.input({ type: 'propose', id: 1, writes: [{ key: 'k', value: new Uint8Array(1) }] })
    const outcomes = await time.settled(Promise.all([1, 2].map(async () => leader.give(undefined, undefined).then(() => 'given', (err: Error) => err.message))))
    expect(outcomes.filter(outcome => outcome === 'given')).to.have.length(1)
    expect(outcomes.find(outcome => outcome !== 'given')).to.include('being given away already')
    expect(new Set(terms).size).to.equal(terms.length)
  })

  it('to nobody who takes it: the leader goes on in its term, once', async () => {
    const { leader, terms } = await lead()
    const outcomes = await time.settled(Promise.all([1, 2].map(async () => leader.give('nobody', undefined).then(() => 'given', (err: Error) => err.name))))
    expect(outcomes).to.deep.equal(['VotersError', 'VotersError'])
    await time.until(() => terms.length === 2)
    expect(terms[1]).to.equal(terms[0])
    expect(leader.group.change?.state).to.equal('leader')
  })

  it('while all leave: who leads because nobody else can begins no task', async () => {
    const { leader } = await lead()
    const begun: string[] = []
    for (const member of members) {
      if (member !== leader) member.group.tenures.run(() => { begun.push('a task') }).catch(() => {})
    }
    const left = members.map(async member => member.leave(true, undefined))
    const last = await time.until(() => members.find(member => member !== leader && member.ready && member.group.status()?.voters.length === 1))
    await time.settled(Promise.all(left))
    expect(begun).to.deep.equal([])
    // nobody can, so it stays
    expect(last.group.change?.state).to.equal('leader')
  })
})
