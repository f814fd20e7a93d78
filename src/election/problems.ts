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
  stranger: ProtocolError,
  'term-jump': ProtocolError
}

type Problem = Extract<ElectionOutput, { type: 'problem' }>

/** Whether it keeps this node from voting. What one peer says of another group does not where there is a `leader`. */
export function isFault ({ problem, peer }: Problem, leader: string | undefined): boolean {
  if (problem === 'group-conflict' && peer !== undefined) return leader === undefined
  return problem !== 'stranger' && problem !== 'term-jump'
}

export function problemError ({ problem, message }: Problem): Error {
  return new ERRORS[problem](message)
}
