import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32c } from '../../util/crc32c.ts'
import { hasCode } from './files.ts'

// https://github.com/google/leveldb/blob/main/doc/log_format.md
const BLOCK = 32 * 1024
const HEADER = 7
const MASK_DELTA = 0xa282ead8
/** The least that a disk writes at once. */
const SECTOR = 512

/** Offset behind the record that starts at `at`, if it is one and intact. */
function endOfRecord (bytes: Uint8Array, view: DataView, at: number, blockEnd: number): number | undefined {
  if (at + HEADER > blockEnd) {
    return undefined
  }
  const end = at + HEADER + view.getUint16(at + 4, true)
  const type = view.getUint8(at + 6)
  if (type < 1 || type > 4 || end > blockEnd) {
    return undefined
  }
  return isIntact(bytes, view, at, end) ? end : undefined
}

function isIntact (bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
  const crc = crc32c(bytes.subarray(at + 6, end))
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0 === view.getUint32(at, true)
}

/** A write that a crash cut short ends early, or in sectors that never reached the disk; and nothing follows it. */
function isTorn (bytes: Uint8Array, view: DataView, at: number): boolean {
  const blockEnd = Math.min(bytes.length, at - at % BLOCK + BLOCK)
  for (let next = at + 1; next < blockEnd; next++) {
    if (endOfRecord(bytes, view, next, blockEnd) != null) {
      return false
    }
  }
  for (let block = at - at % BLOCK + BLOCK; block < bytes.length; block += BLOCK) {
    if (endOfRecord(bytes, view, block, Math.min(bytes.length, block + BLOCK)) != null) {
      return false
    }
  }
  const lastSector = bytes.subarray(Math.max(at, bytes.length - 1 - (bytes.length - 1) % SECTOR))
  if (lastSector.every(byte => byte === 0)) {
    return true
  }
  if (blockEnd < bytes.length || at + HEADER > blockEnd) {
    return blockEnd === bytes.length
  }
  // one that is all there but for its length was not cut: its length rotted
  return at + HEADER + view.getUint16(at + 4, true) > blockEnd && !isIntact(bytes, view, at, blockEnd)
}

/**
 * True when a write-ahead log of level has a record that was whole once and is not any more. Level itself drops such a
 * record, and the rest of its block, without a word; what it drops may have been acknowledged. A tail that a crash tore
 * is no damage: it was never acknowledged. Where both readings are possible the answer is true.
 */
export function isDamaged (bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const blockEnd = Math.min(bytes.length, block + BLOCK)
    for (let at = block; blockEnd - at >= HEADER || (blockEnd === bytes.length && at < blockEnd);) {
      const end = endOfRecord(bytes, view, at, blockEnd)
      if (end == null) {
        return !isTorn(bytes, view, at)
      }
      at = end
    }
  }
  return false
}

/**
 * Looks at the write-ahead logs below `dir` before level consumes them. Safe while another process writes: it then sees
 * a short tail at worst. Never opens the file LOCK: closing it would give up this process's fcntl lock on it.
 */
export async function hasDamagedLog (dir: string): Promise<boolean> {
  try {
    for (const file of await readdir(dir)) {
      if (file.endsWith('.log') && isDamaged(await readFile(join(dir, file)))) {
        return true
      }
    }
    return false
  } catch (err) {
    if (hasCode(err, 'ENOENT')) { return false }
    throw err
  }
}
