/**
 * One storage name for all tabs of a page: each tab has a place of its own in it (`shop`, `shop#2`, `shop#3` …), with its
 * own identity and outbox, and holds a Web Lock on it until it ends, however it ends. A tab takes the place that it had
 * before a reload, else the lowest that is free: so there are never more databases than there once were tabs, and what a
 * tab left behind is taken up by the next one that gets its place.
 */
import { StorageLockedError } from '../../errors.ts'

/** Milliseconds that a reloaded tab waits for the page before, which may hold its place for a moment longer. */
const RELOAD = 500

export interface Place {
  readonly location: string
  /** Gives it free. */
  release (): Promise<void>
}

/** Places that this page holds. */
const held = new Set<string>()

function memory (): Storage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    // a page that may store nothing
    return undefined
  }
}

/** Of this tab: a tab that is duplicated gets a copy of it, and finds the place taken. */
const key = (name: string): string => `braid:${name}`

function remember (name: string, location: string): void {
  try {
    memory()?.setItem(key(name), location)
  } catch {
    // full: a reload may then get another place
  }
}

/** Undefined: somebody else has it. `onLost` is called when it is taken away by `steal`. */
async function take (location: string, wait: number, onLost: () => void): Promise<Place | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Place | undefined>()
  let granted = false
  const request = navigator.locks.request(`braid:${location}`, wait > 0 ? { signal: AbortSignal.timeout(wait) } : { ifAvailable: true }, async lock => {
    if (lock == null) {
      resolve(undefined)
      return
    }
    granted = true
    held.add(location)
    const released = Promise.withResolvers<void>()
    resolve({
      location,
      release: async () => {
        released.resolve()
        await request.catch(() => {})
      }
    })
    await released.promise
  })
  request.catch((err: unknown) => {
    if (granted) onLost()
    else if ((err as Error).name === 'TimeoutError') resolve(undefined)
    else reject(err)
  }).finally(() => { if (granted) held.delete(location) })
  return promise
}

/**
 * @param tabs - how many places there are
 * @throws StorageLockedError - all are taken
 */
export async function takePlace (name: string, tabs: number, onLost: () => void): Promise<Place> {
  const places = Array.from({ length: tabs }, (_, i) => i === 0 ? name : `${name}#${i + 1}`)
  const before = memory()?.getItem(key(name))
  const waits = before != null && places.includes(before) && !held.has(before) ? [[before, RELOAD] as const] : []
  for (const [location, wait] of [...waits, ...places.map(place => [place, 0] as const)]) {
    const isFirst = !places.some(place => held.has(place))
    const place = await take(location, wait, onLost)
    if (place === undefined) continue
    // a second node of this page must not have the tab come back at its place
    if (isFirst) remember(name, location)
    return place
  }
  throw new StorageLockedError(tabs === 1
    ? `the storage "${name}" is in use by another tab: close that one, or give this one another \`storage\` name`
    : `the storage "${name}" is in use by ${tabs} other tabs, as many as may: close one, or raise \`tabs\``)
}
