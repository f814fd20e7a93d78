import fs, { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { LevelLogs, openLevel } from '../../src/storage/node/level.ts'
import { RosterFile } from '../../src/storage/node/roster.ts'
import { openStorage } from '../../src/storage/node.ts'
import { crc32c } from '../../src/util/crc32c.ts'
import { skip } from '../harness/skip.ts'
import { bytes, rejection, text } from './storage-contract.ts'
import type { Storage } from '../../src/storage/index.ts'

let root: string
let dir: string

/** Opens, runs, closes. */
async function using<T> (fn: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(dir)
  try {
    return await fn(storage)
  } finally {
    await storage.close()
  }
}

async function flip (path: string, at: number, bit = 0): Promise<void> {
  const content = await readFile(path)
  content[at] = (content[at] ?? 0) ^ (1 << bit)
  await writeFile(path, content)
}

/** For the time of `fn` the disk gives up on these slots of `vote`. */
async function unreadable (slots: readonly number[], fn: () => Promise<void>): Promise<void> {
  const { readFile } = fs
  const broken = slots.map(slot => join(dir, 'stable', `vote.${slot}`))
  const exists = async (path: string): Promise<boolean> => stat(path).then(() => true, () => false)
  fs.readFile = (async (path: string, ...rest: []) => {
    if (broken.includes(path) && await exists(path)) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    return readFile(path, ...rest)
  }) as typeof readFile
  syncBuiltinESMExports()
  try {
    await fn()
  } finally {
    fs.readFile = readFile
    syncBuiltinESMExports()
  }
}

async function vote (): Promise<string | undefined> {
  return await using(async ({ stable }) => {
    return stable.lost.has('vote') ? 'lost' : text(await stable.get('vote'))
  })
}

async function levelFiles (suffix: string): Promise<string[]> {
  return (await readdir(join(dir, 'log'))).filter(file => file.endsWith(suffix)).map(file => join(dir, 'log', file))
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'braid-storage-'))
  dir = join(root, 'deep', 'data')
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

describe('node storage: its directory', () => {
  it('is made for its owner only', async () => {
    await using(async ({ stable }) => { await stable.set('identity', bytes('secret')) })
    expect((await stat(dir)).mode & 0o777).to.equal(0o700)
    expect((await stat(join(dir, 'stable', 'identity.0'))).mode & 0o777).to.equal(0o600)
  })

  it('says that this user may not write to it, as when it belongs to another one', async function () {
    if (process.platform === 'win32') {
      skip(this, 'permissions are others there')
    }
    await mkdir(dir, { recursive: true })
    await chmod(root, 0o755)
    await chmod(dir, 0o555)
    const user = process.geteuid?.()
    if (user === 0) process.seteuid?.(65534)
    const err = await rejection(openStorage(dir)).finally(() => { if (user === 0) process.seteuid?.(user) })
    expect(err).to.have.property('name', 'StorageError')
    expect(err.message).to.include(dir).and.include('EACCES: permission denied')
  })

  it('is named when it is in use, also under another name', async () => {
    const storage = await openStorage(dir)
    await symlink(dir, join(root, 'alias'))
    for (const alias of [dir, `${dir}/../data/`, join(root, 'alias')]) {
      const err = await rejection(openStorage(alias))
      expect(err).to.have.property('name', 'StorageLockedError')
      expect(err.message).to.include('data')
    }
    await storage.close()
    await (await openStorage(join(root, 'alias'))).close()
  })

  it('is opened also when its lock is missing, as in an older one, or damaged', async () => {
    const lock = join(dir, 'lock')
    await using(async ({ stable, log }) => {
      await stable.set('vote', bytes('7'))
      await log.append('a', [bytes('x')])
    })
    const damages = [
      async () => { await rm(lock, { recursive: true }) },
      async () => { await writeFile(join(lock, 'CURRENT'), 'rotten') },
      async () => { await writeFile(join(lock, 'CURRENT'), 'rotten\n') },
      async () => { await rm(join(lock, 'CURRENT')) },
      async () => { await truncate(join(lock, (await readdir(lock)).find(name => name.startsWith('MANIFEST')) as string), 5) },
      async () => { for (const name of await readdir(lock)) await writeFile(join(lock, name), 'rotten') }
    ]
    for (const damage of damages) {
      await damage()
      await using(async ({ stable, log }) => {
        expect([...stable.lost, ...log.lost]).to.deep.equal([])
        expect(text(await stable.get('vote'))).to.equal('7')
        expect(await log.read('a', 1, 10)).to.have.length(1)
        expect(await rejection(openStorage(dir))).to.have.property('name', 'StorageLockedError')
      })
    }
  })

  it('is not taken from an older version that holds it, and is free after it', async () => {
    await using(async () => {})
    const older = new ClassicLevel(join(dir, 'log'))
    await older.open()
    expect(await rejection(openStorage(dir))).to.have.property('name', 'StorageLockedError')
    await older.close()
    expect(await vote()).to.equal(undefined)
  })

  it('gives a StorageError with the cause when it cannot be used', async () => {
    await mkdir(join(root, 'deep'))
    await writeFile(dir, 'a file')
    const err = await rejection(openStorage(dir))
    expect(err).to.have.property('name', 'StorageError')
    expect(err.message).to.include(dir)
    expect(err.cause).to.have.property('code', 'EEXIST')
    await rm(dir)
    await mkdir(dir)
    await writeFile(join(dir, 'stable'), 'a file')
    expect(await rejection(openStorage(dir))).to.have.property('name', 'StorageError')
    // what was opened before the failure was given back
    await rm(join(dir, 'stable'))
    expect(await vote()).to.equal(undefined)
  })
})

