import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { openStorage } from '../../src/storage/node.ts'
import { until } from '../harness/until.ts'
import { rejection, text } from '../unit/storage-contract.ts'
import type { ChildProcess } from 'node:child_process'

const CHILD = fileURLToPath(new URL('storage-child.ts', import.meta.url))
const FULL_CHILD = fileURLToPath(new URL('storage-full-child.ts', import.meta.url))

/** What level calls of the disk's. */
const level = ClassicLevel.prototype as unknown as Record<'_batch' | '_open', () => Promise<void>>

/** A process that opens `dir`, and the whole lines it has printed. */
class Holder {
  private readonly child: ChildProcess
  private readonly exited: Promise<NodeJS.Signals | number | null>
  private output = ''
  private problems = ''

  constructor (dir: string, mode: 'hold' | 'write' | 'full') {
    const program = mode === 'full' ? FULL_CHILD : CHILD
    this.child = spawn(process.execPath, ['--conditions=braid-mesh-source', '--import', 'tsx', program, dir, mode], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk: Buffer) => { this.output += chunk.toString() })
    this.child.stderr?.on('data', (chunk: Buffer) => { this.problems += chunk.toString() })
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      // after the pipes are drained, so that no acknowledgement is missed
      this.child.once('close', (code, signal) => { resolve(signal ?? code) })
    })
  }

  get lines (): string[] {
    return this.output.split('\n').slice(0, -1)
  }

  async printed (start: string, times = 1): Promise<void> {
    await until(() => this.lines.filter(line => line.startsWith(start)).length >= times, {
      timeout: 200_000,
      what: () => `"${start}" from the child, which printed ${this.lines.slice(0, 3).join(', ')} ${this.problems}`
    })
  }

  async end (signal: NodeJS.Signals): Promise<NodeJS.Signals | number | null> {
    this.child.kill(signal)
    return await this.exit()
  }

  async exit (): Promise<NodeJS.Signals | number | null> {
    const how = await this.exited
    expect(this.problems).to.equal('')
    return how
  }
}

/** The highest acknowledged number of each kind and name. */
function acknowledged (lines: readonly string[]): Map<string, number> {
  const highest = new Map<string, number>()
  for (const line of lines) {
    const [kind, name, number] = line.split(' ')
    if (kind === 'set' || kind === 'append') {
      highest.set(`${kind} ${name}`, Math.max(Number(number), highest.get(`${kind} ${name}`) ?? 0))
    }
  }
  return highest
}

async function expectEverything (dir: string, acks: Map<string, number>): Promise<void> {
  const storage = await openStorage(dir)
  try {
    expect([...storage.stable.lost, ...storage.log.lost]).to.deep.equal([])
    for (const name of ['vote', 'term']) {
      const acked = acks.get(`set ${name}`) ?? 0
      // one set may have been under way
      expect(Number(text(await storage.stable.get(name)) ?? 0)).to.be.within(acked, acked + 1)
    }
    for (const name of ['outbox', 'other']) {
      const { first, last } = await storage.log.bounds(name)
      expect(first).to.equal(1)
      expect(last).to.be.at.least(acks.get(`append ${name}`) ?? 0)
      const entries = await storage.log.read(name, 1, Infinity)
      expect(entries.map(({ seq, value }) => `${seq} ${text(value)?.trimEnd()}`))
        .to.deep.equal(Array.from({ length: last }, (_, i) => `${i + 1} ${name} ${i + 1}`))
    }
    expect([...storage.log.lost]).to.deep.equal([])
  } finally {
    await storage.close()
  }
}

