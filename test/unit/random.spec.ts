import { expect } from 'chai'
import fc from 'fast-check'
import { createRandom, hashString, shuffle } from '../../src/util/random.core.ts'

describe('seeded random numbers', () => {
  it('are the same for the same seed, and others for the next one', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, createRandom(seed))
    expect(draw(7)).to.deep.equal(draw(7))
    expect(draw(8)).to.not.deep.equal(draw(7))
  })

  it('fill [0, 1) evenly', () => {
    const random = createRandom(3)
    const buckets = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) buckets[random.int(10)]!++
    for (const count of buckets) expect(count).to.be.within(9_500, 10_500)
  })

  it('fork into sequences that do not depend on what was drawn before', () => {
    const [one, other] = [createRandom(1), createRandom(1)]
    other()
    expect(one.fork('disk')()).to.equal(other.fork('disk')())
    expect(one.fork('disk')()).to.not.equal(one.fork('network')())
  })

  it('shuffle without losing, doubling or touching anything', () => {
    fc.assert(fc.property(fc.array(fc.integer()), fc.integer(), (list, seed) => {
      const before = [...list]
      expect(shuffle(list, createRandom(seed)).sort()).to.deep.equal([...list].sort())
      expect(list).to.deep.equal(before)
    }))
  })

  it('hash texts apart', () => {
    const hashes = new Set(Array.from({ length: 10_000 }, (_, i) => hashString(`node ${i}`)))
    expect(hashes.size).to.be.above(9_990)
  })
})
