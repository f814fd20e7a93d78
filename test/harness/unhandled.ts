/** Rejections that nobody listens to: in Node they end the process, in a page they are an event. */

interface Host {
  addEventListener? (type: 'unhandledrejection', listener: (event: { reason: unknown, preventDefault: () => void }) => void): void
  removeEventListener? (type: 'unhandledrejection', listener: (event: { reason: unknown, preventDefault: () => void }) => void): void
}

/** What was rejected for nobody while `act` ran, and in the turns that it waited for. */
export async function unhandledIn (act: () => Promise<void>): Promise<unknown[]> {
  const found: unknown[] = []
  const onNode = (err: unknown): void => { found.push(err) }
  const onPage = (event: { reason: unknown, preventDefault: () => void }): void => {
    event.preventDefault()
    found.push(event.reason)
  }
  const node = typeof process === 'undefined' ? undefined : process
  const page = globalThis as Host
  if (node !== undefined) node.on('unhandledRejection', onNode)
  else page.addEventListener?.('unhandledrejection', onPage)
  try {
    await act()
  } finally {
    if (node !== undefined) node.off('unhandledRejection', onNode)
    else page.removeEventListener?.('unhandledrejection', onPage)
  }
  return found
}
