import { readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { StorageError } from '../../errors.ts'
import { seal, unseal } from '../seal.ts'
import { tryWrite } from './files.ts'
import type { LogEntry } from '../index.ts'
import type { PlacedEntry } from '../log.ts'
import type { Edges, LogState, RosterEntry } from '../recovery.core.ts'
import type { ForgetfulBackend } from './forgetting.ts'
import type { RosterFile } from './roster.ts'

const STATE = 0x6d
const ENTRY = 0x65
const SEQ_LENGTH = 8
/** Bytes that level writes when it is opened, beside what its write-ahead log has. */
const OPENING = 64 * 1024

export type Level = ClassicLevel<Uint8Array, Uint8Array>

function stateKey (log: string): Uint8Array {
  return Uint8Array.of(STATE, ...new TextEncoder().encode(log))
}

/** The length in front of the name keeps the entries of "a" and "ab" apart; big endian keeps seqs in order. */
function entryKey (log: string, seq: number): Uint8Array {
  const name = new TextEncoder().encode(log)
  const key = new Uint8Array(3 + name.length + SEQ_LENGTH)
  const view = new DataView(key.buffer)
  view.setUint8(0, ENTRY)
  view.setUint16(1, name.length)
  key.set(name, 3)
  view.setBigUint64(3 + name.length, BigInt(seq))
  return key
}

function seqOf (key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset, key.byteLength).getBigUint64(key.length - SEQ_LENGTH))
}

function encodeState (log: string, { first, last, deleted }: LogState): Uint8Array {
  return seal(log, 0, new TextEncoder().encode(JSON.stringify([first, last, deleted])))
}

function decodeState (log: string, sealed: Uint8Array): LogState | 'corrupt' {
  const bytes = unseal(log, 0, sealed)
  if (bytes == null) {
    return 'corrupt'
  }
  const [first, last, deleted] = JSON.parse(new TextDecoder().decode(bytes))
  return { first, last, deleted }
}

/** The code that level gives its error, or the error behind its error. */
export function levelCode (err: unknown): string | undefined {
  for (let cause = err; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && cause.code !== 'LEVEL_DATABASE_NOT_OPEN') {
      return cause.code
    }
  }
  return undefined
}

/** Level names a missing manifest an I/O error, but it is the same as a corrupt one. */
function isCorrupt (err: unknown): boolean {
  const cause = err instanceof Error ? err.cause : undefined
  const missing = cause instanceof Error && /MANIFEST-\d+: No such file/.test(cause.message)
  return missing || levelCode(err) === 'LEVEL_CORRUPTION'
}

export async function openLevel (path: string): Promise<Level> {
  const level: Level = new ClassicLevel(path, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open()
  return level
}

async function readStates (level: Level): Promise<Map<string, LogState | 'corrupt'>> {
  const states = new Map<string, LogState | 'corrupt'>()
  for await (const [key, value] of level.iterator({ gte: Uint8Array.of(STATE), lt: Uint8Array.of(STATE + 1) })) {
    const log = new TextDecoder().decode(key.subarray(1))
    states.set(log, decodeState(log, value))
  }
  return states
}

interface Opened {
  level: Level
  states: Map<string, LogState | 'corrupt'>
}

async function openAndRead (path: string): Promise<Opened> {
  const level = await openLevel(path)
  try {
    return { level, states: await readStates(level) }
  } catch (err) {
    await level.close()
    throw err
  }
}

/**
 * Opens level; a corrupt one is repaired, and one that cannot be repaired is moved aside to `<path>.corrupt-<time>` for
 * somebody to look at: a node that starts and says what it lost is worth more than one that does not start.
 * `onCorrupt` runs before the repair, which removes the evidence.
 */
export async function openOrRepair (path: string, onCorrupt: () => Promise<void>): Promise<Opened> {
  try {
    return await openAndRead(path)
  } catch (err) {
    if (!isCorrupt(err)) { throw err }
  }
  await onCorrupt()
  try {
    // a repair that finds nothing to keep fails, and so does the opening after it
    await ClassicLevel.repair(path).catch(() => {})
    return await openAndRead(path)
  } catch (err) {
    if (!isCorrupt(err)) { throw err }
    await rename(path, `${path}.corrupt-${Date.now()}`)
    return await openAndRead(path)
  }
}

/** Bytes of what level's opening writes to a table. */
async function walBytes (path: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(path)) {
    if (name.endsWith('.log')) { bytes += (await stat(join(path, name))).size }
  }
  return bytes
}

/**
 * Logs in level: one `sync` write per group of changes. After a write that failed level is opened anew before the next
 * one: what it appends behind half a record cannot be read again, and once a sync has failed it refuses all. While the
 * disk is too full for that level stays as it is, to be read. When it cannot be opened, whoever reads or writes tries again.
 */
