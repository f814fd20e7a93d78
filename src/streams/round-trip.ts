/** How long a connection takes there and back, by libp2p's ping protocol, which every node answers. */
import { abortable } from '../util/abortable.ts'
import type { AbortOptions, Connection } from '@libp2p/interface'

const PROTOCOL = '/ipfs/ping/1.0.0'
const LENGTH = 32

/**
 * Milliseconds of one ping on this very connection, of which a peer may have several.
 *
 * @throws the signal's reason; what libp2p throws when the stream cannot be opened or is lost
 */
export async function roundTrip (connection: Connection, { signal }: AbortOptions): Promise<number> {
  const stream = await connection.newStream(PROTOCOL, { runOnLimitedConnection: true, ...signal !== undefined && { signal } })
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    // it may be lost before anybody waits for it
    promise.catch(() => {})
    let left = LENGTH
    let sentAt = 0
    stream.addEventListener('message', ({ data }) => {
      left -= data.byteLength
      if (left <= 0) resolve(performance.now() - sentAt)
    })
    stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('the stream was closed before its ping came back')) })
    sentAt = performance.now()
    stream.send(crypto.getRandomValues(new Uint8Array(LENGTH)))
    const took = await abortable(promise, signal)
    const options = signal === undefined ? {} : { signal }
    await Promise.all([stream.close(options), stream.closeRead(options)])
    return took
  } catch (err) {
    stream.abort(err as Error)
    throw err
  }
}
