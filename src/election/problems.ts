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

export function problemError ({ problem, message }: Extract<ElectionOutput, { type: 'problem' }>): Error {
  return new ERRORS[problem](message)
}
