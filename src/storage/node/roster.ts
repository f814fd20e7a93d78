import { open, readFile } from 'node:fs/promises'
import { crc32c } from '../../util/crc32c.ts'
import { hasCode, replaceFile } from './files.ts'
import type { RosterEntry } from '../recovery.core.ts'
import type { FileHandle } from 'node:fs/promises'

/** Superseded lines that are kept before the file is written anew, at the next opening; and while it is in use. */
const MAX_STALE = 256
const MAX_STALE_IN_USE = 8_192

/** Without an entry the name is forgotten. */
function encodeLine (name: string, entry?: RosterEntry): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(entry === undefined ? [name] : [name, entry.ceiling, entry.lost]))
  return new TextEncoder().encode(`${crc32c(text).toString(16).padStart(8, '0')} ${new TextDecoder().decode(text)}\n`)
}

function decodeLine (line: string): [string, RosterEntry | undefined] | undefined {
  const text = line.slice(9)
  if (crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0') !== line.slice(0, 8)) {
    return undefined
  }
  const [name, ceiling, lost] = JSON.parse(text)
  return [name, ceiling === undefined ? undefined : { ceiling, lost }]
}

/**
 * The roster of the log store: a file of lines, each with its checksum; the last one of a name counts. It lives outside
 * level's directory, so that what destroys one leaves the other. A line that does not verify is left out: without
 * damage to level the states there say the same.
 */
export class RosterFile {
  private readonly path: string
  private handle: FileHandle | undefined
  private readonly roster = new Map<string, RosterEntry>()
  /** Lines of the file. */
  private lines = 0

  constructor (path: string) {
    this.path = path
  }

  async load (): Promise<Map<string, RosterEntry>> {
    const { roster } = this
    const lines = (await this.read()).split('\n')
    const tail = lines.pop()
    let bad = tail !== ''
    for (const line of lines) {
      if (line === '') { continue }
      const entry = decodeLine(line)
      if (entry == null) {
        bad = true
      } else {
        this.take(...entry)
      }
    }
    this.lines = lines.length
    if (bad || this.lines > roster.size + MAX_STALE) {
      await this.rewrite()
    }
    return new Map(roster)
  }

  /** Durable when it resolves. */
  async note (entries: ReadonlyMap<string, RosterEntry>): Promise<void> {
    await this.append([...entries])
  }

  /** Nothing is known of these names from now on, durably when it resolves. That the file cannot be made short changes nothing. */
  async forget (names: readonly string[]): Promise<void> {
    await this.append(names.map(name => [name, undefined]))
    if (this.lines > this.roster.size + MAX_STALE_IN_USE) {
      await this.close()
      await this.rewrite().catch(() => {})
    }
  }

  private take (name: string, entry: RosterEntry | undefined): void {
    if (entry === undefined) {
      this.roster.delete(name)
    } else {
      this.roster.set(name, entry)
    }
  }

  private async append (entries: ReadonlyArray<[string, RosterEntry | undefined]>): Promise<void> {
    const lines = entries.map(entry => encodeLine(...entry))
    if (this.handle == null) {
      await this.create()
      this.handle = await open(this.path, 'a', 0o600)
    }
    // the newline in front ends a line that a failed write may have left half done
    await this.handle.appendFile(Buffer.concat([Buffer.from('\n'), ...lines]))
    await this.handle.datasync()
    this.lines += lines.length
    for (const entry of entries) { this.take(...entry) }
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

  private async rewrite (): Promise<void> {
    await replaceFile(this.path, Buffer.concat([...this.roster].map(entry => encodeLine(...entry))))
    this.lines = this.roster.size
  }
}
