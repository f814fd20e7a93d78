import { expect } from 'chai'
import * as errors from '../../src/errors.ts'
import * as root from '../../src/index.ts'

describe('errors', () => {
  it('of every class can be imported, and have its name', () => {
    const classes = Object.entries(errors).filter(([, value]) => typeof value === 'function')
    expect(classes.length).to.be.above(30)
    for (const [name, value] of classes) {
      expect(root).to.have.property(name, value)
      const made = new (value as new (...args: unknown[]) => Error)(...name === 'RpcError' ? ['INTERNAL', 'text'] : ['text'])
      expect([(value as typeof Error).name, made.name, made instanceof Error]).to.deep.equal([name, name, true])
    }
  })
})
