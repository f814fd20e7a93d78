import { expect } from 'chai'
import fc from 'fast-check'
import { History } from '../harness/history.ts'
import { checkLinearizable, explain } from '../harness/linearizability.ts'
import { casRegister, fence, linkOwner, register } from '../harness/models.ts'
import { checkTotalQueue } from '../harness/queue.ts'
import type { Operation } from '../harness/history.ts'
import type { Model } from '../harness/linearizability.ts'
import type { RegisterInput } from '../harness/models.ts'

type Row<I, O> = [client: string, called: number, returned: number, input: I, output?: O]

function rows <I, O> (list: Array<Row<I, O>>, key = 'k'): Array<Operation<I, O>> {
  return list.map(([client, called, returned, input, output]) => ({ client, key, called, returned, input, output }))
}

function verdict <S, I, O> (model: Model<S, I, O>, list: Array<Row<I, O>>): boolean | 'undecided' {
  return checkLinearizable(model, rows(list)).ok
}

const write = (value: string): RegisterInput => ({ op: 'write', value })
const read: RegisterInput = { op: 'read' }

describe('harness: linearizability checker', () => {
  it('accepts a read that is concurrent with a write and sees either value', () => {
    for (const seen of ['1', '2']) {
      expect(verdict(register, [
        ['a', 0, 1, write('1'), null], ['a', 2, 6, write('2'), null], ['b', 3, 5, read, seen]
      ])).to.equal(true)
    }
  })

  it('refuses a stale read, and says on which operation no order can agree', () => {
    const result = checkLinearizable(register, rows([
      ['a', 0, 1, write('1'), null], ['a', 2, 3, write('2'), null], ['b', 4, 5, read, '1']
    ]))
    expect(result.ok).to.equal(false)
    if (result.ok !== false) return
    expect(result.stuck.map(({ client }) => client)).to.deep.equal(['b'])
    expect(explain(result)).to.include('not linearizable on key \'k\'').and.include('"read"')
  })

  it('refuses two readers who disagree about the order of concurrent writes', () => {
    expect(verdict(register, [
      ['a', 0, 10, write('1'), null], ['b', 0, 10, write('2'), null],
      ['c', 11, 12, read, '1'], ['d', 13, 14, read, '2']
    ])).to.equal(false)
  })

  it('lets an unknown write take effect late or never, but not come and go', () => {
    const lost: Row<RegisterInput, string | null> = ['a', 0, Infinity, write('1')]
    expect(verdict(register, [lost, ['b', 1, 2, read, null], ['b', 3, 4, read, '1']])).to.equal(true)
    expect(verdict(register, [lost, ['b', 1, 2, read, null], ['b', 3, 4, read, null]])).to.equal(true)
    expect(verdict(register, [lost, ['b', 1, 2, read, '1'], ['b', 3, 4, read, null]])).to.equal(false)
  })

  it('counts an operation that returns at the time another is called as concurrent', () => {
    expect(verdict(register, [['a', 0, 1, write('1'), null], ['b', 1, 2, read, null]])).to.equal(true)
  })

  it('judges compare-and-set', () => {
    const cas = (from: string | null, to: string) => ({ op: 'cas', from, to } as const)
    expect(verdict(casRegister, [
      ['a', 0, 5, cas(null, '1'), true], ['b', 0, 5, cas(null, '2'), false], ['c', 6, 7, read, '1']
    ])).to.equal(true)
    expect(verdict(casRegister, [
      ['a', 0, 5, cas(null, '1'), true], ['b', 0, 5, cas(null, '2'), true]
    ])).to.equal(false)
  })

  it('judges links: the first wins, for everybody, until it is moved', () => {
    const link = (node: string) => ({ op: 'link', node } as const)
    const target = { op: 'target' } as const
    expect(verdict(linkOwner, [
      ['a', 0, 5, link('n1'), 'n2'], ['b', 1, 6, link('n2'), 'n2'], ['c', 7, 8, target, 'n2'],
      ['a', 9, 10, { op: 'move', node: 'n3' }, 'n3'], ['c', 11, 12, link('n1'), 'n3'], ['c', 13, 14, { op: 'unlink' }, null]
    ])).to.equal(true)
    expect(verdict(linkOwner, [['a', 0, 5, link('n1'), 'n1'], ['b', 1, 6, link('n2'), 'n2']])).to.equal(false)
    expect(verdict(linkOwner, [['a', 0, 1, link('n1'), 'n1'], ['b', 2, 3, target, null]])).to.equal(false)
  })

  it('judges fences: a lower token never passes after a higher one', () => {
    const check = (epoch: number, term: number) => ({ op: 'check', token: { epoch, term } } as const)
    expect(verdict(fence, [
      ['a', 0, 1, check(1, 3), true], ['b', 2, 3, check(1, 2), false], ['b', 4, 5, check(2, 1), true], ['b', 6, 7, check(2, 1), true]
    ])).to.equal(true)
    expect(verdict(fence, [['a', 0, 1, check(1, 3), true], ['b', 2, 3, check(1, 2), true]])).to.equal(false)
    expect(verdict(fence, [['a', 0, 9, check(1, 3), true], ['b', 2, 3, check(1, 2), true]])).to.equal(true)
  })

  it('judges each key on its own, so that many clients on many keys stay cheap', () => {
    const good: Array<Operation<any, any>> = []
    for (let key = 0; key < 200; key++) {
      for (let n = 0; n < 20; n++) good.push(...rows([[`c${n}`, n, n + 5, write(`${n}`), null]] as Array<Row<any, any>>, `key${key}`))
    }
    expect(checkLinearizable(register, good).ok).to.equal(true)
    const bad = [...good, ...rows([['x', 100, 101, read, 'never']] as Array<Row<any, any>>, 'key77')]
    const result = checkLinearizable(register, bad)
    expect(result.ok === false && result.key).to.equal('key77')
  })

  it('gives up, and says so, rather than search for ever', () => {
    const many = Array.from({ length: 30 }, (_, n): Row<any, any> => [`c${n}`, 0, 100, write(`${n}`), null])
    const result = checkLinearizable(register, rows([...many, ['x', 101, 102, read, 'never']]), { maxSteps: 10_000 })
    expect(result).to.deep.equal({ ok: 'undecided', key: 'k', steps: 10_000 })
  })

  it('agrees with a search through every order, on small random histories', () => {
    const operation = fc.record({
      called: fc.integer({ min: 0, max: 8 }),
      length: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
      input: fc.oneof(fc.constant(read), fc.constantFrom('1', '2').map(write),
        fc.record({ op: fc.constant('cas' as const), from: fc.constantFrom('1', '2', null), to: fc.constantFrom('1', '2') })),
      output: fc.constantFrom<string | null | boolean>('1', '2', null, true, false)
    })
    let accepted = 0
    let refused = 0
    fc.assert(fc.property(fc.array(operation, { minLength: 1, maxLength: 5 }), list => {
      const history = list.map(({ called, length, input, output }, n): Operation<any, any> => ({
        client: `c${n}`, key: 'k', called, returned: called + length, input, output: length === Infinity ? undefined : output
      }))
      const expected = everyOrder(casRegister, history)
      if (expected) accepted++
      else refused++
      expect(checkLinearizable(casRegister, history).ok).to.equal(expected)
    }), { numRuns: 2_000, seed: 7 })
    expect(accepted).to.be.above(200)
    expect(refused).to.be.above(200)
  })
})

