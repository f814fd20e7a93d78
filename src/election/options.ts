/** {@link ElectionOptions} with their defaults, and their refusals. */
import { peerIdFromString } from '@libp2p/peer-id'
import { InvalidOptionsError } from '../errors.ts'
import { MAX_VOTERS } from '../wire/limits.ts'
import type { ElectionOptions, ElectionProfile } from './index.ts'

/** Voters that a leader keeps by default: the loss of one is survived. */
const TARGET_VOTERS = 3
const PROFILES: readonly ElectionProfile[] = ['fast', 'default', 'wan']

export interface ResolvedElectionOptions {
  /** Sorted. */
  voters: readonly string[] | undefined
  expect: number
  targetVoters: number
  profile: ElectionProfile
  lease: 'strict' | 'off'
}

/** @throws InvalidOptionsError */
export function resolveElectionOptions (options: ElectionOptions = {}): ResolvedElectionOptions {
  const { voters, expect, profile = 'default', lease = 'strict', remoteResign = false } = options
  if (voters !== undefined) checkVoters(voters)
  refuse(voters !== undefined && expect !== undefined, 'voters or expect, not both')
  refuse(expect !== undefined && !isCount(expect), `expect: a number of nodes from 1 to ${MAX_VOTERS}, not ${String(expect)}`)
  refuse(!PROFILES.includes(profile), `profile: one of ${PROFILES.join(', ')}, not ${String(profile)}`)
  refuse(typeof remoteResign !== 'boolean', `remoteResign: true or false, not ${String(remoteResign)}`)
  refuse(lease !== 'strict' && lease !== 'off', `lease: 'strict' or 'off', not ${String(lease)}`)
  const first = voters?.length ?? expect ?? 1
  const targetVoters = options.targetVoters ?? Math.max(TARGET_VOTERS, first - (first + 1) % 2)
  refuse(!isCount(targetVoters) || targetVoters % 2 === 0, `targetVoters: an odd number from 1 to ${MAX_VOTERS}, not ${String(targetVoters)}`)
  return { voters: voters === undefined ? undefined : [...voters].sort(), expect: expect ?? 1, targetVoters, profile, lease }
}

/** @throws InvalidOptionsError */
export function checkVoters (voters: readonly string[]): void {
  refuse(!Array.isArray(voters) || voters.length === 0 || voters.length > MAX_VOTERS, `voters: 1 to ${MAX_VOTERS} peer ids`)
  refuse(new Set(voters).size !== voters.length, 'voters: one of them is named twice')
  for (const voter of voters) refuse(!isPeerId(voter), `voters: '${String(voter)}' is no peer id; mesh.id of that node is`)
}

function isPeerId (id: unknown): boolean {
  try {
    return peerIdFromString(id as string).toString() === id
  } catch {
    return false
  }
}

function isCount (value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_VOTERS
}

function refuse (condition: boolean, message: string): void {
  if (condition) throw new InvalidOptionsError(`election ${message}`)
}
