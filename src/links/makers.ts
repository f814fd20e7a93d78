/** Who made a link, and whether that peer may make another one. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { LINK_MAKER_BYTES, LINKS_MOST, LINKS_UNSHARED, MAX_REGISTER_BYTES, MAX_REGISTER_ENTRIES } from '../wire/limits.ts'
import type { Register } from '../election/index.ts'
import type { Counts } from './counts.core.ts'

/** What the place of a link says of who asked for it. */
export function makerOf (id: string): string {
  return bytesToHex(sha256(utf8ToBytes(id)).subarray(0, LINK_MAKER_BYTES))
}

/** Why the peer makes no new link: there are as many as may be, or it has had its share of what is kept for all. */
export function refusalOf (maker: string, counts: Counts, { entries, bytes }: Register['size']): 'full' | 'quota' | undefined {
  // those under way are counted, and not in the register
  const most = Math.max(entries, counts.size)
  const fill = Math.max(most / MAX_REGISTER_ENTRIES, bytes / MAX_REGISTER_BYTES)
  if (fill < LINKS_UNSHARED) return undefined
  if (fill >= LINKS_MOST) return 'full'
  const { links, makers } = counts.made(maker)
  return links < Math.floor(MAX_REGISTER_ENTRIES / (makers + 1)) ? undefined : 'quota'
}
