/** js-libp2p's DHT stores as many keys of a provider as it sends, for as long as it likes: here are its bounds. */
import { MAX_PROVIDED, MAX_PROVIDED_PER_PEER } from '../wire/limits.ts'
import type { Libp2pOptions } from 'libp2p'

export type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['put']>[0]

/** `/dht/provider/<cid>/<peer id>` */
const PREFIX = '/dht/provider/'

/** `inner`, which takes a limited number of keys of each provider and of all; a put beyond throws, which cuts the stream. */
export function withProviderQuota (inner: Datastore, perPeer = MAX_PROVIDED_PER_PEER, most = MAX_PROVIDED): Datastore {
  const peers = new Map<string, Set<string>>()
  let total = 0
  const admit = (text: string): void => {
    const peer = text.slice(text.lastIndexOf('/') + 1)
    const keys = peers.get(peer) ?? new Set()
    if (keys.has(text)) return
    if (keys.size >= perPeer || total >= most) throw new Error(`too many keys provided by ${keys.size >= perPeer ? peer : 'all'}`)
    peers.set(peer, keys.add(text))
    total++
  }
  const forget = (text: string): void => {
    const peer = text.slice(text.lastIndexOf('/') + 1)
    const keys = peers.get(peer)
    if (keys?.delete(text) !== true) return
    total--
    if (keys.size === 0) peers.delete(peer)
  }
  const put = (key: Key, ...rest: any[]): unknown => {
    const text = key.toString()
    if (text.startsWith(PREFIX)) admit(text)
    return (inner.put as (...args: any[]) => unknown).call(inner, key, ...rest)
  }
  const remove = (key: Key, ...rest: any[]): unknown => {
    forget(key.toString())
    return inner.delete(key, ...rest)
  }
  return new Proxy(inner, {
    get: (target, name) => {
      if (name === 'put') return put
      if (name === 'delete') return remove
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
