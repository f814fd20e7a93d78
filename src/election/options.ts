/** {@link ElectionOptions} with their defaults, and their refusals. */
import { InvalidOptionsError } from '../errors.ts'
import { checkInteger } from '../util/refuse.ts'
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

/** Without a look at who the voters are: see voters.ts. @throws InvalidOptionsError */
export function resolveElectionOptions (options: ElectionOptions = {}): ResolvedElectionOptions {
  const { voters, expect, profile = 'default', lease = 'strict' } = options
  refuse(voters !== undefined && expect !== undefined, 'voters or expect, not both')
  checkInteger('election expect', expect, 1, MAX_VOTERS)
  refuse(!PROFILES.includes(profile), `profile: one of ${PROFILES.join(', ')}, not ${String(profile)}`)
  refuse(lease !== 'strict' && lease !== 'off', `lease: 'strict' or 'off', not ${String(lease)}`)
  const first = voters?.length ?? expect ?? 1
  const targetVoters = options.targetVoters ?? Math.max(TARGET_VOTERS, first - (first + 1) % 2)
  checkInteger('election targetVoters', targetVoters, 1, MAX_VOTERS)
  refuse(targetVoters % 2 === 0, `targetVoters: an odd number, not ${targetVoters}: an even one survives no more losses than one less`)
  return { voters: voters && Array.from(voters).sort(), expect: expect ?? 1, targetVoters, profile, lease }
}

function refuse (condition: boolean, message: string): void {
  if (condition) throw new InvalidOptionsError(`election ${message}`)
}
