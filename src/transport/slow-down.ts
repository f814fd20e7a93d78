import type { Stream } from '@libp2p/interface'

/**
 * A relay reads one side of a relayed connection as fast as it can, whether the other takes it or not. Honest peers are
 * held back by the windows of the streams inside; one that floods would fill the relay's memory. Stop reading from it
 * while the buffer of its receiver is full, and while it has sent more than it may.
 *
 * @param spend - told how many bytes were passed on; returns the milliseconds for which no more are to be read
 */
export function slowDown (from: Stream, to: Stream, spend: (bytes: number) => number = () => 0): void {
  const send = to.send
  let full = false
  let pause: ReturnType<typeof setTimeout> | undefined
  const resume = (): void => {
    if (!full && pause == null && from.readStatus === 'paused') from.resume()
  }
  to.send = data => {
    // Before it is sent: that may consume a list of buffers.
    const bytes = data.byteLength
    const more = send.call(to, data)
    full = !more
    const wait = spend(bytes)
    if (wait > 0) {
      clearTimeout(pause)
      pause = setTimeout(() => {
        pause = undefined
        resume()
      }, wait)
    }
    if ((full || pause != null) && from.readStatus === 'readable') from.pause()
    return more
  }
  to.addEventListener('drain', () => {
    full = false
    resume()
  })
  from.addEventListener('close', () => {
    clearTimeout(pause)
  })
}
