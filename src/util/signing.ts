/** Signatures of peers over what they say, each in a domain of its own, so that none can pass for another. */
import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { concat } from 'uint8arrays/concat'
import type { PrivateKey, PublicKey } from '@libp2p/interface'

/** Bytes, who signed them, and what it takes to verify it. */
export interface Signed {
  readonly record: Uint8Array
  readonly signature: Uint8Array
  /** Empty when the peer id carries it. */
  readonly publicKey: Uint8Array
}

/** Some platforms sign at once, others later. */
export function sign (domain: Uint8Array, record: Uint8Array, key: PrivateKey): Signed | Promise<Signed> {
  const signature = key.sign(concat([domain, record]))
  const seal = (signature: Uint8Array): Signed => ({ record, signature, publicKey: carried(key.publicKey) })
  return signature instanceof Promise ? signature.then(seal) : seal(signature)
}

/** Whether the peer of this id has signed it. Never throws. */
export function verify (domain: Uint8Array, id: string, { record, signature, publicKey }: Signed): boolean | Promise<boolean> {
  const key = keyOf(id, publicKey)
  if (key == null) return false
  try {
    const result = key.verify(concat([domain, record]), signature)
    return result instanceof Promise ? result.catch(() => false) : result
  } catch {
    return false
  }
}

/** Undefined when the id is no peer id, is not written the usual way, or does not belong to the key. */
function keyOf (id: string, publicKey: Uint8Array): PublicKey | undefined {
  try {
    const peerId = peerIdFromString(id)
    if (peerId.toString() !== id) return undefined
    // A key beside one that the id carries is nobody's, and only makes it larger.
    if (peerId.publicKey != null) return publicKey.length === 0 ? peerId.publicKey : undefined
    const key = publicKeyFromProtobuf(publicKey)
    return peerIdFromPublicKey(key).equals(peerId) ? key : undefined
  } catch {
    return undefined
  }
}

/** The key's bytes where a peer id does not carry them. */
function carried (key: PublicKey): Uint8Array {
  return key.type === 'RSA' ? publicKeyToProtobuf(key) : new Uint8Array()
}
