/** What balancing must not do, because that of braid-go v1.4.0 did: D2 and D4 of doc/BRAID-GO.md. */
import { expect } from 'chai'
import { createPicker } from '../../src/balancing/index.ts'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { FakeMesh, nodeInfo, ready } from './rpc-fakes.ts'

type Turns = (weights: readonly number[], picks: number) => string

const NAMES = 'ABC'

/** Its smooth weighted round robin: a node is taken only if it is richer than the first one. */
const theirs: Turns = (weights, picks) => {
  const credits = weights.map(() => 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Array.from({ length: picks }, () => {
    let best = 0
    weights.forEach((weight, i) => {
      credits[i] = (credits[i] ?? 0) + weight
      if ((credits[best] ?? 0) < (credits[i] ?? 0)) best = i
    })
    credits[best] = (credits[best] ?? 0) - total
    return NAMES[best]
  }).join('')
}

const ours: Turns = (weights, picks) => {
  const picker = createPicker('weighted')
  picker.update(weights.map((weight, i) => nodeInfo(NAMES[i] ?? '', 'login', { weight })))
  return Array.from({ length: picks }, () => picker.pick({ now: 0, random: () => 0 })?.id ?? '-').join('')
}

describe('balancing: what a user of braid-go v1.4.0 lost', () => {
  it('nodes that nobody gave a weight take turns, and not all calls the first', () => {
    expect([ours([4, 2, 1], 7), theirs([4, 2, 1], 7)]).to.deep.equal(['ABACABA', 'ABACABA'])
    // its nodes had no weight but 0, whatever they were given
    expect(theirs([0, 0, 0], 9)).to.equal('AAAAAAAAA')
    expect(ours([...NAMES].map(id => initialInfo(id, {}).weight), 9)).to.equal('ABCABCABC')
  })

  it('a node whose weight changes has its new share from the next call on', async () => {
    const mesh = new FakeMesh()
    try {
      const gate = await mesh.add('gate-1', undefined)
      for (const id of ['login-1', 'login-2']) {
        const node = await mesh.add(id, 'login')
        node.rpc.handle('who', () => id)
      }
      const calls = async (): Promise<Record<string, number>> => {
        const shares: Record<string, number> = {}
        for (let i = 0; i < 40; i++) {
          const id = String(await gate.rpc.invoke('login', 'who', undefined, { balancer: 'weighted' }))
          shares[id] = (shares[id] ?? 0) + 1
        }
        return shares
      }
      expect(await calls()).to.deep.equal({ 'login-1': 20, 'login-2': 20 })
      gate.discovery.see(nodeInfo('login-2', 'login', { weight: 3 * 1_024, seq: 2 }))
      await ready()
      expect(await calls()).to.deep.equal({ 'login-1': 10, 'login-2': 30 })
    } finally {
      await mesh.stop()
    }
  })
})
