import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_STABLE_VALUE } from '../../src/storage/names.ts'
import type { LogStore, Storage } from '../../src/storage/index.ts'

/** A location of one kind of storage. */
export interface StoragePlace {
  open (): Promise<Storage>
  remove (): Promise<void>
}

export interface StorageKind {
  name: string
  durable: boolean
  create (): Promise<StoragePlace>
  /** Random sequences of the model test. */
  runs: number
}

export function bytes (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text (value: Uint8Array | undefined): string | undefined {
  return value == null ? undefined : new TextDecoder().decode(value)
}

/** The error that `promise` rejects with; a test fails when it does not. */
export async function rejection (promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (err) {
    expect(err).to.be.instanceOf(Error)
    return err as Error
  }
  throw new Error('expected a rejection')
}

async function texts (log: LogStore, name: string, from = 1, limit = Infinity): Promise<string[]> {
  return (await log.read(name, from, limit)).map(entry => `${entry.seq}:${text(entry.value)}`)
}

const NAMES = ['a', 'A', 'ab', 'a/b', '../a', '.', 'con', 'ü', 'a%2fb', ' ']

/** What every kind of storage does; each kind's spec runs it. */
export function storageContract (kind: StorageKind): void {
  describe(`${kind.name}: what every storage does`, () => {
    let place: StoragePlace
    let storage: Storage

    beforeEach(async () => {
      place = await kind.create()
      storage = await place.open()
    })

    afterEach(async () => {
      await storage.close()
      await place.remove()
    })

    stableContract(() => storage)
    logContract(() => storage)
    closeContract(() => storage)
    if (kind.durable) {
      reopenContract(kind, () => place, () => storage, next => { storage = next })
    }
    modelContract(kind)

    it('says whether it is durable', () => {
      expect(storage.durable).to.equal(kind.durable)
    })
  })
}

function stableContract (storage: () => Storage): void {
  it('gives back what was set, and nothing for what was not', async () => {
    const { stable } = storage()
    expect(await stable.get('vote')).to.equal(undefined)
    await stable.set('vote', bytes('one'))
    await stable.set('vote', bytes('two, longer'))
    await stable.set('vote', bytes('3'))
    await stable.set('empty', new Uint8Array())
    expect(text(await stable.get('vote'))).to.equal('3')
    expect(await stable.get('empty')).to.deep.equal(new Uint8Array())
    await stable.delete('vote')
    await stable.delete('never')
    expect(await stable.get('vote')).to.equal(undefined)
    expect([...stable.lost]).to.deep.equal([])
  })

  it('keeps every name apart from every other', async () => {
    const { stable } = storage()
    await Promise.all(NAMES.map(async name => { await stable.set(name, bytes(name)) }))
    for (const name of NAMES) {
      expect(text(await stable.get(name))).to.equal(name)
    }
  })

  it('refuses names and values that cannot be kept', async () => {
    const { stable, log } = storage()
    for (const name of ['', 'x'.repeat(201), 'ü'.repeat(40), '\ud800']) {
      expect(await rejection(stable.set(name, bytes('x')))).to.have.property('name', 'StorageError')
      expect(await rejection(stable.get(name))).to.have.property('name', 'StorageError')
    }
    expect(await rejection(stable.set('large', new Uint8Array(MAX_STABLE_VALUE + 1)))).to.have.property('name', 'StorageError')
    for (const name of ['', 'x'.repeat(513), '\ud800']) {
      expect(await rejection(log.append(name, [bytes('x')]))).to.have.property('name', 'StorageError')
    }
  })

  it('shares no memory with its callers', async () => {
    const { stable, log } = storage()
    const value = bytes('mine')
    const writes = [stable.set('a', value), log.append('a', [value])]
    value.fill(0)
    await Promise.all(writes)
    ;(await stable.get('a'))?.fill(1)
    ;(await log.read('a', 1, 1))[0]?.value.fill(1)
    expect(text(await stable.get('a'))).to.equal('mine')
    expect(await texts(log, 'a')).to.deep.equal(['1:mine'])
  })

  it('makes concurrent changes of one name in their order', async () => {
    const { stable } = storage()
    const done: number[] = []
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      await (i % 7 === 3 ? stable.delete('x') : stable.set('x', bytes(String(i))))
      // what is durable is this change or a later one
      expect(Number(text(await stable.get('x')) ?? 49)).to.be.at.least(i)
      done.push(i)
    }))
    expect(done).to.have.length(50)
    expect(text(await stable.get('x'))).to.equal('49')
  })
}