describe('storage between processes', function () {
  this.timeout(300_000)
  let root: string
  let dir: string
  const holders: Holder[] = []

  function hold (mode: 'hold' | 'write' | 'full' = 'hold'): Holder {
    const holder = new Holder(dir, mode)
    holders.push(holder)
    return holder
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'braid-storage-'))
    dir = join(root, 'data')
  })

  afterEach(async () => {
    await Promise.all(holders.splice(0).map(async holder => { await holder.end('SIGKILL').catch(() => {}) }))
    await rm(root, { recursive: true, force: true })
  })

  it('refuses a second process, and says what to do', async () => {
    const first = hold()
    await first.printed('open')
    const err = await rejection(openStorage(dir))
    expect(err).to.have.property('name', 'StorageLockedError')
    expect(err.message).to.include(dir).and.to.include('`storage`')

    const second = hold()
    expect(await second.exit()).to.equal(1)
    expect(second.lines.join()).to.match(/^refused StorageLockedError/)

    expect(await first.end('SIGTERM')).to.equal(0)
    await (await openStorage(dir)).close()
  })

  it('keeps other processes out after this one was refused its own directory', async () => {
    const storage = await openStorage(dir)
    expect(await rejection(openStorage(dir))).to.have.property('name', 'StorageLockedError')
    const other = hold()
    expect(await other.exit()).to.equal(1)
    expect(other.lines.join()).to.match(/^refused StorageLockedError/)
    await storage.close()
  })

  it('keeps other processes out while its log cannot be opened anew after a write that failed', async () => {
    const { _batch, _open } = level
    const broken = async (): Promise<never> => { throw new Error('EIO') }
    const storage = await openStorage(dir)
    try {
      expect(await storage.log.append('a', [new Uint8Array(1)])).to.equal(1)
      Object.assign(level, { _batch: broken, _open: broken })
      // the second one closes level, and cannot open it
      for (let i = 0; i < 2; i++) expect(await rejection(storage.log.append('a', [new Uint8Array(2)]))).to.have.property('name', 'StorageError')
      await storage.stable.set('vote', new Uint8Array(1))
      const other = hold()
      await other.printed('refused StorageLockedError')
      Object.assign(level, { _batch, _open })
      expect(await storage.log.append('a', [new Uint8Array(3)])).to.equal(2)
      expect((await storage.log.read('a', 1, 10)).map(({ value }) => value.length)).to.deep.equal([1, 3])
    } finally {
      Object.assign(level, { _batch, _open })
      await storage.close()
    }
    const next = hold()
    await next.printed('open')
    expect(await next.end('SIGTERM')).to.equal(0)
  })

  it('has all that was acknowledged when its holder was killed, and is free', async () => {
    const acks = new Map<string, number>()
    for (const enough of [1, 20, 60, 150]) {
      const writer = hold('write')
      for (const line of ['set vote', 'set term', 'append outbox', 'append other']) {
        await writer.printed(line, enough)
      }
      expect(await writer.end('SIGKILL')).to.equal('SIGKILL')
      acknowledged(writer.lines).forEach((number, key) => { acks.set(key, number) })
      await expectEverything(dir, acks)
    }
    expect(acks.get('set vote')).to.be.greaterThan(200)
  }).timeout(600_000)

  it('loses nothing that was acknowledged before a disk was full, or after it; and can be read meanwhile', async function () {
    // elsewhere no process can be told that its disk is full
    if (spawnSync('prlimit', ['--version']).status !== 0) this.skip()
    const child = hold('full')
    expect(await child.exit()).to.equal(0)
    const { lines } = child
    const full = lines.slice(lines.indexOf('full') + 1, lines.indexOf('free'))
    const free = lines.slice(lines.indexOf('free') + 1)
    expect(lines.slice(0, 3)).to.deep.equal(['append a 1', 'append a 2', 'full'])
    expect(full.filter(line => line === 'failed StorageError')).to.have.length(5)
    expect(full.at(-1)).to.equal('read 1:1 2:40000')
    expect(free.filter(line => !line.startsWith('read')).sort()).to.deep.equal(['append a 3', 'append a 4', 'append a 5', 'append b 1', 'lost '])
    expect(free.findLast(line => line.startsWith('read'))).to.equal('read 1:1 2:40000 3:10 4:40000 5:3')
    const storage = await openStorage(dir)
    try {
      expect([...storage.log.lost]).to.deep.equal([])
      expect((await storage.log.read('a', 1, 100)).map(({ seq, value }) => `${seq}:${value.length}`).join(' ')).to.equal('1:1 2:40000 3:10 4:40000 5:3')
      expect(await storage.log.read('b', 1, 100)).to.have.length(1)
      expect(await storage.log.append('a', [new Uint8Array(1)])).to.equal(6)
    } finally {
      await storage.close()
    }
  })
})
