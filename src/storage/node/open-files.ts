import { open } from 'node:fs/promises'
import { hasCode } from './files.ts'
import type { FileHandle } from 'node:fs/promises'

/** Each is a file descriptor; further files are opened and closed with each write. */
const MAX_OPEN = 32

interface OpenFile {
  readonly handle: FileHandle
  size: number
}

/** Files that are overwritten in place, and stay open: to open, cut and close one takes longer than what is written needs. */
export class OpenFiles {
  private readonly files = new Map<string, OpenFile>()

  /** Durable when it resolves, unless there is no such file (any more): false. Calls for one path must not overlap. */
  async overwrite (path: string, bytes: Uint8Array): Promise<boolean> {
    const file = this.files.get(path) ?? await openFile(path)
    if (file == null) {
      return false
    }
    try {
      const [{ nlink }] = await Promise.all([file.handle.stat(), writeAll(file.handle, bytes)])
      if (file.size > bytes.length) {
        await file.handle.truncate(bytes.length)
      }
      file.size = bytes.length
      // somebody deleted it: what was written is in no directory
      if (nlink === 0) {
        await this.forget(path, file)
        return false
      }
      await file.handle.datasync()
    } catch (err) {
      await this.forget(path, file).catch(() => {})
      throw err
    }
    if (this.files.size < MAX_OPEN || this.files.has(path)) {
      this.files.set(path, file)
    } else {
      await file.handle.close()
    }
    return true
  }

  async close (path: string): Promise<void> {
    const file = this.files.get(path)
    if (file != null) {
      await this.forget(path, file)
    }
  }

  async closeAll (): Promise<void> {
    await Promise.all([...this.files.keys()].map(async path => { await this.close(path) }))
  }

  private async forget (path: string, { handle }: OpenFile): Promise<void> {
    this.files.delete(path)
    await handle.close()
  }
}

async function openFile (path: string): Promise<OpenFile | undefined> {
  try {
    const handle = await open(path, 'r+')
    return { handle, size: (await handle.stat()).size }
  } catch (err) {
    if (hasCode(err, 'ENOENT')) { return undefined }
    throw err
  }
}

async function writeAll (handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten
  }
}
