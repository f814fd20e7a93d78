import { unref } from './util/timeouts.ts'
/**
 * The life of the page, or process, that a node lives in. A hidden tab goes on: its timers are slow, but it answers within
 * milliseconds, so others notice nothing. A frozen one runs nothing at all, and one that is left dies, or rests in the
 * back/forward cache without a word: both must say so within the event, as no promise settles after it. Where nobody
 * tells of such a time (a worker, a laptop that sleeps, a process that is stopped), the clocks do.
 */

/** What a node's page, and its network, are at. In Node and in workers the page is always `visible`. */
export interface Life {
  /** `hidden`: timers are slow, calls are answered as ever. `frozen`: nothing runs. `left`: in the back/forward cache. */
  readonly page: 'visible' | 'hidden' | 'frozen' | 'left'
  /** What the browser says of the network; true where nobody says. */
  readonly online: boolean
}

/** Called within the page's own events. */
export interface LifeListener {
  onChange (life: Life, before: Life): void
  /** Nothing runs after this. `kept`: a page that is left may come back from the cache. */
  onRest (as: 'frozen' | 'left', kept: boolean): void
  /** It runs again, after `slept` ms in which it did not. */
  onWake (slept: number): void
}

interface Page {
  readonly document?: EventTarget & Pick<Document, 'visibilityState'>
  readonly navigator?: { readonly onLine?: boolean }
  readonly addEventListener?: EventTarget['addEventListener']
}

/** Milliseconds between two looks at the clocks. */
const BEAT = 1_000
/** Milliseconds without a look that a busy machine explains; in a hidden tab, where timers fire once a minute at worst. */
const BUSY = 5_000
const THROTTLED = 75_000

const clocks = (): Clocks => ({ now: performance.now(), wall: Date.now() })

/** Milliseconds. In sleep the monotonic clock may stand still, and the wall clock may be set: the larger step counts. */
interface Clocks { now: number, wall: number }

/** Whether this is the script of a page; workers and Node have no such life. */
export function isPage (page: Page = globalThis): boolean {
  return typeof page.document?.addEventListener === 'function' && typeof page.addEventListener === 'function'
}

export class PageLife {
  readonly #listener: LifeListener
  readonly #page: Page
  readonly #clocks: () => Clocks
  readonly #stopped = new AbortController()
  #resting: 'frozen' | 'left' | undefined
  #seen: Clocks
  life: Life

  constructor (listener: LifeListener, page: Page = globalThis, time = clocks) {
    this.#listener = listener
    this.#page = page
    this.#clocks = time
    this.#seen = time()
    this.life = this.#look()
  }

  start (): void {
    const { signal } = this.#stopped
    const on = (target: Partial<EventTarget> | undefined, types: string[], listener: (event: Event) => void): void => {
      for (const type of types) target?.addEventListener?.(type, listener, { signal })
    }
    const { document } = this.#page
    this.#passed()
    this.#update()
    const timer = unref(setInterval(() => { this.#beat() }, BEAT))
    signal.addEventListener('abort', () => { clearInterval(timer) })
    on(this.#page, ['online', 'offline'], () => { this.#update() })
    on(this.#page, ['pagehide'], event => { this.#rest('left', (event as PageTransitionEvent).persisted) })
    on(document, ['freeze'], () => { this.#rest('frozen') })
    on(document, ['resume'], () => { this.#wake() })
    on(this.#page, ['pageshow'], event => { if ((event as PageTransitionEvent).persisted) this.#wake() })
    on(document, ['visibilitychange'], () => {
      // shown, it need not wait for its slow timers
      this.#beat()
      this.#update()
    })
  }

  stop (): void {
    this.#stopped.abort()
  }

  #look (): Life {
    const { document, navigator } = this.#page
    // what the network does meanwhile is told when it wakes: who rests can do nothing about it
    if (this.#resting !== undefined) return { ...this.life, page: this.#resting }
    return { page: document?.visibilityState === 'hidden' ? 'hidden' : 'visible', online: navigator?.onLine !== false }
  }

  #update (): void {
    const before = this.life
    this.life = this.#look()
    if (this.life.page !== before.page || this.life.online !== before.online) this.#listener.onChange(this.life, before)
    else this.life = before
  }

  #rest (as: 'frozen' | 'left', kept = false): void {
    // what rests in the cache is frozen too
    if (this.#resting === 'left') return
    this.#resting = as
    this.#passed()
    this.#listener.onRest(as, kept)
    this.#update()
  }

  /** After a rest that the page was told of. */
  #wake (): void {
    if (this.#resting === undefined) return
    this.#resting = undefined
    const slept = this.#passed()
    this.#update()
    this.#listener.onWake(slept)
  }

  #beat (): void {
    if (this.#resting !== undefined) return
    const gap = this.#passed() - BEAT
    if (gap > (this.life.page === 'hidden' ? THROTTLED : BUSY)) this.#listener.onWake(gap)
  }

  /** Milliseconds since the last look. */
  #passed (): number {
    const { now, wall } = this.#seen
    this.#seen = this.#clocks()
    return Math.max(this.#seen.now - now, this.#seen.wall - wall)
  }
}
