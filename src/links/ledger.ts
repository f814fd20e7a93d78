import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodePlace, encodePlace } from '../wire/links-codec.ts'
import { linkOf } from './keys.core.ts'
import type { Link, Place } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Register, RegisterEntry } from '../election/index.ts'

/** The links of a service as its register holds them. */
export class Ledger {
  readonly #register: Pick<Register, 'entry' | 'entries'>
  /** Of a value: it is never changed, and looked at again and again. */
  readonly #places = new WeakMap<Uint8Array, Place>()

  constructor (register: Pick<Register, 'entry' | 'entries'>) {
    this.#register = register
  }

  placeOf ({ value = new Uint8Array() }: RegisterEntry): Place {
    let place = this.#places.get(value)
    if (place === undefined) {
      const { node, incarnation, maker } = decodePlace(value)
      this.#places.set(value, place = { node, incarnation, maker: bytesToHex(maker) })
    }
    return place
  }

  link (key: string): Link | undefined {
    const entry = this.#register.entry(key)
    return entry === undefined ? undefined : this.#linkOf(entry)
  }

  * all (): IterableIterator<LinkName & { readonly link: Link }> {
    for (const entry of this.#register.entries()) {
      const name = linkOf(entry.key)
      if (name !== undefined) yield { ...name, link: this.#linkOf(entry) }
    }
  }

  #linkOf (entry: RegisterEntry): Link {
    return { ...this.placeOf(entry), rank: entry.rank }
  }
}

/** What is written of a place. */
export function valueOf ({ node, incarnation, maker = '' }: Place): Uint8Array {
  return encodePlace({ node, incarnation, maker: hexToBytes(maker) })
}
