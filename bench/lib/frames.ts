/** The raw peers' protocol: 4 bytes length, 4 bytes id, payload; everything that one chunk causes leaves in one write. */

const HEADER = 8

/** Takes chunks, gives frames; keeps what is incomplete. */
export function parser (onFrame: (id: number, bytes: Uint8Array, start: number, end: number) => void): (chunk: Uint8Array) => void {
  let rest: Uint8Array | undefined
  return chunk => {
    let bytes = chunk
    if (rest != null) {
      bytes = new Uint8Array(rest.length + chunk.length)
      bytes.set(rest)
      bytes.set(chunk, rest.length)
      rest = undefined
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    while (bytes.length - at >= HEADER) {
      const length = view.getUint32(at)
      if (bytes.length - at < HEADER + length) break
      onFrame(view.getUint32(at + 4), bytes, at + HEADER, at + HEADER + length)
      at += HEADER + length
    }
    if (at < bytes.length) rest = bytes.subarray(at)
  }
}

/** Collects frames and gives all of a tick to `send` at once. */
export function batcher (send: (bytes: Uint8Array) => void): (id: number, source: Uint8Array, start: number, end: number) => void {
  let buffer = Buffer.allocUnsafeSlow(64 * 1024)
  let used = 0
  let scheduled = false
  const flush = (): void => {
    scheduled = false
    const full = buffer.subarray(0, used)
    buffer = Buffer.allocUnsafeSlow(Math.max(64 * 1024, used))
    used = 0
    send(full)
  }
  return (id, source, start, end) => {
    const length = end - start
    if (buffer.length - used < HEADER + length) {
      const larger = Buffer.allocUnsafeSlow((used + HEADER + length) * 2)
      larger.set(buffer.subarray(0, used))
      buffer = larger
    }
    buffer.writeUInt32BE(length, used)
    buffer.writeUInt32BE(id, used + 4)
    buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), used + HEADER)
    used += HEADER + length
    if (!scheduled) {
      scheduled = true
      process.nextTick(flush)
    }
  }
}

/** The calling side of a raw peer: ids, and who waits for them. */
export function caller (send: (bytes: Uint8Array) => void): { call: (payload: Uint8Array, done: () => void) => void, onChunk: (chunk: Uint8Array) => void } {
  const waiting = new Map<number, () => void>()
  const write = batcher(send)
  let next = 0
  return {
    call: (payload, done) => {
      const id = next++ >>> 0
      waiting.set(id, done)
      write(id, payload, 0, payload.length)
    },
    onChunk: parser((id, bytes, start, end) => {
      // What a real peer does at least: take the answer out of the chunk.
      bytes.slice(start, end)
      const done = waiting.get(id)
      waiting.delete(id)
      done?.()
    })
  }
}