describe('node storage: the two slots of a value', () => {
  let slots: [string, string]

  beforeEach(async () => {
    slots = [join(dir, 'stable', 'vote.0'), join(dir, 'stable', 'vote.1')]
    await using(async ({ stable }) => {
      await stable.set('vote', bytes('older'))
      await stable.set('vote', bytes('newest'))
    })
  })

  it('survives a flipped bit anywhere in one of them', async () => {
    const length = (await stat(slots[0])).size
    for (let at = 0; at < length; at++) {
      await flip(slots[at % 2] as string, at, at % 8)
      expect(await vote()).to.equal('newest')
    }
  }).timeout(300_000)

  it('is lost, and never an older value, when both are rotten', async () => {
    await flip(slots[0], 30)
    await flip(slots[1], 31)
    expect(await vote()).to.equal('lost')
    expect(await vote()).to.equal('lost')
    await using(async ({ stable }) => {
      await stable.set('vote', bytes('again'))
      expect([...stable.lost]).to.deep.equal([])
    })
    expect(await vote()).to.equal('again')
    await flip(slots[0], 30)
    await flip(slots[1], 31)
    await using(async ({ stable }) => { await stable.delete('vote') })
    expect(await vote()).to.equal(undefined)
  })

  it('falls back silently from a write that a crash cut short, at any length', async () => {
    const [before] = await Promise.all([readFile(slots[0]), readFile(slots[1])])
    await using(async ({ stable }) => { await stable.set('vote', bytes('a much longer value')) })
    const after = await readFile(slots[0])
    for (let cut = 0; cut < after.length; cut += 3) {
      const torn = Buffer.concat([after.subarray(0, cut), before.subarray(cut)])
      await writeFile(slots[cut % 2] as string, torn)
      await writeFile(slots[1 - cut % 2] as string, before)
      expect(await vote()).to.equal('newest')
    }
  }).timeout(300_000)

  it('keeps for good what it gave out after a crash between the two writes', async () => {
    const before = await readFile(slots[1])
    await using(async ({ stable }) => { await stable.set('vote', bytes('later')) })
    await writeFile(slots[1], before)
    expect(await vote()).to.equal('later')
    // the slot that was ahead rots: the other must not bring back the older value
    await flip(slots[0], 30)
    expect(await vote()).to.equal('later')
  })

  it('takes a slot of another value for a rotten one', async () => {
    await using(async ({ stable }) => {
      for (const value of ['1', '2', '3', '4']) { await stable.set('term', bytes(value)) }
    })
    await rename(join(dir, 'stable', 'term.0'), slots[0])
    expect(await vote()).to.equal('newest')
  })

  it('are made anew when somebody deleted them while they were in use', async () => {
    await using(async ({ stable }) => {
      for (const value of ['before', 'after']) {
        await stable.set('vote', bytes(value))
        expect((await readFile(slots[0])).includes(value)).to.equal(true)
        await Promise.all(slots.map(async slot => { await rm(slot) }))
      }
      await stable.set('vote', bytes('last'))
    })
    expect(await vote()).to.equal('last')
  })

  it('have the length of what they hold, whatever they held before, also those of many values', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `value-${i}`)
    await using(async ({ stable }) => {
      for (const length of [10, 1_000, 10]) {
        for (const name of names) await stable.set(name, bytes('x'.repeat(length)))
      }
      await stable.delete(names[0] as string)
    })
    await using(async ({ stable }) => {
      expect([...stable.lost]).to.deep.equal([])
      expect(await stable.get(names[0] as string)).to.equal(undefined)
      for (const name of names.slice(1)) expect(text(await stable.get(name))).to.equal('x'.repeat(10))
    })
  })

  it('a slot that cannot be read at the moment costs nothing', async () => {
    await using(async ({ stable }) => { await stable.set('vote', bytes('1')) })
    for (const slot of [0, 1]) {
      await unreadable([slot], async () => { expect(await vote()).to.equal('1') })
    }
    expect(await vote()).to.equal('1')
  })

  it('when none can be read, or the only one, the storage is not opened, and nothing is lost', async () => {
    await using(async ({ stable }) => { await stable.set('vote', bytes('1')) })
    for (const missing of [[], [0], [1]]) {
      for (const slot of missing) await rename(join(dir, 'stable', `vote.${slot}`), join(root, 'aside'))
      await unreadable([0, 1], async () => {
        const err = await rejection(openStorage(dir))
        expect(err).to.have.property('name', 'StorageError')
        expect(err.message).to.include('"vote"').and.to.include('EIO').and.to.include('delete')
      })
      expect(await vote()).to.equal('1')
      await rm(join(root, 'aside'), { force: true })
    }
  })

  it('ignores files that it did not make', async () => {
    await writeFile(join(dir, 'stable', '.DS_Store'), 'x')
    await writeFile(join(dir, 'stable', 'UPPER.0'), 'x')
    await writeFile(`${slots[0]}.tmp`, 'half')
    expect(await vote()).to.equal('newest')
    await using(async ({ stable }) => { expect([...stable.lost]).to.deep.equal([]) })
  })

  it('does not touch what a newer version wrote', async () => {
    for (const slot of slots) {
      const content = await readFile(slot)
      content[8] = 2
      content.writeUInt32BE(crc32c(content.subarray(8)), 4)
      await writeFile(slot, content)
    }
    const err = await rejection(openStorage(dir))
    expect(err).to.have.property('name', 'StorageError')
    expect(err.message).to.include('newer version')
  })
})

