import { open, readFile } from 'node:fs/promises'
import { crc32c } from '../../util/crc32c.ts'
import { hasCode, replaceFile } from './files.ts'
import type { RosterEntry } from '../recovery.core.ts'
import type { FileHandle } from 'node:fs/promises'

/** Superseded lines that are kept before the file is written anew, at the next opening. */
const MAX_STALE = 256

function encodeLine (name: string, { ceiling, lost }: RosterEntry): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify([name, ceiling, lost]))
  return new TextEncoder().encode(`${crc32c(text).toString(16).padStart(8, '0')} ${new TextDecoder().decode(text)}\n`)
}

function decodeLine (line: string): [string, RosterEntry] | undefined {
  const text = line.slice(9)
  if (crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0') !== line.slice(0, 8)) {
    return undefined
  }
  const [name, ceiling, lost] = JSON.parse(text)
  return [name, { ceiling, lost }]
}

/**
 * The roster of the log store: a file of lines, each with its checksum; the last one of a name counts. It lives outside
 * level's directory, so that what destroys one leaves the other. A line that does not verify is left out: without
 * damage to level the states there say the same.
 */
export class RosterFile {
  private readonly path: string
  private handle: FileHandle | undefined

  constructor (path: string) {
    this.path = path
  }

  async load (): Promise<Map<string, RosterEntry>> {
    const roster = new Map<string, RosterEntry>()
    const lines = (await this.read()).split('\n')
    const tail = lines.pop()
    let bad = tail !== ''
    for (const line of lines) {
      if (line === '') { continue }
      const entry = decodeLine(line)
      if (entry == null) {
        bad = true
      } else {
        roster.set(...entry)
      }
    }
    if (bad || lines.length > roster.size + MAX_STALE) {
      await this.rewrite(roster)
    }
    return roster
  }

  /** Durable when it resolves. */
  async note (entries: ReadonlyMap<string, RosterEntry>): Promise<void> {
    const lines = [...entries].map(([name, entry]) => encodeLine(name, entry))
    if (this.handle == null) {
      await this.create()
      this.handle = await open(this.path, 'a', 0o600)
    }
    // the newline in front ends a line that a failed write may have left half done
    await this.handle.appendFile(Buffer.concat([Buffer.from('\n'), ...lines]))
    await this.handle.datasync()
  }

  async close (): Promise<void> {
    await this.handle?.close()
    this.handle = undefined
  }

  private async read (): Promise<string> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (err) {
      if (hasCode(err, 'ENOENT')) { return '' }
      throw err
    }
  }

  private async create (): Promise<void> {
    try {
      await (await open(this.path, 'r')).close()
    } catch (err) {
      if (!hasCode(err, 'ENOENT')) { throw err }
      await replaceFile(this.path, new Uint8Array())
    }
  }

  private async rewrite (roster: ReadonlyMap<string, RosterEntry>): Promise<void> {
    await replaceFile(this.path, Buffer.concat([...roster].map(([name, entry]) => encodeLine(name, entry))))
  }
}
