import type { Libp2pEvents, TypedEventTarget } from '@libp2p/interface'

type Listeners = { [K in keyof Libp2pEvents]?: (event: Libp2pEvents[K]) => void }

/** Listen to several events of the node. Returns what ends that. */
export function listen (events: TypedEventTarget<Libp2pEvents>, listeners: Listeners): () => void {
  const entries = Object.entries(listeners) as Array<[keyof Libp2pEvents, (event: any) => void]>
  for (const [type, listener] of entries) events.addEventListener(type, listener)
  return () => {
    for (const [type, listener] of entries) events.removeEventListener(type, listener)
  }
}