/** The definition itself: some order of the answered operations and any of the unknown ones explains every output. */
function everyOrder <S, I, O> (model: Model<S, I, O>, left: Array<Operation<I, O>>, state: S = model.init): boolean {
  if (left.every(({ returned }) => returned === Infinity)) return true
  return left.some(next => {
    const others = left.filter(other => other !== next)
    if (others.some(other => other.returned < next.called)) return false
    const after = model.step(state, next.input, next.output)
    return after != null && everyOrder(model, others, after.state)
  })
}

describe('harness: history recorder', () => {
  it('keeps the order of events within one tick of the clock', () => {
    const history = new History<unknown, null>(() => 5)
    history.begin('a', 'k', write('1')).ok(null)
    history.begin('a', 'k', write('2')).ok(null)
    const [first, second] = history.operations()
    expect(first?.returned).to.be.below(second?.called ?? 0)
  })

  it('drops what certainly failed, keeps what may have happened, and counts', async () => {
    const history = new History<string, string>()
    await history.run('a', 'k', 'one', async () => 'done')
    await history.run('a', 'k', 'two', async () => { throw new Error('refused') }, () => true).catch(() => {})
    await history.run('a', 'k', 'three', async () => { throw new Error('lost') }).catch(() => {})
    history.begin('a', 'k', 'four')
    expect(history.operations().map(({ input, output, returned }) => [input, output, returned === Infinity])).to.deep.equal([
      ['one', 'done', false], ['three', undefined, true], ['four', undefined, true]
    ])
    expect(history.counts()).to.deep.equal({ ok: 1, failed: 1, unknown: 2 })
  })

  it('lets the first outcome count', () => {
    const history = new History<string, string>()
    const pending = history.begin('a', 'k', 'one')
    pending.unknown()
    pending.ok('late')
    expect(history.counts()).to.deep.equal({ ok: 0, failed: 0, unknown: 1 })
  })
})

describe('harness: total queue checker', () => {
  it('tells lost, unexpected, duplicated and recovered apart', () => {
    const result = checkTotalQueue({ attempted: ['1', '2', '3', '4', '5'], confirmed: ['1', '2', '3'], delivered: ['1', '2', '2', '2', '4', '9'] })
    expect(result.ok).to.equal(false)
    expect(result.lost).to.deep.equal(['3'])
    expect(result.unexpected).to.deep.equal(['9'])
    expect([...result.duplicated]).to.deep.equal([['2', 2]])
    expect(result.recovered).to.deep.equal(['4'])
  })

  it('accepts duplicates and unconfirmed losses, as at-least-once does', () => {
    const result = checkTotalQueue({ attempted: ['1', '2'], confirmed: ['1'], delivered: ['1', '1'] })
    expect(result.ok).to.equal(true)
    expect([...result.duplicated]).to.deep.equal([['1', 1]])
  })
})
