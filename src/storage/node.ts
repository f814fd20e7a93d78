import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError, StorageLockedError } from '../errors.ts'
import { composeStorage } from './compose.ts'
import { ForgettingLogStore } from './node/forgetting.ts'
import { hasCode, makeDirectory, replaceFile, syncDirectory } from './node/files.ts'
import { LevelLogs, levelCode, openOrRepair } from './node/level.ts'
import { lockDirectory } from './node/lock.ts'
import { RosterFile } from './node/roster.ts'
import { SlotFiles } from './node/slots.ts'
import { hasDamagedLog } from './node/wal.ts'
import { CachedStableStore } from './stable.ts'
import type { Storage } from './index.ts'
import type { GroupLogStore } from './log.ts'
import type { ForgetfulBackend } from './node/forgetting.ts'

/**
 * Directories that this process holds, shared by all copies of this package. Level's own lock does not do for one
 * process: it is refused by name only, and refusing it closes the LOCK file, which gives up the process's fcntl lock, so
 * that another process could get in.
 */
const HELD = Symbol.for('braid-mesh.storage.held')

function heldDirectories (): Set<string> {
  const holder = globalThis as { [HELD]?: Set<string> }
  holder[HELD] ??= new Set()
  return holder[HELD]
}

/** Keeps everybody else out, of this process and others, until what it returns is called. */
async function hold (dir: string): Promise<() => Promise<void>> {
  const held = heldDirectories()
  if (held.has(dir)) {
    throw lockedError(dir)
  }
  held.add(dir)
  try {
    const lock = await lockDirectory(join(dir, 'lock'))
    return async () => { await lock.close().finally(() => { held.delete(dir) }) }
  } catch (err) {
    held.delete(dir)
    throw err
  }
}

/** A node that finds this file knows that log entries were lost, even if it crashed while it was told so. */
class DamageMark {
  private readonly dir: string
  private readonly path: string

  constructor (dir: string) {
    this.dir = dir
    this.path = join(dir, 'damaged')
  }

  async isSet (): Promise<boolean> {
    try {
      await readFile(this.path)
      return true
    } catch (err) {
      if (hasCode(err, 'ENOENT')) { return false }
      throw err
    }
  }

  async set (): Promise<void> {
    await replaceFile(this.path, new Uint8Array())
  }

  async clear (): Promise<void> {
    await rm(this.path)
    await syncDirectory(this.dir)
  }
}

async function openLogs (dir: string, onLocked: () => void): Promise<{ log: GroupLogStore<ForgetfulBackend>, release: () => Promise<void> }> {
  const path = join(dir, 'log')
  const mark = new DamageMark(dir)
  if (await hasDamagedLog(path)) {
    await mark.set()
  }
  const { level, states } = await openOrRepair(path, async () => { await mark.set() })
  const roster = new RosterFile(join(dir, 'roster'))
  const logs = new LevelLogs(level, roster, onLocked)
  const release = async (): Promise<void> => {
    await roster.close()
    await logs.close()
  }

  try {
    const damaged = await mark.isSet()
    const log = await ForgettingLogStore.open(logs, { states, roster: await roster.load(), damaged })
    if (damaged) {
      await mark.clear()
    }
    return { log, release }
  } catch (err) {
    await release()
    throw err
  }
}

/** @param unlock - gives the directory up, called when nothing in it is used any more */
async function openParts (dir: string, unlock: () => Promise<void>): Promise<Storage> {
  let storage: Storage | undefined
  const { log, release } = await openLogs(dir, () => { storage?.close().catch(() => {}) })
  try {
    const { backend, content } = await SlotFiles.open(join(dir, 'stable'))
    storage = composeStorage({
      stable: new CachedStableStore(backend, content),
      log,
      location: dir,
      release: async () => {
        try {
          await backend.close()
          await release()
        } finally {
          await unlock()
        }
      }
    })
    return storage
  } catch (err) {
    await log.close()
    await release()
    throw err
  }
}

function lockedError (dir: string, cause?: unknown): StorageLockedError {
  return new StorageLockedError(`the storage directory ${dir} is in use by another node: stop that one, or give this one a \`storage\` directory of its own`, { cause })
}

/**
 * Opens the storage in a directory, which is created, readable for its owner only, if it is missing. It belongs to this
 * process until `close`, or until the process ends, in whatever way.
 *
 * Throws StorageLockedError when another process, or another mesh of this one, holds it, and StorageError when it cannot
 * be read or written. Damage is no error: what is lost is in `stable.lost` and `log.lost`.
 */
export async function openStorage (location: string): Promise<Storage> {
  let dir = location
  let unlock: (() => Promise<void>) | undefined
  try {
    dir = await makeDirectory(location)
    unlock = await hold(dir)
    return await openParts(dir, unlock)
  } catch (err) {
    await unlock?.()
    if (err instanceof StorageLockedError || err instanceof StorageError) { throw err }
    if (levelCode(err) === 'LEVEL_LOCKED') { throw lockedError(dir, err) }
    throw new StorageError(`the storage directory ${dir} cannot be opened: ${rootMessage(err)}`, { cause: err })
  }
}

/** Level says "Database failed to open" and keeps the reason in the cause. */
function rootMessage (err: unknown): string {
  return err instanceof Error ? rootMessage(err.cause ?? err.message) : String(err)
}
