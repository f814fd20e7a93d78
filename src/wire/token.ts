import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** Bytes of a token id. */
export const TOKEN_BYTES = 32

/**
 * HMAC-SHA-256 of a token under the mesh's secret, as 64 hex digits: what travels instead of the token. Costs some
 * 20 us, so callers cache it.
 */
export function tokenIdOf (token: string, secret: string): string {
  return bytesToHex(hmac(sha256, utf8ToBytes(secret), utf8ToBytes(token)))
}

/** A token id as it travels. */
export function tokenToBytes (tokenId: string): Uint8Array {
  return hexToBytes(tokenId)
}

/** A token id as the rooms keep it. */
export function tokenToHex (bytes: Uint8Array): string {
  return bytesToHex(bytes)
}
