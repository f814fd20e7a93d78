import type { RecordRules } from './rules.ts'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** Of what happens during a put or a get, the part that this room looks at. */
export interface DhtEvent {
  readonly name: string
  readonly messageName?: string
  readonly from?: PeerId
  readonly record?: { readonly value: Uint8Array }
}

/** The part of js-libp2p's DHT that this room uses. */
export interface Dht {
  readonly validators: Readonly<Record<string, RecordRules['validate']>>
  readonly routingTable: { readonly size: number }
  get: (key: Uint8Array, options: AbortOptions) => AsyncIterable<DhtEvent>
  /** `reuse`: whom the last put went to takes this one too, in a mesh where all servers hold all records. */
  put: (key: Uint8Array, value: Uint8Array, options: AbortOptions & { reuse: boolean }) => AsyncIterable<DhtEvent>
  getMode: () => 'client' | 'server'
}
