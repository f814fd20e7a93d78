import type { DiscoveryInit, NodeInfo } from './index.ts'

/** What a node says of itself before it starts. Of another one, of which nothing is known yet or any more: what can be said all the same. */
export function initialInfo (id: string, init: DiscoveryInit): NodeInfo {
  return Object.freeze({
    id,
    service: init.service,
    name: init.name ?? id.slice(-8),
    incarnation: init.incarnation ?? Date.now(),
    seq: 0,
    state: 'up',
    roles: [...init.roles ?? []],
    weight: init.weight ?? 1_024,
    load: { links: 0, inflight: 0 },
    methods: [],
    metadata: { ...init.metadata },
    addresses: []
  })
}