function logContract (storage: () => Storage): void {
  it('numbers entries from 1 without holes, also when appended together', async () => {
    const { log } = storage()
    expect(await log.bounds('a')).to.deep.equal({ first: 1, last: 0 })
    const lasts = await Promise.all(Array.from({ length: 40 }, async (_, i) => await log.append('a', [bytes(`${i}`), bytes(`${i}'`)])))
    expect(lasts).to.deep.equal(Array.from({ length: 40 }, (_, i) => 2 * i + 2))
    expect(await log.bounds('a')).to.deep.equal({ first: 1, last: 80 })
    expect(await texts(log, 'a', 1, 3)).to.deep.equal(['1:0', "2:0'", '3:1'])
    expect((await log.read('a', 1, 1000)).map(entry => entry.seq)).to.deep.equal(Array.from({ length: 80 }, (_, i) => i + 1))
  })

  it('reads windows, and nothing for windows that make no sense', async () => {
    const { log } = storage()
    await log.append('a', ['one', 'two', '', 'four'].map(bytes))
    expect(await texts(log, 'a', -5, 2)).to.deep.equal(['1:one', '2:two'])
    expect(await texts(log, 'a', 2.5)).to.deep.equal(['3:', '4:four'])
    expect(await texts(log, 'a', 5)).to.deep.equal([])
    expect(await texts(log, 'a', 1, 0)).to.deep.equal([])
    expect(await texts(log, 'a', 1, -1)).to.deep.equal([])
    expect(await texts(log, 'a', NaN)).to.deep.equal([])
    expect(await texts(log, 'a', 1, NaN)).to.deep.equal([])
    expect(await texts(log, 'b')).to.deep.equal([])
  })

  it('keeps the entries of every log apart from every other', async () => {
    const { log } = storage()
    await Promise.all(NAMES.map(async name => await log.append(name, [bytes(name), bytes('2')])))
    await log.delete('a')
    for (const name of NAMES.slice(1)) {
      expect(await texts(log, name)).to.deep.equal([`1:${name}`, '2:2'])
    }
    expect(await log.logs()).to.deep.equal(NAMES.slice(1).sort())
  })

  it('truncates and deletes, and never uses a seq again', async () => {
    const { log } = storage()
    await log.append('a', ['1', '2', '3', '4'].map(bytes))
    await log.truncate('a', 3)
    await log.truncate('a', 2)
    expect(await log.bounds('a')).to.deep.equal({ first: 3, last: 4 })
    expect(await texts(log, 'a')).to.deep.equal(['3:3', '4:4'])
    await log.truncate('a', Infinity)
    expect(await log.bounds('a')).to.deep.equal({ first: 5, last: 4 })
    expect(await log.logs()).to.deep.equal(['a'])
    expect(await log.append('a', [bytes('5')])).to.equal(5)
    await log.delete('a')
    expect(await log.logs()).to.deep.equal([])
    expect(await log.append('a', [])).to.equal(5)
    expect(await log.logs()).to.deep.equal([])
    expect(await log.append('a', [bytes('6')])).to.equal(6)
    expect(await texts(log, 'a')).to.deep.equal(['6:6'])
    await log.truncate('never', 7)
    await log.delete('never')
    expect(await log.bounds('never')).to.deep.equal({ first: 1, last: 0 })
    expect(await rejection(log.truncate('a', NaN))).to.have.property('name', 'StorageError')
    expect([...log.lost]).to.deep.equal([])
  })

  it('forgets logs for good, and begins with them anew', async () => {
    const { log } = storage()
    await log.append('b', [bytes('1')])
    await Promise.all([
      log.append('a', ['1', '2', '3'].map(bytes)), log.delete('a', { forever: true }),
      log.append('c', [bytes('1')]), log.delete('c', { forever: true }), log.append('c', [bytes('2')]), log.delete('never', { forever: true })
    ])
    expect(await log.logs()).to.deep.equal(['b', 'c'])
    expect(await log.read('a', 1, 10)).to.deep.equal([])
    const last = await log.append('a', [bytes('4')])
    expect(await log.read('a', 1, 10)).to.deep.equal([{ seq: last, value: bytes('4') }])
    expect((await texts(log, 'c')).map(entry => entry.slice(2))).to.deep.equal(['2'])
    expect([...log.lost]).to.deep.equal([])
  })

  it('applies changes that were made together in their order', async () => {
    const { log } = storage()
    const results = await Promise.all([
      log.append('a', [bytes('1'), bytes('2')]), log.truncate('a', 2), log.append('a', [bytes('3')]),
      log.append('b', [bytes('1')]), log.delete('b'), log.append('b', [bytes('2')])
    ])
    expect(results.filter(result => result != null)).to.deep.equal([2, 3, 1, 2])
    expect(await texts(log, 'a')).to.deep.equal(['2:2', '3:3'])
    expect(await texts(log, 'b')).to.deep.equal(['2:2'])
  })

  it('reads while it is truncated without taking that for a loss', async () => {
    const { log } = storage()
    await log.append('a', Array.from({ length: 200 }, (_, i) => bytes(String(i))))
    const work: Array<Promise<unknown>> = []
    for (let seq = 1; seq <= 200; seq += 10) {
      work.push(log.read('a', 1, 1000), log.truncate('a', seq), log.read('a', seq, 5))
    }
    await Promise.all(work)
    expect([...log.lost]).to.deep.equal([])
  })
}

