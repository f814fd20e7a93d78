import { expect } from 'chai'
import { Bans } from '../../src/streams/bans.core.ts'

describe('streams: peers that are not listened to', () => {
  it('for their time, and as many as are remembered, the newest', () => {
    const bans = new Bans(10_000)
    bans.add('a', 0)
    expect([bans.has('a', 9_999), bans.has('b', 9_999), bans.has('a', 10_000)]).to.deep.equal([true, false, false])
    for (let i = 0; i < 1_000; i++) bans.add(`n${i}`, i)
    bans.add('last', 1_000)
    // others that misbehave free one only, whose ban was about to end
    expect([bans.has('n0', 1_000), bans.has('n1', 1_000), bans.has('last', 1_000)]).to.deep.equal([false, true, true])
    bans.clear()
    expect(bans.has('last', 1_000)).to.equal(false)
  })

  it('again from the last time on', () => {
    const bans = new Bans(100)
    bans.add('a', 0)
    bans.add('a', 50)
    expect([bans.has('a', 149), bans.has('a', 150)]).to.deep.equal([true, false])
  })
})
