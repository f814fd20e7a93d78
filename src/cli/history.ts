/** Lines of the REPL that outlive it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/** Lines that are kept. */
export const HISTORY = 1_000

/** XDG's rules: what is empty or relative is as if it were not set. */
export function historyFile ({ XDG_STATE_HOME: state = '' }: NodeJS.ProcessEnv = process.env): string {
  return join(isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'braid-mesh', 'history')
}

/** Newest first, as readline wants it. */
export function readHistory (file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(line => line !== '').slice(-HISTORY).reverse()
  } catch {
    // none yet, or not for this user: a REPL without history is one all the same
    return []
  }
}

/** Returns what stands in the way. Lines that begin with a space are not kept: they may hold a secret. */
export function writeHistory (file: string, newestFirst: readonly string[]): Error | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const lines = newestFirst.filter(line => !line.startsWith(' ')).slice(0, HISTORY).reverse()
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    return undefined
  } catch (error) {
    return error as Error
  }
}
