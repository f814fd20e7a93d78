import type { Stream } from '@libp2p/interface'

/**
 * A relay reads one side of a relayed connection as fast as it can, whether the other takes it or not. Honest peers are
 * held back by the windows of the streams inside; one that floods would fill the relay's memory. Stop reading from it
 * while the buffer of its receiver is full.
 */
export function slowDown (from: Stream, to: Stream): void {
  const send = to.send
  to.send = data => {
    const more = send.call(to, data)
    if (!more && from.readStatus === 'readable') from.pause()
    return more
  }
  to.addEventListener('drain', () => {
    if (from.readStatus === 'paused') from.resume()
  })
}
