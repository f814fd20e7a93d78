/** The mesh's own DHT, and what may be stored in it. */
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { kadProtocol } from '../wire/protocols.ts'
import { withProviderQuota } from './provider-quota.ts'
import type { Walks } from './closest.ts'
import type { Datastore } from './provider-quota.ts'

type Components = Parameters<ReturnType<typeof kadDHT>>[0]

/** What makes values in the DHT what they should be; without them it stores none. */
export interface DhtRules {
  /** First part of their keys: `/<namespace>/…`. */
  readonly namespace: string
  /** Throws when the value must not be stored, nor believed. */
  readonly validate: (key: Uint8Array, value: Uint8Array) => void | Promise<void>
  /** Place of the best of several valid ones. */
  readonly select: (key: Uint8Array, values: Uint8Array[]) => number
  /** The datastore that the DHT sees in place of the one it was given: the only place where a put can be held to the rules. */
  readonly datastore: (inner: Datastore) => Datastore
}

/** Server and client put and get alike; a client serves nobody. `tune` is given what was made. */
export function dht (mesh: string, clientMode: boolean, rules?: DhtRules, tune?: (dht: Walks) => void): ReturnType<typeof kadDHT> {
  const make = kadDHT({
    // A DHT of its own: peers of other meshes and of the public network never enter the routing table.
    protocol: kadProtocol(mesh),
    clientMode,
    // The default drops peers with private addresses: no mesh in a LAN, in a cluster or on one machine.
    peerInfoMapper: passthroughMapper,
    // Every query waits for the first self query; its default delay of 1 s is most of the time a join takes.
    initialQuerySelfInterval: 100,
    // A dead peer in the routing table costs every query this much; the default minimum is 5 s.
    networkDialTimeout: { minTimeout: 500, maxTimeout: 3_000 },
    // Provider records are how nodes find each other: the default keeps the dead for 48 h.
    reprovide: { validity: 10 * 60_000, threshold: 5 * 60_000, interval: 60_000 },
    validators: {
      // Built in, and of no use here, where keys travel with what they sign: a way to fill the servers with made-up keys.
      pk: () => { throw new Error('no public keys here') },
      ...rules != null ? { [rules.namespace]: rules.validate } : {}
    },
    selectors: rules != null ? { [rules.namespace]: rules.select } : {}
  })
  return components => {
    const made = make(withDatastore(components, inner => withProviderQuota(rules?.datastore(inner) ?? inner)))
    tune?.(made as unknown as Walks)
    return made
  }
}

/** libp2p's components are a proxy, which cannot be spread. */
function withDatastore (components: Components, wrap: (inner: Datastore) => Datastore): Components {
  const datastore = wrap(components.datastore)
  return new Proxy(components, { get: (target, name) => name === 'datastore' ? datastore : Reflect.get(target, name) as unknown })
}
