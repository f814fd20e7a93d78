import { expect } from 'chai'
import { withProviderQuota } from '../../src/transport/provider-quota.ts'
import { MAX_PROVIDED, MAX_PROVIDED_PER_PEER } from '../../src/wire/limits.ts'
import type { Datastore } from '../../src/transport/provider-quota.ts'

type Key = Parameters<Datastore['put']>[0]

const keyOf = (text: string): Key => ({ toString: () => text }) as Key
const provided = (cid: number | string, peer: number | string): Key => keyOf(`/dht/provider/${cid}/${peer}`)
const one = Uint8Array.of(1)

describe('transport: what a DHT server stores of providers', () => {
  const make = (...limits: number[]): { entries: Map<string, Uint8Array>, store: Datastore } => {
    const entries = new Map<string, Uint8Array>()
    const inner = {
      put: (key: Key, value: Uint8Array) => entries.set(key.toString(), value),
      get: (key: Key) => entries.get(key.toString()),
      delete: (key: Key) => { entries.delete(key.toString()) }
    }
    return { entries, store: withProviderQuota(inner as unknown as Datastore, ...limits) }
  }

  it('is limited for each, and the same keys may come again', () => {
    const { entries, store } = make()
    for (let i = 0; i < MAX_PROVIDED_PER_PEER; i++) void store.put(provided(i, 'a'), one)
    expect(() => store.put(provided('more', 'a'), one)).to.throw('too many keys provided by a')
    void store.put(provided(0, 'a'), one)
    void store.put(provided(0, 'b'), one)
    expect(entries.size).to.equal(MAX_PROVIDED_PER_PEER + 1)
    void store.delete(provided(0, 'a'))
    void store.delete(provided(0, 'a'))
    void store.put(provided('more', 'a'), one)
    expect(() => store.put(provided('too many', 'a'), one)).to.throw()
  })

  it('is limited for all', () => {
    const { entries, store } = make()
    for (let i = 0; i < MAX_PROVIDED; i++) void store.put(provided('x', i), one)
    expect(() => store.put(provided('x', 'more'), one)).to.throw('too many keys provided by all')
    void store.delete(provided('x', 7))
    void store.put(provided('x', 'more'), one)
    expect(entries.size).to.equal(MAX_PROVIDED)
  })

  it('leaves everything else alone', () => {
    const { store } = make(0, 0)
    void store.put(keyOf('/dht/record/abc'), one)
    expect(store.get(keyOf('/dht/record/abc'))).to.equal(one)
  })
})
