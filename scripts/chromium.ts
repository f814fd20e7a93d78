/** Finds a Chromium for the browser tests: CHROME_BIN, then the usual names, then Debian's package when we are root. */
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const FIXED = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
const FIREFOX = ['firefox', 'firefox-esr']

function executable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath (names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(executable)
}

function install (): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  console.error('no Chromium here: installing the Debian package …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // A fresh machine has no package lists; one that has them may hold stale ones.
  spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore' })
  spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], { env, stdio: 'ignore' })
}

/** @throws Error - in one line, what to do */
export function findChromium (): string {
  const named = process.env['CHROME_BIN']
  if (named != null && named !== '') {
    if (executable(named)) return named
    throw new Error(`CHROME_BIN is ${named}, which cannot be executed`)
  }
  const find = (): string | undefined => onPath(NAMES) ?? FIXED.find(executable)
  const found = find() ?? (install(), find())
  if (found == null) throw new Error('no Chromium found: install one (Debian: apt-get install chromium) or set CHROME_BIN to its path')
  return found
}

/** Undefined when there is none: Firefox is tested where it is present. */
export function findFirefox (): string | undefined {
  const named = process.env['FIREFOX_BIN']
  return named != null && executable(named) ? named : onPath(FIREFOX)
}

/** First line of what the browser says of itself. */
export function browserVersion (path: string): string {
  return execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
