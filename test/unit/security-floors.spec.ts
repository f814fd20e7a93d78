import { expect } from 'chai'
import { findProblems, isBelow } from '../../scripts/check-floors.ts'

const NONE = { floors: [], single: [], refused: [] }

describe('security floors', () => {
  it('compares versions by number and puts a pre-release before its release', () => {
    expect(isBelow('8.9.0', '8.21.0')).to.equal(true)
    expect(isBelow('8.21.0', '8.21.0')).to.equal(false)
    expect(isBelow('10.0.0', '9.9.9')).to.equal(false)
    expect(isBelow('8.21.0-rc.1', '8.21.0')).to.equal(true)
  })

  it('finds a copy below its floor, however deep, and names the advisory', () => {
    const lock = {
      packages: {
        '': { version: '0.1.0' },
        'node_modules/ws': { version: '8.23.0' },
        'node_modules/a/node_modules/@b/c/node_modules/ws': { version: '7.5.0' }
      }
    }
    const floors = [{ package: 'ws', minimum: '8.21.0', advisory: 'CVE-1', reason: 'memory' }]

    expect(findProblems(lock, { ...NONE, floors })).to.deep.equal([
      'node_modules/a/node_modules/@b/c/node_modules/ws is 7.5.0, must be >= 8.21.0 (CVE-1): memory'
    ])
  })

  it('sees through an alias', () => {
    const lock = { packages: { 'node_modules/mine': { name: 'ws', version: '7.0.0' } } }
    const floors = [{ package: 'ws', minimum: '8.0.0', advisory: 'CVE-1', reason: 'memory' }]

    expect(findProblems(lock, { ...NONE, floors })).to.have.lengthOf(1)
  })

  it('refuses a second copy, and a package that moved', () => {
    const lock = {
      packages: {
        'node_modules/@x/y': { version: '2.0.0' },
        'node_modules/z/node_modules/@x/y': { version: '1.0.0' },
        'node_modules/old': { version: '1.0.0' }
      }
    }
    const single = [{ package: '@x/y', reason: 'symbols differ' }]
    const refused = [{ package: 'old', instead: 'new', reason: 'It moved.' }]

    expect(findProblems(lock, { ...NONE, single, refused })).to.deep.equal([
      '2 copies of @x/y (node_modules/@x/y 2.0.0, node_modules/z/node_modules/@x/y 1.0.0): symbols differ',
      'node_modules/old 1.0.0: use new. It moved.'
    ])
  })
})
