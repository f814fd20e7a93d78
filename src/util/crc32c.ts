const POLYNOMIAL = 0x82f63b78

const TABLE = /* @__PURE__ */ makeTable()

function makeTable (): Uint32Array {
  const table = new Uint32Array(256)
  for (let n = 0; n < 256; n++) {
    let c = n
    for (let bit = 0; bit < 8; bit++) {
      c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1
    }
    table[n] = c
  }
  return table
}

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`, as an unsigned number. Give the sum of what came before as
 * `previous` to go on over several pieces: `crc32c(b, crc32c(a))` is the sum of a and b together.
 */
export function crc32c (bytes: Uint8Array, previous = 0): number {
  let crc = ~previous
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}
