import { readFileSync } from 'node:fs'

/** Of the package that this file belongs to, wherever it was built to. */
export function packageVersion (): string {
  for (let place = new URL('.', import.meta.url); ; place = new URL('..', place)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', place), 'utf8')) as { name?: string, version?: string }
      if (name === 'braid-mesh') return version ?? ''
    } catch {
      // there is none in most directories
    }
    if (place.pathname === '/' || new URL('..', place).href === place.href) return 'unknown'
  }
}
