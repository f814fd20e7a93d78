/** Discovery's frames, built so that none exceeds what a peer takes. */
import { decodeSignedRecord, encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { MAX_DISCOVERY_FRAME } from '../wire/limits.ts'
import { ENVELOPE, PER_ELEMENT } from './numbers.ts'
import type { Known } from './view.core.ts'

/** Two numbers of eight bytes at most, and their tags. */
const PER_KNOWN = PER_ELEMENT + 20

/** Frames that carry the signed records, as many in each as fit. */
export function recordFrames (signed: readonly Uint8Array[]): Uint8Array[] {
  return batches(signed, bytes => bytes.byteLength + PER_ELEMENT, MAX_DISCOVERY_FRAME - ENVELOPE)
    .map(batch => encodeDiscoveryFrame({ records: { records: batch.map(decodeSignedRecord) } }))
}

/** Frames that ask for the records of these nodes. */
export function fetchFrames (ids: readonly string[]): Uint8Array[] {
  return batches(ids, id => id.length + PER_ELEMENT, MAX_DISCOVERY_FRAME - ENVELOPE)
    .map(ids => encodeDiscoveryFrame({ fetch: { ids } }))
}

/**
 * Who I am, and what I know.
 *
 * @param first - where the digest begins when it does not fit: a random place, so that in the end all of it is told
 */
export function helloFrame (self: Uint8Array, bootNonce: Uint8Array, digest: readonly Known[], first = 0): Uint8Array {
  const rotated = [...digest.slice(first), ...digest.slice(0, first)]
  const room = MAX_DISCOVERY_FRAME - ENVELOPE - self.byteLength - bootNonce.byteLength
  const [fitting = []] = batches(rotated, known => known.id.length + PER_KNOWN, room)
  return encodeDiscoveryFrame({ hello: { self: decodeSignedRecord(self), bootNonce, digest: fitting } })
}

/** The answer of a node that has not said hello yet. It carries no digest: Records and Fetch have said the rest. */
export function replyFrame (self: Uint8Array, bootNonce: Uint8Array): Uint8Array {
  return encodeDiscoveryFrame({ hello: { self: decodeSignedRecord(self), bootNonce, reply: true } })
}

function batches <T> (list: readonly T[], size: (item: T) => number, room: number): T[][] {
  const result: T[][] = []
  let used = Infinity
  for (const item of list) {
    used += size(item)
    if (used > room) {
      result.push([])
      used = size(item)
    }
    result.at(-1)?.push(item)
  }
  return result
}