describe('node storage: logs on a damaged disk', () => {
  const values = Array.from({ length: 50 }, (_, i) => bytes(`value ${i + 1} `.repeat(20)))

  async function fill (): Promise<void> {
    await using(async ({ log }) => {
      for (const value of values) { await log.append('a', [value]) }
    })
  }

  /** What was acknowledged and is missing must be said, and its seqs stay used. */
  async function expectLost (): Promise<void> {
    for (let opened = 0; opened < 2; opened++) {
      await using(async ({ log }) => {
        expect([...log.lost]).to.deep.equal(['a'])
        expect((await log.bounds('a')).last).to.be.at.least(50)
        for (const { seq, value } of await log.read('a', 1, 1000)) {
          expect(text(value)).to.equal(text(values[seq - 1]) ?? 'after')
        }
      })
    }
    await using(async ({ log }) => {
      expect(await log.append('a', [bytes('after')])).to.be.greaterThan(50)
      await log.delete('a')
    })
    await using(async ({ log }) => {
      expect([...log.lost]).to.deep.equal([])
      expect(await log.append('a', [bytes('after')])).to.be.greaterThan(51)
    })
  }

  it('says so when a bit of the write-ahead log flips, anywhere', async () => {
    await fill()
    const [wal] = await levelFiles('.log')
    const size = (await stat(wal as string)).size
    for (let i = 0; i < 12; i++) {
      await rm(dir, { recursive: true })
      await fill()
      const [path] = await levelFiles('.log')
      await flip(path as string, Math.floor((size - 1) * i / 11), i % 8)
      await expectLost()
    }
  }).timeout(300_000)

  it('tells a rotten length of the last record from a torn one', async () => {
    await fill()
    const [wal] = await levelFiles('.log')
    const content = await readFile(wal as string)
    const record = content.lastIndexOf(Buffer.from('value 50 ')) // the entry stands near the start of its record
    const header = [...content.keys()].findLast(at => at < record - 12 && content[at + 6] === 1 && at + 7 + content.readUInt16LE(at + 4) === content.length)
    await flip(wal as string, (header as number) + 5, 6)
    await expectLost()
  })

  it('drops an append that a crash cut short, and nothing else, silently', async () => {
    for (const cut of [1, 5, 200, 230]) {
      await rm(dir, { recursive: true, force: true })
      await fill()
      const [wal] = await levelFiles('.log')
      await truncate(wal as string, (await stat(wal as string)).size - cut)
      await using(async ({ log }) => {
        expect(await log.bounds('a')).to.deep.equal({ first: 1, last: 49 })
        expect(await log.read('a', 1, 100)).to.have.length(49)
        expect(await log.append('a', [bytes('50')])).to.equal(50)
        expect([...log.lost]).to.deep.equal([])
      })
    }
  })

  it('leaves corrupt entries out of what is read, and says so', async () => {
    await using(async ({ log }) => {
      const noise = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) >> 3)
      await log.append('a', Array.from({ length: 50 }, (_, i) => noise.map(byte => byte ^ (i * 37))))
    })
    // opening moves the write-ahead log into a table
    await using(async ({ log }) => { await log.append('b', [bytes('x')]) })
    const [table] = await levelFiles('.ldb')
    await flip(table as string, Math.floor((await stat(table as string)).size / 2))
    await using(async ({ log }) => {
      const entries = await log.read('a', 1, 1000)
      expect(entries.length).to.be.within(1, 49)
      expect([...log.lost]).to.deep.equal(['a'])
      expect(await log.append('a', [bytes('x')])).to.be.greaterThan(50)
    })
    await using(async ({ log }) => { expect([...log.lost]).to.deep.equal(['a']) })
  })

  it('repairs a database without its manifest, and says that entries may be missing', async () => {
    await fill()
    const [manifest] = (await readdir(join(dir, 'log'))).filter(file => file.startsWith('MANIFEST'))
    await rm(join(dir, 'log', manifest as string))
    await using(async ({ log }) => { expect(await log.read('a', 1, 100)).to.have.length(50) })
    await expectLost()
  })

  it('repairs a database with a rotten manifest or CURRENT', async () => {
    for (const prefix of ['MANIFEST', 'CURRENT']) {
      await rm(dir, { recursive: true, force: true })
      await fill()
      const [file] = (await readdir(join(dir, 'log'))).filter(found => found.startsWith(prefix))
      await writeFile(join(dir, 'log', file as string), 'rotten')
      await expectLost()
    }
  })

  it('says so when the whole database is gone', async () => {
    await fill()
    await rm(join(dir, 'log'), { recursive: true })
    await expectLost()
  })

  /** Names of logs of which something is kept. */
  async function known (): Promise<string[]> {
    const level = await openLevel(join(dir, 'log'))
    const keys = await level.keys().all()
    await level.close()
    const roster = await new RosterFile(join(dir, 'roster')).load()
    return [...keys.map(key => `level ${text(key)}`), ...[...roster.keys()].map(name => `roster ${name}`)]
  }

  it('keeps nothing of logs that were deleted for good, however many', async () => {
    await using(async ({ log }) => {
      for (let i = 0; i < 1_000; i += 100) {
        const names = Array.from({ length: 100 }, (_, j) => `kept/${i + j}`)
        await Promise.all(names.map(async name => await log.append(name, [bytes('x')])))
        await Promise.all(names.map(async name => { await log.delete(name, { forever: true }) }))
      }
    })
    expect(await known()).to.deep.equal([])
    await using(async ({ log }) => {
      expect(await log.append('kept/1', [bytes('y')])).to.equal(1)
    })
    await using(async ({ log }) => {
      expect([...log.lost]).to.deep.equal([])
      expect(await log.read('kept/1', 1, 10)).to.deep.equal([{ seq: 1, value: bytes('y') }])
      await log.delete('kept/1', { forever: true })
    })
    expect(await known()).to.deep.equal([])
  })

  it('takes a log that a crash left half forgotten for a deleted one', async () => {
    await using(async ({ log }) => {
      await log.append('a', [bytes('x')])
      await log.delete('a')
    })
    const roster = new RosterFile(join(dir, 'roster'))
    await roster.load()
    await roster.forget(['a'])
    await roster.close()
    await using(async ({ log }) => {
      expect([...log.lost, ...await log.logs()]).to.deep.equal([])
      expect(await log.append('a', [bytes('y')])).to.be.greaterThan(1)
    })
  })

  it('a lost log that is deleted for good is whole when it is written again, in the same turn, too, and else nothing is kept of it', async () => {
    await using(async ({ log }) => { await Promise.all(['again', 'gone'].map(async name => await log.append(name, [bytes('x')]))) })
    await rm(join(dir, 'log'), { recursive: true })
    await using(async ({ log }) => {
      expect([...log.lost].sort()).to.deep.equal(['again', 'gone'])
      await Promise.all([log.delete('again', { forever: true }), log.append('again', [bytes('y')]), log.delete('gone', { forever: true })])
      expect([...log.lost]).to.deep.equal([])
    })
    await using(async ({ log }) => {
      expect([...log.lost]).to.deep.equal([])
      expect((await log.read('again', 1, 10)).map(({ value }) => text(value))).to.deep.equal(['y'])
      await log.delete('again', { forever: true })
    })
    expect(await known()).to.deep.equal([])
  })

  it('the roster is written anew while it is in use, when most of it is of logs that are gone', async () => {
    await using(async () => {})
    const roster = new RosterFile(join(dir, 'roster'))
    const names = (from: number): string[] => Array.from({ length: 1_000 }, (_, i) => `log ${from + i}`)
    await roster.note(new Map([['stays', { ceiling: 7, lost: false }]]))
    for (let i = 0; i < 10; i++) {
      await roster.note(new Map(names(i * 1_000).map(name => [name, { ceiling: 1, lost: false }])))
      await roster.forget(names(i * 1_000))
    }
    expect((await readFile(join(dir, 'roster'), 'utf8')).split('\n').length).to.be.below(10_000)
    await roster.note(new Map([['new', { ceiling: 8, lost: true }]]))
    await roster.close()
    expect(await new RosterFile(join(dir, 'roster')).load()).to.deep.equal(new Map([['stays', { ceiling: 7, lost: false }], ['new', { ceiling: 8, lost: true }]]))
  })

  it('needs no roster while the database is whole', async () => {
    await fill()
    await writeFile(join(dir, 'roster'), 'rotten\nrotten')
    await using(async ({ log }) => {
      expect([...log.lost]).to.deep.equal([])
      expect(await log.append('a', [bytes('x')])).to.equal(51)
      expect(await log.append('b', [bytes('x')])).to.equal(1)
    })
    await rm(join(dir, 'roster'))
    await using(async ({ log }) => {
      expect([...log.lost]).to.deep.equal([])
      expect(await log.read('a', 1, 100)).to.have.length(51)
      expect(await log.append('a', [bytes('x')])).to.equal(52)
    })
  })
})

