/** Milliseconds after which it runs although no frame is drawn: a hidden tab goes on living. */
const HIDDEN = 500

/** Runs `work` at most once a frame, however often it is asked to. */
export function onceAFrame (work: () => void): () => void {
  let pending = false
  return () => {
    if (pending) return
    pending = true
    const run = (): void => {
      if (!pending) return
      pending = false
      clearTimeout(timer)
      cancelAnimationFrame(frame)
      work()
    }
    const frame = requestAnimationFrame(run)
    const timer = setTimeout(run, HIDDEN)
  }
}