function closeContract (storage: () => Storage): void {
  it('closes once, after the writes under way, and refuses all else from then on', async () => {
    const { stable, log, close } = storage()
    const writes = [stable.set('a', bytes('a')), log.append('a', [bytes('a')]), stable.set('a', bytes('b'))]
    await Promise.all([close(), close()])
    await Promise.all(writes)
    const late = [
      stable.get('a'), stable.set('a', bytes('c')), stable.delete('a'), log.append('a', [bytes('c')]), log.read('a', 1, 1),
      log.bounds('a'), log.truncate('a', 1), log.delete('a'), log.logs()
    ]
    for (const promise of late) {
      expect(await rejection(promise)).to.have.property('name', 'StorageError')
    }
    await close()
  })
}

function reopenContract (kind: StorageKind, place: () => StoragePlace, storage: () => Storage, replace: (next: Storage) => void): void {
  it('has everything after it was closed and opened again', async () => {
    const { stable, log, close } = storage()
    await Promise.all(NAMES.map(async name => { await stable.set(name, bytes(name)) }))
    await stable.delete('ab')
    await log.append('a', ['1', '2', '3'].map(bytes))
    await log.truncate('a', 3)
    await log.append('gone', ['1', '2'].map(bytes))
    await log.delete('gone')
    await close()

    const next = await place().open()
    replace(next)
    for (const name of NAMES) {
      expect(text(await next.stable.get(name))).to.equal(name === 'ab' ? undefined : name)
    }
    expect(await texts(next.log, 'a')).to.deep.equal(['3:3'])
    expect(await next.log.logs()).to.deep.equal(['a'])
    expect(await next.log.append('a', [bytes('4')])).to.equal(4)
    expect(await next.log.append('gone', [bytes('3')])).to.equal(3)
    expect([...next.stable.lost, ...next.log.lost]).to.deep.equal([])
  })

  it('is refused while it is open, and free after close', async () => {
    const err = await rejection(place().open())
    expect(err).to.have.property('name', 'StorageLockedError')
    await storage().stable.set('still', bytes('works'))
    await storage().close()
    replace(await place().open())
    expect(text(await storage().stable.get('still'))).to.equal('works')
  })

  it(`is another one elsewhere (${kind.name})`, async () => {
    const other = await kind.create()
    const second = await other.open()
    try {
      await storage().stable.set('x', bytes('here'))
      expect(await second.stable.get('x')).to.equal(undefined)
    } finally {
      await second.close()
      await other.remove()
    }
  })
}

