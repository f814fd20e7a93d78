import { expect } from 'chai'
import { Outbox } from '../../src/election/outbox.core.ts'
import { World } from './election-world.ts'
import type { Send } from '../../src/election/outbox.core.ts'

const RANK = { epoch: 1, term: 1, index: 1 }

function message (type: 'append-response' | 'heartbeat-response' | 'heartbeat' | 'config-response'): Send['message'] {
  return { type, group: 1, epoch: 1, term: 1, incarnation: '0'.repeat(32), synced: RANK, part: 0 } as unknown as Send['message']
}

describe('election: a disk that is slow', () => {
  for (const profile of [{ heartbeat: 50, timeout: 200 }, { heartbeat: 100, timeout: 500 }]) {
    it(`costs nobody the leadership, though all that is written waits for it, with a timeout of ${profile.timeout} ms`, () => {
      const world = new World()
      for (const id of ['a', 'b', 'c']) world.add(id, { expect: 3, profile })
      world.until(10_000, () => world.leaders().length === 1)
      world.run(1_000)
      const leader = world.leader()
      const [dead, slow] = ['a', 'b', 'c'].filter(id => id !== leader) as [string, string]
      world.kill(dead)
      world.disks.set(slow, profile.timeout * 1.2)
      const { out } = world.nodes.get(leader)!
      out.length = 0
      for (let id = 1; id <= 200; id++) {
        world.step(leader, { type: 'propose', id, writes: [{ key: `k${id}`, value: new Uint8Array(1) }] })
        world.run(50)
      }
      expect(out.filter(({ type }) => type === 'lease-end')).to.deep.equal([])
      expect(out.filter(({ type }) => type === 'committed').length).to.be.above(150)
      expect(world.leader()).to.equal(leader)
      world.run(2_000)
      expect(out.filter(({ type }) => type === 'committed')).to.have.length(200)
    })
  }

  it('holds back what it is needed for, and what comes after that; a heartbeat and its answer wait for what they say only', () => {
    const sent: string[] = []
    const outbox = new Outbox(({ to, after, message: { type } }) => { sent.push(`${to} ${type} ${after}`) })
    const send = (to: string, type: Parameters<typeof message>[0], after: number): void => { outbox.send({ type: 'send', to, message: message(type), after }) }
    outbox.saved(4)
    send('L', 'append-response', 6)
    send('L', 'config-response', 0)
    send('L', 'heartbeat-response', 0)
    send('L', 'heartbeat-response', 5)
    send('L', 'heartbeat', 4)
    send('M', 'config-response', 0)
    expect(sent).to.deep.equal(['L heartbeat-response 0', 'L heartbeat 4', 'M config-response 0'])
    outbox.saved(5)
    expect(sent.splice(0)).to.deep.equal(['L heartbeat-response 0', 'L heartbeat 4', 'M config-response 0', 'L heartbeat-response 5'])
    outbox.saved(6)
    expect(sent).to.deep.equal(['L append-response 6', 'L config-response 0'])
  })
})