export class LevelLogs implements ForgetfulBackend {
  private readonly level: Level
  private readonly roster: RosterFile
  private readonly onLocked: () => void
  private failed = false
  private closed = false
  private opening: Promise<void> | undefined
  private readonly reads = new Set<Promise<unknown>>()

  /** @param onLocked - while level was closed somebody took it, who passes the directory's own lock by: it is not ours any more */
  constructor (level: Level, roster: RosterFile, onLocked: () => void) {
    this.level = level
    this.roster = roster
    this.onLocked = onLocked
  }

  async commit (entries: readonly PlacedEntry[], states: ReadonlyMap<string, LogState>): Promise<void> {
    const puts = entries.map(({ log, seq, value }) => ({ type: 'put' as const, key: entryKey(log, seq), value: seal(log, seq, value) }))
    for (const [log, state] of states) {
      puts.push({ type: 'put', key: stateKey(log), value: encodeState(log, state) })
    }
    await this.write(async () => { await this.level.batch(puts, { sync: true }) })
  }

  private async write (change: () => Promise<void>): Promise<void> {
    if (this.failed) { await this.reopen() }
    try {
      await change()
    } catch (err) {
      this.failed = true
      throw err
    }
  }

  /** Whoever wants that meanwhile waits for the same one. */
  private async reopen (): Promise<void> {
    this.opening ??= this.openAnew().finally(() => { this.opening = undefined })
    await this.opening
  }

  private async openAnew (): Promise<void> {
    if (this.closed) { throw new StorageError('the storage is closed') }
    if (this.level.status === 'open') {
      const { location } = this.level
      await tryWrite(`${location}.probe`, OPENING + await walBytes(location))
      await Promise.allSettled(this.reads)
      await this.level.close()
    }
    try {
      await this.level.open()
    } catch (err) {
      if (levelCode(err) === 'LEVEL_LOCKED') { this.onLocked() }
      throw err
    }
    this.failed = false
  }

  async close (): Promise<void> {
    this.closed = true
    await this.opening?.catch(() => {})
    await this.level.close()
  }

  /** Level is not closed meanwhile. */
  private async reading<T> (read: () => Promise<T>): Promise<T> {
    // of one that fails level may be as it was
    while (this.opening != null) { await this.opening.catch(() => {}) }
    if (this.level.status !== 'open') { await this.reopen() }
    const reading = read()
    this.reads.add(reading)
    try {
      return await reading
    } finally {
      this.reads.delete(reading)
    }
  }

  async note (entries: ReadonlyMap<string, RosterEntry>): Promise<void> {
    await this.roster.note(entries)
  }

  /** The roster first: a line in it without a state would say that the state was lost. */
  async forget (logs: readonly string[]): Promise<void> {
    await this.roster.forget(logs)
    await this.write(async () => { await this.level.batch(logs.map(log => ({ type: 'del', key: stateKey(log) })), { sync: true }) })
  }

  async range (log: string, from: number, to: number, limit: number): Promise<LogEntry[]> {
    return await this.reading(async () => await this.find(log, from, to, limit))
  }

  private async find (log: string, from: number, to: number, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    try {
      for await (const [key, sealed] of this.level.iterator({ gte: entryKey(log, from), lte: entryKey(log, to) })) {
        const seq = seqOf(key)
        const value = unseal(log, seq, sealed)
        if (value != null && entries.push({ seq, value }) >= limit) { break }
      }
      return entries
    } catch (err) {
      if (levelCode(err) !== 'LEVEL_CORRUPTION') { throw err }
      return await this.salvage(log, from, to, limit)
    }
  }

  async prune (log: string, from: number, before: number): Promise<void> {
    await this.write(async () => { await this.level.clear({ gte: entryKey(log, from), lt: entryKey(log, before) }) })
  }

  async edges (log: string, from: number): Promise<Edges | undefined> {
    const range = { gte: entryKey(log, from), lte: entryKey(log, Number.MAX_SAFE_INTEGER), limit: 1 }
    try {
      const [[first], [last]] = await this.reading(async () => await Promise.all([this.level.keys(range).all(), this.level.keys({ ...range, reverse: true }).all()]))
      return first == null || last == null ? undefined : { first: seqOf(first), last: seqOf(last) }
    } catch (err) {
      if (levelCode(err) !== 'LEVEL_CORRUPTION') { throw err }
      return undefined
    }
  }

  /** An iterator ends at the first corrupt block; what lies behind it is fetched one by one. */
  private async salvage (log: string, from: number, to: number, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    for (let seq = from; seq <= to && entries.length < limit; seq++) {
      const value = await this.getIntact(log, seq)
      if (value != null) {
        entries.push({ seq, value })
      }
    }
    return entries
  }

  private async getIntact (log: string, seq: number): Promise<Uint8Array | undefined> {
    try {
      return unseal(log, seq, await this.level.get(entryKey(log, seq)))
    } catch (err) {
      if (levelCode(err) !== 'LEVEL_CORRUPTION') { throw err }
      return undefined
    }
  }
}