type Op =
  | { op: 'set' | 'append', name: string, value: string }
  | { op: 'delete' | 'forget' | 'reopen', name: string }
  | { op: 'truncate', name: string, before: number }

const name = fc.constantFrom('a', 'ab', 'B')
const operation: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom('set' as const, 'append' as const), name, value: fc.string({ maxLength: 20 }) }),
  fc.record({ op: fc.constantFrom('delete' as const, 'forget' as const, 'reopen' as const), name }),
  fc.record({ op: fc.constant('truncate' as const), name, before: fc.integer({ min: 0, max: 12 }) })
)

class Model {
  readonly values = new Map<string, string>()
  readonly logs = new Map<string, { first: number, entries: string[], deleted: boolean }>()

  apply (op: Op): void {
    const log = this.logs.get(op.name) ?? { first: 1, entries: [], deleted: true }
    switch (op.op) {
      case 'set': this.values.set(op.name, op.value); break
      case 'delete': this.values.delete(op.name); break
      case 'append': this.logs.set(op.name, { ...log, entries: [...log.entries, op.value], deleted: false }); break
      case 'truncate': this.logs.set(op.name, { ...log, first: Math.max(log.first, Math.min(op.before, log.entries.length + 1)) }); break
      case 'forget': this.logs.set(op.name, { ...log, first: log.entries.length + 1, deleted: true }); break
      case 'reopen': break
    }
  }
}

async function perform (storage: Storage, op: Op): Promise<void> {
  switch (op.op) {
    case 'set': await storage.stable.set(op.name, bytes(op.value)); break
    case 'delete': await storage.stable.delete(op.name); break
    case 'append': await storage.log.append(op.name, [bytes(op.value)]); break
    case 'truncate': await storage.log.truncate(op.name, op.before); break
    case 'forget': await storage.log.delete(op.name); break
    case 'reopen': break
  }
}

async function compare (storage: Storage, model: Model): Promise<void> {
  for (const key of ['a', 'ab', 'B']) {
    expect(text(await storage.stable.get(key))).to.equal(model.values.get(key))
    const log = model.logs.get(key) ?? { first: 1, entries: [] }
    expect(await storage.log.bounds(key)).to.deep.equal({ first: log.first, last: log.entries.length })
    expect(await texts(storage.log, key)).to.deep.equal(log.entries.map((value, i) => `${i + 1}:${value}`).slice(log.first - 1))
  }
  expect(await storage.log.logs()).to.deep.equal([...model.logs].filter(([, log]) => !log.deleted).map(([key]) => key).sort())
  expect([...storage.stable.lost, ...storage.log.lost]).to.deep.equal([])
}

function modelContract (kind: StorageKind): void {
  it('does what a simple model does, in any order of operations and across reopening', async () => {
    await fc.assert(fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async ops => {
      const place = await kind.create()
      let storage = await place.open()
      const model = new Model()
      try {
        let pending: Array<Promise<void>> = []
        for (const op of ops) {
          model.apply(op)
          pending.push(perform(storage, op))
          if (op.op === 'reopen' && kind.durable) {
            // writes under way when close is called must still be made
            await storage.close()
            await Promise.all(pending)
            pending = []
            storage = await place.open()
          }
        }
        await Promise.all(pending)
        await compare(storage, model)
      } finally {
        await storage.close()
        await place.remove()
      }
    }), { numRuns: kind.runs })
  }).timeout(300_000)
}
