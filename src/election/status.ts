/** What a node says of its part in its group. */
import { given } from '../util/given.ts'
import type { ElectionStatus, GroupView, Leader } from './index.ts'
import type { Group } from './group.ts'
import type { ElectionOutput } from './types.core.ts'

type Change = Extract<ElectionOutput, { type: 'change' }>

export function leaderOf (change: Change | undefined): Leader | undefined {
  return change?.leader === undefined || change.token === undefined ? undefined : { id: change.leader, token: change.token }
}

interface Own {
  readonly service: string | undefined
  /** Of this node. */
  readonly id: string
  readonly group: Pick<Group, 'status' | 'change'> | undefined
  readonly votes: boolean
  readonly fault: Error | undefined
}

export function statusOf ({ service, id, group, votes, fault }: Own): ElectionStatus {
  const status = group?.status()
  const change = group?.change
  const contacts = new Map(status?.members.map(member => [member.id, member.lastContact]))
  return {
    service,
    state: change?.state ?? (votes ? 'wait' : 'observer'),
    epoch: status?.epoch ?? 0,
    term: status?.term ?? 0,
    leader: leaderOf(change),
    voters: (status?.voters ?? []).map(voter => {
      const lastContact = voter === id ? 0 : contacts.get(voter)
      return { id: voter, ...given({ lastContact }) }
    }),
    learners: status?.learners.map(learner => learner.id) ?? [],
    leaseLeft: status?.leaseLeft ?? 0,
    voting: status?.voting ?? false,
    fault
  }
}

export function viewOf ({ leader, term, state, voters }: ElectionStatus): GroupView {
  return { state, voters: voters.map(({ id }) => id), term, ...given({ leader }) }
}
