import { mkdir, open, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** True for an error of node:fs with one of these codes. */
export function hasCode (err: unknown, ...codes: string[]): boolean {
  return err instanceof Error && 'code' in err && codes.includes(String(err.code))
}

/** Makes names created in, moved into or removed from `dir` durable. */
export async function syncDirectory (dir: string): Promise<void> {
  if (process.platform === 'win32') {
    return // directories cannot be opened there, and NTFS logs its metadata
  }
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Only for its owner, because keys are kept in it. Resolves to the one path that all aliases of it share. */
export async function makeDirectory (path: string): Promise<string> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  const dir = await realpath(path)
  if (first != null) {
    for (let made = dir, end = dirname(await realpath(first)); made !== end; made = dirname(made)) {
      await syncDirectory(dirname(made))
    }
  }
  return dir
}

/** The bytes a file has after this are all of `bytes` or, when interrupted, all of what it had before. */
export async function replaceFile (path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Throws what a file of `bytes` bytes that is made durable at `path` would; it is removed again. */
export async function tryWrite (path: string, bytes: number): Promise<void> {
  try {
    await writeFile(path, new Uint8Array(bytes), { mode: 0o600, flush: true })
  } finally {
    await rm(path, { force: true })
  }
}
