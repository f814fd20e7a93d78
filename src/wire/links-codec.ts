/** Claims and places of links, as links.proto has them. */
import { LINK_MAKER_BYTES, MAX_CLAIM, MAX_TEXT } from './limits.ts'
import { isParent } from './names.ts'
import { bool, bytes, decode, encode, message, text, uint53 } from './schema.ts'

/** What a call says of its token's link. */
export interface Claim {
  /** The caller's service; empty for none; `*` for all. */
  parent: string
  epoch: number
  term: number
  index: number
  provisional: boolean
}

/** The node of a token. */
export interface Place {
  /** Peer id; empty when there is no link any more. */
  node: string
  incarnation: number
  /** Of who asked for the link: 8 bytes of a hash, or none. */
  maker: Uint8Array
}

const CLAIM = message<Claim>({ parent: [1, text(isParent)], epoch: [2, uint53], term: [3, uint53], index: [4, uint53], provisional: [5, bool] })
const PLACE = message<Place>({ node: [1, text(node => node.length <= MAX_TEXT)], incarnation: [2, uint53], maker: [3, bytes(maker => maker.length <= LINK_MAKER_BYTES)] })

/** At most {@link MAX_CLAIM} bytes. */
export function encodeClaim (claim: Claim): Uint8Array {
  return encode(CLAIM, claim)
}

/** @throws ProtocolError */
export function decodeClaim (bytes: Uint8Array): Claim {
  return decode(CLAIM, bytes.length > MAX_CLAIM ? bytes.subarray(0, MAX_CLAIM) : bytes)
}

export function encodePlace (place: Place): Uint8Array {
  return encode(PLACE, place)
}

/** @throws ProtocolError */
export function decodePlace (bytes: Uint8Array): Place {
  return decode(PLACE, bytes)
}
