/**
 * Giving leadership away: no writes, the target is brought up to date, the lease ends for good in this term, TimeoutNow.
 * Whoever gave its lease away never takes it back: the message may arrive late. Raft thesis 3.10. Pure.
 */
import { endLease } from './leader.core.ts'
import { becomeFollower } from './votes.core.ts'
import type { Leadership } from './leadership.core.ts'
import type { Core } from './state.core.ts'

/** Milliseconds in which a target that was told stands for election, at least, and how often its answers' time. */
const MIN_PATIENCE = 30
const PATIENCE = 3

/** @param id - of who waits for the outcome */
export function startTransfer (core: Core, to?: string, id?: number): void {
  const { lead, config, time } = core
  const fail = (why: string): void => { if (id !== undefined) core.out.push({ type: 'transferred', id, ok: false, why }) }
  if (lead === undefined || config === undefined) return fail('this node does not lead')
  if (lead.transfer !== undefined) return fail('leadership is being given away already')
  const able = targets(core, lead, [])
  if (to !== undefined && !able.includes(to)) return fail(`${to} is no voter that answers`)
  const [best] = to === undefined ? able : [to]
  if (best === undefined) return fail('no other voter answers')
  lead.transfer = { to: best, wanted: to, deadline: time.now + core.timeout, asked: [], nextAt: Infinity, id }
  advanceTransfer(core)
}

/** Voters that answer, the best ones first: who holds everything, then who answers soonest, for one that has just started does not. */
function targets (core: Core, lead: Leadership, but: readonly string[]): string[] {
  const { config, self, time } = core
  const able = config!.voters.filter(({ id, incarnation }) => {
    const follower = lead.followers.get(id)
    return id !== self && id !== lead.joining?.id && !but.includes(id) && core.connected.has(id) && follower?.incarnation === incarnation && time.now - follower.contact < core.timeout && !follower.leaving
  }).map(({ id }) => ({ id, ...lead.followers.get(id)!, current: lead.register.isCurrent(lead.followers.get(id)!) }))
  return able.sort((a, b) => Number(b.current) - Number(a.current) || a.delay - b.delay).map(({ id }) => id)
}

/**
 * Sends TimeoutNow once the target holds what this leader does, or does not get it soon. One that closes then, or does not
 * stand in time, is not waited for: the lease is over, so any other one may, and votes are one per term.
 */
export function advanceTransfer (core: Core): void {
  const { lead, time } = core
  const transfer = lead?.transfer
  if (lead === undefined || transfer === undefined) return
  if (time.now >= transfer.deadline) return becomeFollower(core, core.hard.term, undefined, 'the transfer took too long')
  if (transfer.asked.length > 0) {
    if (time.now < transfer.nextAt && core.connected.has(transfer.to)) return
    const [next] = targets(core, lead, transfer.asked)
    transfer.nextAt = Infinity
    if (next === undefined) return
    transfer.to = next
  } else {
    const target = lead.followers.get(transfer.to)
    const current = target !== undefined && lead.register.isCurrent(target)
    if (!current && time.now < transfer.deadline - core.timeout / 2) return
  }
  const delay = lead.followers.get(transfer.to)?.delay ?? 0
  transfer.nextAt = time.now + Math.max(MIN_PATIENCE, Math.min(PATIENCE * delay, core.timeout))
  transfer.asked.push(transfer.to)
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
