import { expect } from 'chai'
import { Driven, Loop } from '../../src/pubsub/loop.ts'
import { until } from '../harness/until.ts'

describe('pub/sub: a core with its clock', () => {
  it('carries out what follows an output that fails, tells of the failure, and wakes the core when it is due', async () => {
    const failures: string[] = []
    const done: number[] = []
    let due = Infinity
    const inputs: string[] = []
    const core = {
      get due () { return due },
      step: ({ type }: { type: string }): number[] => {
        inputs.push(type)
        due = type === 'tick' ? Infinity : performance.now() + 20
        return type === 'tick' ? [] : [1, 2, 3]
      }
    }
    const driven = new Driven<{ type: string, now: number, wall: number }, number>(core, new Loop(err => { failures.push((err as Error).message) }), output => {
      if (output === 2) throw new Error('cannot be encoded')
      done.push(output)
    })
    driven.input({ type: 'flush' })
    expect([done, failures]).to.deep.equal([[1, 3], ['cannot be encoded']])
    await until(() => inputs.includes('tick'))
    driven.stop()
  })
})