describe('node storage: a write of level that fails', () => {
  let level: ClassicLevel<Uint8Array, Uint8Array>
  let logs: LevelLogs
  let locked: number

  beforeEach(async () => {
    await mkdir(dir, { recursive: true })
    level = new ClassicLevel(join(dir, 'log'), { keyEncoding: 'view', valueEncoding: 'view' })
    await level.open()
    locked = 0
    logs = new LevelLogs(level, new RosterFile(join(dir, 'roster')), () => { locked++ })
  })

  afterEach(async () => {
    await level.close()
  })

  const commit = async (seq: number): Promise<string> =>
    logs.commit([{ log: 'a', seq, value: bytes(`value ${seq}`) }], new Map([['a', { first: 1, last: seq, deleted: false }]])).then(() => 'done', (err: Error) => err.message)

  /** As level does after a sync that failed: it refuses all writes until it is opened again. */
  function sicken (): void {
    const batch = level.batch.bind(level)
    const sick = { batch: async () => { throw new Error('EIO') }, clear: async () => { throw new Error('EIO') } }
    Object.assign(level, sick)
    level.once('closed', () => { Object.assign(level, { batch, clear: ClassicLevel.prototype.clear.bind(level) }) })
  }

  it('is the last one that fails, when the disk is well again', async () => {
    expect(await commit(1)).to.equal('done')
    sicken()
    const reading = logs.range('a', 1, 9, 9)
    expect([await commit(2), await commit(2)]).to.deep.equal(['EIO', 'done'])
    expect((await reading).map(({ seq }) => seq)).to.deep.equal([1])
    sicken()
    expect(await logs.prune('a', 1, 2).then(() => 'done', (err: Error) => err.message)).to.equal('EIO')
    const answers = await Promise.all([commit(3), ...Array.from({ length: 5 }, async () => (await logs.range('a', 2, 9, 9)).length)])
    expect(answers[0]).to.equal('done')
    expect(answers.slice(1).every(length => length === 1 || length === 2), String(answers)).to.equal(true)
    expect((await logs.range('a', 1, 9, 9)).map(({ seq }) => seq)).to.deep.equal([1, 2, 3])
    expect(locked).to.equal(0)
  })

  /** Level is closed for the next write, and cannot be opened as long as the returned function was not called. */
  async function shut (): Promise<() => void> {
    const open = level.open.bind(level)
    sicken()
    expect(await commit(2)).to.equal('EIO')
    Object.assign(level, { open: async () => { throw new Error('EMFILE') } })
    expect(await commit(2)).to.equal('EMFILE')
    expect(level.status).to.equal('closed')
    return () => { Object.assign(level, { open }) }
  }

  it('and after which level could not be opened, does not keep anybody from reading once it can', async () => {
    expect(await commit(1)).to.equal('done')
    const mend = await shut()
    expect(await rejection(logs.range('a', 1, 9, 9))).to.have.property('message', 'EMFILE')
    expect(await rejection(logs.edges('a', 1))).to.have.property('message', 'EMFILE')
    mend()
    const found = await Promise.all([logs.range('a', 1, 9, 9), logs.range('a', 1, 9, 9), logs.edges('a', 1)])
    expect(found.slice(0, 2)).to.deep.equal([[{ seq: 1, value: bytes('value 1') }], [{ seq: 1, value: bytes('value 1') }]])
    expect(found[2]).to.deep.equal({ first: 1, last: 1 })
    expect(await commit(2)).to.equal('done')
  })

  it('leaves nothing open after `close`, whoever reads then', async () => {
    expect(await commit(1)).to.equal('done')
    const mend = await shut()
    mend()
    const reading = logs.range('a', 1, 9, 9).catch(() => {})
    await logs.close()
    await reading
    expect(await logs.range('a', 1, 9, 9).catch(() => 'refused')).to.equal('refused')
    expect(level.status).to.equal('closed')
  })

  it('gives the directory up when another process took it while it was opened anew', async () => {
    const other = new ClassicLevel(join(dir, 'log'))
    sicken()
    expect(await commit(1)).to.equal('EIO')
    const close = level.close.bind(level)
    Object.assign(level, {
      close: async () => {
        await close()
        await other.open()
      }
    })
    expect(await commit(1)).to.equal('Database failed to open')
    expect(locked).to.equal(1)
    await other.close()
    Object.assign(level, { close })
  })
})
