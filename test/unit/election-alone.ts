/** The only voter of its group, without a network: what it does with its storage, and says. */
import { defaultLogger } from '@libp2p/logger'
import { Member } from '../../src/election/member.ts'
import { PROFILES } from '../../src/election/election.core.ts'
import type { Discovery } from '../../src/discovery/index.ts'
import type { MemberInit } from '../../src/election/member.ts'

/** Started. @param told - what it says of its problems is added. @param group - how its group is founded */
export function startAlone (storage: MemberInit['storage'], told: string[], group: Partial<MemberInit['config']> = { voters: ['a'] }): Member {
  const member = new Member({
    discovery: { nodes: () => [], node: () => undefined } as unknown as Discovery,
    connected: () => false,
    bootstrapped: false,
    storage,
    send: () => {},
    onChange: () => {},
    onProblem: ({ problem, message }) => { told.push(`${problem}: ${message}`) },
    onGroup: () => {},
    onReady: () => {},
    onRestart: () => {},
    log: defaultLogger().forComponent('test'),
    config: { self: 'a', service: 'login', profile: PROFILES.fast, ...group }
  })
  member.start()
  return member
}
