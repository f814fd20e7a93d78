import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { levelCode, openLevel } from './level.ts'
import type { Level } from './level.ts'

/**
 * Keeps other processes out until it is closed, or this process ends, in whatever way: an empty level, because Node has no
 * lock of a file. That of the logs does not do: it is free while they are opened anew, and this node votes meanwhile.
 *
 * Throws what {@link levelCode} calls LEVEL_LOCKED when another process holds it.
 */
export async function lockDirectory (path: string): Promise<Level> {
  // level would hide that this user may not, and name a file that is missing
  await mkdir(path, { recursive: true, mode: 0o700 })
  try {
    return await openLevel(path)
  } catch (err) {
    if (levelCode(err) === 'LEVEL_LOCKED') { throw err }
  }
  // Perhaps it is corrupt. Nothing is kept in it; but the file LOCK stays, as another process may hold it by now.
  for (const name of await readdir(path)) {
    if (name !== 'LOCK') { await rm(join(path, name), { force: true, recursive: true }) }
  }
  return await openLevel(path)
}
