import { crc32c } from '../util/crc32c.ts'

/** The checksum in front of a value. */
const SEAL_LENGTH = 4

function checksum (name: string, seq: number, value: Uint8Array): number {
  const place = new Uint8Array(8)
  new DataView(place.buffer).setBigUint64(0, BigInt(seq))
  return crc32c(value, crc32c(place, crc32c(new TextEncoder().encode(name))))
}

/**
 * `value` behind a CRC-32C over it and the place it belongs to, because the databases below do not verify what they read
 * back: level without `verify_checksums`, IndexedDB at all. `seq` is 0 for what is not an entry of a log.
 */
export function seal (name: string, seq: number, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(SEAL_LENGTH + value.length)
  new DataView(sealed.buffer).setUint32(0, checksum(name, seq, value))
  sealed.set(value, SEAL_LENGTH)
  return sealed
}

/** A copy of the value, or undefined when a bit of it changed or it belongs elsewhere. */
export function unseal (name: string, seq: number, sealed: unknown): Uint8Array | undefined {
  if (!(sealed instanceof Uint8Array) || sealed.length < SEAL_LENGTH) {
    return undefined
  }
  const value = new Uint8Array(sealed.subarray(SEAL_LENGTH))
  const expected = new DataView(sealed.buffer, sealed.byteOffset, SEAL_LENGTH).getUint32(0)
  return checksum(name, seq, value) === expected ? value : undefined
}
