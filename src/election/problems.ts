/** What the core finds wrong, as errors that users know. */
import { ElectionStoreError, GroupConflictError, IdentityConflictError, ProtocolError, VotersError } from '../errors.ts'
import type { ElectionOutput, ElectionProblem } from './types.core.ts'

const ERRORS: Readonly<Record<ElectionProblem, new (message: string) => Error>> = {
  'waiting-for-voters': VotersError,
  'voters-conflict': VotersError,
  'group-conflict': GroupConflictError,
  'identity-conflict': IdentityConflictError,
  'storage-failed': ElectionStoreError,
  'seat-lost': ElectionStoreError,
  'log-long': ElectionStoreError,
  stranger: ProtocolError,
  'term-jump': ProtocolError
}

type Problem = Extract<ElectionOutput, { type: 'problem' }>

/** Whether it keeps this node from voting. What one peer says of another group does not where there is a `leader`. */
export function isFault ({ problem, peer }: Problem, leader: string | undefined): boolean {
  if (problem === 'group-conflict' && peer !== undefined) return leader === undefined
  return problem !== 'stranger' && problem !== 'term-jump' && problem !== 'log-long'
}

export function problemError ({ problem, message }: Problem): Error {
  return new ERRORS[problem](message)
}

export function longLog (reason: string): string {
  return `the log of the register cannot be rewritten, so it grows: ${reason}; free or mend the disk, it is tried again later. What is saved is durable, and this node votes on`
}
