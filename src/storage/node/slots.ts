import { open, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../../errors.ts'
import { crc32c } from '../../util/crc32c.ts'
import { decodeName, encodeName } from '../names.ts'
import { hasCode, makeDirectory, replaceFile, syncDirectory } from './files.ts'
import { OpenFiles } from './open-files.ts'
import type { StableBackend, StableContent } from '../stable.ts'

/** "BRST", checksum, version, generation, length of name and value, name, value. The first two never move. */
const MAGIC = 0x42525354
const VERSION = 1
const CHECKED_FROM = 8
const HEADER = 8 + 1 + 8 + 4 + 4

interface Slot {
  generation: number
  value: Uint8Array
}

/** `unreadable`: the disk gives up on it, perhaps for a moment. */
type Found = Slot | 'missing' | 'invalid' | 'unreadable'

function encodeSlot (name: string, { generation, value }: Slot): Uint8Array {
  const encodedName = new TextEncoder().encode(name)
  const bytes = new Uint8Array(HEADER + encodedName.length + value.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC)
  view.setUint8(8, VERSION)
  view.setBigUint64(9, BigInt(generation))
  view.setUint32(17, encodedName.length)
  view.setUint32(21, value.length)
  bytes.set(encodedName, HEADER)
  bytes.set(value, HEADER + encodedName.length)
  view.setUint32(4, crc32c(bytes.subarray(CHECKED_FROM)))
  return bytes
}

function decodeSlot (name: string, bytes: Uint8Array): Found {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER || view.getUint32(0) !== MAGIC || view.getUint32(4) !== crc32c(bytes.subarray(CHECKED_FROM))) {
    return 'invalid'
  }
  if (view.getUint8(8) !== VERSION) {
    throw new StorageError(`the stored value "${name}" has format ${view.getUint8(8)}, this version reads ${VERSION}: it was written by a newer version`)
  }
  const value = HEADER + view.getUint32(17)
  const whole = bytes.length === value + view.getUint32(21)
  if (!whole || new TextDecoder().decode(bytes.subarray(HEADER, value)) !== name) {
    return 'invalid'
  }
  return { generation: Number(view.getBigUint64(9)), value: new Uint8Array(bytes.subarray(value)) }
}

async function readSlot (path: string, name: string): Promise<Found> {
  try {
    return decodeSlot(name, await readFile(path))
  } catch (err) {
    if (hasCode(err, 'ENOENT')) { return 'missing' }
    // the other one may tell
    if (hasCode(err, 'EIO')) { return 'unreadable' }
    throw err
  }
}

async function syncFile (path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

/**
 * Small values, each in two slots: the files `<name>.0` and `<name>.1`.
 *
 * `set` writes the new value into one slot, syncs it, then writes it into the other and syncs that, and only then
 * resolves. With a single write to alternating slots, a newest slot that fails its checksum has two readings: torn by a
 * crash, so that falling back to the older slot is right, or written, acknowledged and rotten, so that falling back
 * takes back a promise (a node would vote twice in one term). Nothing on the disk tells the two apart. With both slots
 * written before the acknowledgement:
 * - one slot valid, the other not: the valid one is the newest that was acknowledged, or newer. A torn write falls back
 *   silently, and a rotten slot costs nothing at all;
 * - none valid: the value is lost, and is said to be. A first write cannot leave this behind, because a slot is born
 *   whole, by rename;
 * - none valid, and one that the disk gives up on: nothing is opened, as it may be there the next time.
 *
 * The price is a second fdatasync. Opening makes both slots equal again (syncing the better one first), so that a value
 * which was read is as safe as one which was acknowledged. A `set` that fails, or that a crash interrupts, may or may
 * not have happened.
 */
export class SlotFiles implements StableBackend {
  private readonly dir: string
  private readonly generations = new Map<string, number>()
  /** The slot that a failed write may have torn: to be written first, while the other one still holds. */
  private readonly weak = new Map<string, number>()
  private readonly files = new OpenFiles()

  private constructor (dir: string) {
    this.dir = dir
  }

  static async open (path: string): Promise<{ backend: SlotFiles, content: StableContent }> {
    const backend = new SlotFiles(await makeDirectory(path))
    try {
      return { backend, content: await backend.load() }
    } catch (err) {
      await backend.close()
      throw err
    }
  }

  private async load (): Promise<StableContent> {
    const content: StableContent = { values: new Map(), lost: new Set() }
    for (const name of await this.names()) {
      const slot = await this.restore(name)
      if (slot == null) {
        content.lost.add(name)
      } else {
        content.values.set(name, slot.value)
      }
    }
    return content
  }

  async write (name: string, value: Uint8Array): Promise<void> {
    const generation = (this.generations.get(name) ?? 0) + 1
    // counted even if it fails: no two writes may share a generation
    this.generations.set(name, generation)
    const bytes = encodeSlot(name, { generation, value })
    const first = this.weak.get(name) ?? generation % 2
    this.weak.set(name, first)
    await this.writeSlot(name, first, bytes)
    this.weak.set(name, 1 - first)
    await this.writeSlot(name, 1 - first, bytes)
    this.weak.delete(name)
  }

  /** In place: a slot that exists needs no rename, so no write to the directory. */
  private async writeSlot (name: string, slot: number, bytes: Uint8Array): Promise<void> {
    const path = this.path(name, slot)
    if (!await this.files.overwrite(path, bytes)) {
      await replaceFile(path, bytes)
    }
  }

  /** After all writes have ended. */
  async close (): Promise<void> {
    await this.files.closeAll()
  }

  async remove (name: string): Promise<void> {
    for (const path of [this.path(name, 0), this.path(name, 1)]) {
      await this.files.close(path)
      await rm(path, { force: true })
    }
    await syncDirectory(this.dir)
  }

  private path (name: string, slot: number): string {
    return join(this.dir, `${encodeName(name)}.${slot}`)
  }

  private async names (): Promise<string[]> {
    const names = new Set<string>()
    for (const file of await readdir(this.dir)) {
      const name = /\.[01]$/.test(file) ? decodeName(file.slice(0, -2)) : undefined
      if (name != null) {
        names.add(name)
      } else if (file.endsWith('.tmp')) {
        await rm(join(this.dir, file), { force: true })
      }
    }
    return [...names].sort()
  }

  /** The newest valid slot, after the other was made equal to it; undefined when neither is valid. */
  private async restore (name: string): Promise<Slot | undefined> {
    const slots = [await readSlot(this.path(name, 0), name), await readSlot(this.path(name, 1), name)]
    const valid = slots.map((slot, index) => ({ slot, index }))
      .filter((found): found is { slot: Slot, index: number } => typeof found.slot !== 'string')
      .sort((a, b) => b.slot.generation - a.slot.generation)
    const [best, other] = valid
    if (best == null) {
      // what may be there the next time is not lost
      if (slots.includes('unreadable')) {
        throw new StorageError(`the stored value "${name}" cannot be read (EIO): try again, and if the disk is broken for good delete ${this.path(name, 0)} and ${this.path(name, 1)}`)
      }
      return undefined
    }
    this.generations.set(name, best.slot.generation)
    if (other?.slot.generation !== best.slot.generation) {
      await syncFile(this.path(name, best.index))
      await this.writeSlot(name, 1 - best.index, encodeSlot(name, best.slot))
    }
    return best.slot
  }
}
