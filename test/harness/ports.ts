/** A port of the loopback that is free now: for addresses that must be known before their node starts. */
import { once } from 'node:events'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Below those that systems give to connections and to who asks for any port: these would take it before its node starts. */
const FIRST = 12_000
const COUNT = 20_000
/** Where a file stands for each port that was given: another process that looks before its node has started finds it free, too. */
const GIVEN = join(tmpdir(), `braid-mesh-ports-${process.getuid?.() ?? ''}`)
/** Milliseconds after which one is forgotten that a process left behind. */
const FORGOTTEN = 60 * 60_000

const files = new Set<string>()

/** Whether nobody has it, in whatever process; then it is given. */
export function take (port: number): boolean {
  const file = join(GIVEN, String(port))
  try {
    mkdirSync(GIVEN, { recursive: true })
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > FORGOTTEN) rmSync(file, { force: true })
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  if (files.size === 0) process.once('exit', () => { for (const given of files) rmSync(given, { force: true }) })
  files.add(file)
  return true
}

export async function freePort (): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (!take(port)) continue
    const server = createServer()
    const listening = once(server, 'listening').then(() => true, () => false)
    server.listen(port, '127.0.0.1')
    if (!await listening) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
