/**
 * Keeps the place on a relay that a node names in `listen` (`<address>/p2p-circuit`). circuit-relay-v2 asks for it once:
 * when that relay was restarted, or its connection lost, the node stays out of reach for good.
 */
import { RelayRefusedError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { unref } from '../util/timeouts.ts'
import type { Reachability } from './reachability.ts'
import type { Listener, Transport } from '@libp2p/interface'

/** Milliseconds before the first attempt, and between two at most. */
const RETRY = { initial: 250, max: 10_000 }

/** Asks again until there is a place, whenever it was lost and as long as the listener is not closed. */
function kept (listener: Listener, reachability: Reachability): void {
  const listen = listener.listen.bind(listener)
  const close = listener.close.bind(listener)
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let closed = false
  listener.listen = async address => {
    const arm = (): void => {
      clearTimeout(timer)
      if (closed) return
      timer = unref(setTimeout(() => {
        listen(address).catch((cause: Error) => {
          if (!closed) reachability.answered(listener, [new RelayRefusedError(`no place on ${address.toString()}: ${cause.message}`, { cause })])
          arm()
        })
      }, backoff(attempts++, RETRY, Math.random)))
    }
    if (address.toString() !== '/p2p-circuit') {
      listener.addEventListener('listening', () => {
        if (closed) return
        if (listener.getAddrs().length === 0) {
          reachability.asks(listener)
          arm()
        } else {
          attempts = 0
          reachability.answered(listener, [])
        }
      })
      reachability.asks(listener)
    }
    await listen(address).catch((error: Error) => {
      if (address.toString() !== '/p2p-circuit') arm()
      throw error
    })
  }
  listener.close = async () => {
    closed = true
    reachability.forget(listener)
    clearTimeout(timer)
    await close()
  }
}

/** Wraps the listeners that the transport makes. */
export function keepConfigured (transport: Transport, reachability: Reachability): void {
  const create = transport.createListener.bind(transport)
  transport.createListener = options => {
    const listener = create(options)
    kept(listener, reachability)
    return listener
  }
}
