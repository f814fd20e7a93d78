/**
 * Keeps the place on a relay that a node names in `listen` (`<address>/p2p-circuit`). circuit-relay-v2 asks for it once:
 * when that relay was restarted, or its connection lost, the node stays out of reach for good.
 */
import { RelayRefusedError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import type { Listener, Transport } from '@libp2p/interface'

/** Milliseconds before the first attempt, and between two at most. */
const RETRY = { initial: 250, max: 10_000 }

type OnReservation = (reasons: Error[]) => void

/** Asks again until there is a place, whenever it was lost and as long as the listener is not closed. */
function kept (listener: Listener, onReservation: OnReservation): void {
  const listen = listener.listen.bind(listener)
  const close = listener.close.bind(listener)
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let closed = false
  listener.listen = async address => {
    const arm = (): void => {
      clearTimeout(timer)
      if (closed) return
      timer = setTimeout(() => {
        listen(address).catch((cause: Error) => {
          onReservation([new RelayRefusedError(`no place on ${address.toString()}: ${cause.message}`, { cause })])
          arm()
        })
      }, backoff(attempts++, RETRY, Math.random))
      ;(timer as { unref?: () => void }).unref?.()
    }
    if (address.toString() !== '/p2p-circuit') {
      listener.addEventListener('listening', () => {
        if (listener.getAddrs().length === 0) {
          arm()
        } else {
          attempts = 0
          onReservation([])
        }
      })
    }
    await listen(address).catch((error: Error) => {
      if (address.toString() !== '/p2p-circuit') arm()
      throw error
    })
  }
  listener.close = async () => {
    closed = true
    clearTimeout(timer)
    await close()
  }
}

/** Wraps the listeners that the transport makes. */
export function keepConfigured (transport: Transport, onReservation: OnReservation): void {
  const create = transport.createListener.bind(transport)
  transport.createListener = options => {
    const listener = create(options)
    kept(listener, onReservation)
    return listener
  }
}
