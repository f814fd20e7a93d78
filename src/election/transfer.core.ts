/**
 * Giving leadership away: no writes, the target is brought up to date, the lease ends for good in this term, TimeoutNow.
 * Whoever gave its lease away never takes it back: the message may arrive late. Raft thesis 3.10. Pure.
 */
import { endLease } from './leader.core.ts'
import { becomeFollower } from './votes.core.ts'
import type { Core } from './state.core.ts'

/** @param id - of who waits for the outcome */
export function startTransfer (core: Core, to?: string, id?: number): void {
  const { lead, config, self, time } = core
  const fail = (why: string): void => { if (id !== undefined) core.out.push({ type: 'transferred', id, ok: false, why }) }
  if (lead === undefined || config === undefined) return fail('this node does not lead')
  if (lead.transfer !== undefined) return fail('leadership is being given away already')
  const able = config.voters.filter(({ id, incarnation }) => {
    const follower = lead.followers.get(id)
    return id !== self && core.connected.has(id) && follower?.incarnation === incarnation && time.now - follower.contact < core.timeout && !follower.leaving
  })
  if (to !== undefined && !able.some(({ id }) => id === to)) return fail(`${to} is no voter that answers`)
  const current = able.filter(({ id }) => lead.register.isCurrent(lead.followers.get(id)!))
  // whoever answers soonest has least else to do: one that has just started does not
  const best = to ?? (current.length > 0 ? current : able).reduce<string | undefined>((found, { id }) => {
    return found === undefined || lead.followers.get(id)!.delay < lead.followers.get(found)!.delay ? id : found
  }, undefined)
  if (best === undefined) return fail('no other voter answers')
  lead.transfer = { to: best, wanted: to, deadline: time.now + core.timeout, sent: false, id }
  advanceTransfer(core)
}

/** Sends TimeoutNow once the target holds what this leader does, or does not get it soon. */
export function advanceTransfer (core: Core): void {
  const { lead, time } = core
  const transfer = lead?.transfer
  if (lead === undefined || transfer === undefined) return
  if (time.now >= transfer.deadline) return becomeFollower(core, core.hard.term, undefined, 'the transfer took too long')
  if (transfer.sent) return
  const target = lead.followers.get(transfer.to)
  const current = target !== undefined && lead.register.isCurrent(target)
  if (!current && time.now < transfer.deadline - core.timeout / 2) return
  transfer.sent = true
  lead.over = true
  endLease(core, lead, 'leadership is given away')
  core.send(transfer.to, { type: 'timeout-now' }, core.termSave)
}

/** Answers who gave the leadership away once somebody is heard to have it, or nobody for T. */
export function settleHandover (core: Core): void {
  const { handover, leader, self, time } = core
  if (handover?.id === undefined || (leader === undefined && time.now < handover.deadline)) return
  core.handover = undefined
  const ok = leader !== undefined && leader !== self && leader === (handover.wanted ?? leader)
  core.out.push({ type: 'transferred', id: handover.id, ok, ...ok ? {} : { why: leader === undefined ? 'no new leader has shown itself yet' : `${leader} leads` } })
}
