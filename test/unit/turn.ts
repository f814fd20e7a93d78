/** One turn of the event loop, in Node and in browsers: all that is ready runs before `fn` does. */
export const turn: (fn: () => void) => void = typeof setImmediate === 'function'
  ? fn => { setImmediate(fn) }
  : fn => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      fn()
    }
    port2.postMessage(undefined)
  }
