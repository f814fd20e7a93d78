/** Ids of voters, and their refusals. Pages, which never vote, load it when they are asked to name some. */
import { peerIdFromString } from '@libp2p/peer-id'
import { refuse } from '../util/refuse.ts'
import { MAX_VOTERS } from '../wire/limits.ts'

/** @throws InvalidOptionsError */
export function checkVoters (voters: readonly string[]): void {
  refuse(!Array.isArray(voters) || voters.length === 0 || voters.length > MAX_VOTERS, `election voters: 1 to ${MAX_VOTERS} peer ids`)
  refuse(new Set(voters).size !== voters.length, 'election voters: one of them is named twice')
  for (const voter of voters) refuse(!isPeerId(voter), `election voters: '${String(voter)}' is no peer id; mesh.id of that node is`)
}

function isPeerId (id: unknown): boolean {
  try {
    return peerIdFromString(id as string).toString() === id
  } catch {
    return false
  }
}
