/**
 * The life of the page that a node lives in. A hidden tab goes on: its timers are slow, but it answers within
 * milliseconds, so others notice nothing. A frozen one runs nothing at all, and one that is left dies, or rests in the
 * back/forward cache without a word: both must say so within the event, as no promise settles after it.
 */

export interface PageLife {
  /** The page is left. `kept`: it may come back from the cache. */
  onHide (kept: boolean): void
  onFreeze (): void
  /** It runs again, after either. */
  onReturn (): void
}

interface Page {
  readonly document?: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
  readonly addEventListener?: EventTarget['addEventListener']
  readonly removeEventListener?: EventTarget['removeEventListener']
}

/** Whether this is the script of a page; workers and Node have no such life. */
export function isPage (page: Page = globalThis): boolean {
  return typeof page.document?.addEventListener === 'function' && typeof page.addEventListener === 'function'
}

/** Returns what ends the watch. */
export function watchPage (life: PageLife, page: Page = globalThis): () => void {
  if (!isPage(page)) return () => {}
  const onHide = (event: Event): void => { life.onHide((event as PageTransitionEvent).persisted) }
  const onShow = (event: Event): void => { if ((event as PageTransitionEvent).persisted) life.onReturn() }
  const onFreeze = (): void => { life.onFreeze() }
  const onResume = (): void => { life.onReturn() }
  page.addEventListener?.('pagehide', onHide)
  page.addEventListener?.('pageshow', onShow)
  page.document?.addEventListener('freeze', onFreeze)
  page.document?.addEventListener('resume', onResume)
  return () => {
    page.removeEventListener?.('pagehide', onHide)
    page.removeEventListener?.('pageshow', onShow)
    page.document?.removeEventListener('freeze', onFreeze)
    page.document?.removeEventListener('resume', onResume)
  }
}
