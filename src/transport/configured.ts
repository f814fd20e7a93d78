/**
 * Keeps the place on a relay that a node names in `listen` (`<address>/p2p-circuit`). circuit-relay-v2 asks for it once:
 * when that relay was restarted, or its connection lost, the node stays out of reach for good.
 */
import { RelayRefusedError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import type { Listener, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds before the first attempt, and between two at most. */
const RETRY = { initial: 250, max: 10_000 }

type OnReservation = (reasons: Error[]) => void

/** Asks again until there is a place, whenever it was lost and as long as the listener is not closed. */
function kept (listener: Listener, onReservation: OnReservation): Listener {
  const listen = listener.listen.bind(listener)
  const close = listener.close.bind(listener)
  let target: Multiaddr | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  const arm = (): void => {
    if (timer != null || target == null) return
    timer = setTimeout(() => { void ask() }, backoff(attempts++, RETRY, Math.random))
    ;(timer as { unref?: () => void }).unref?.()
  }
  const ask = async (): Promise<void> => {
    const address = target
    if (address == null) return
    const error = await listen(address).then(() => undefined, (error: Error) => error)
    timer = undefined
    if (error != null) {
      onReservation([new RelayRefusedError(`${address.toString()} in \`listen\` has no place for this node: ${error.message}`, { cause: error })])
      arm()
    }
  }
  listener.listen = async address => {
    if (address.toString() === '/p2p-circuit') return listen(address)
    target = address
    listener.addEventListener('listening', () => {
      if (listener.getAddrs().length === 0) {
        arm()
      } else {
        attempts = 0
        onReservation([])
      }
    })
    try {
      await listen(address)
    } catch (error) {
      arm()
      throw error
    }
  }
  listener.close = async () => {
    target = undefined
    clearTimeout(timer)
    await close()
  }
  return listener
}

export function keepConfigured (transport: Transport, onReservation: OnReservation): void {
  const createListener = transport.createListener.bind(transport)
  transport.createListener = options => kept(createListener(options), onReservation)
}
