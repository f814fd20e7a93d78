import { expect } from 'chai'
import fc from 'fast-check'
import { Hashes } from '../../src/links/hashes.core.ts'

describe('links: a set of hashes', () => {
  it('has what a Set has', () => {
    // few different low bits, so that many want the same place
    const number = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 100 }).map(n => n * 1_024), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
    fc.assert(fc.property(fc.array(number, { maxLength: 300 }), fc.array(number, { maxLength: 50 }), (added, asked) => {
      const hashes = new Hashes()
      const model = new Set<number>()
      for (const hash of added) {
        hashes.add(hash)
        model.add(Math.max(1, hash))
      }
      for (const hash of [...added, ...asked]) expect(hashes.has(hash), String(hash)).to.equal(model.has(Math.max(1, hash)))
    }))
  })
})
