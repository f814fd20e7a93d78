/**
 * Telling a newcomer that it has a seat: last, when a majority of those who vote already know it. Else the leader could die
 * with it, and the newcomer, whom nobody else knows as a voter, could neither win nor help another one to win. Pure.
 */
import { majority, sameOrder } from './order.core.ts'
import type { Core } from './state.core.ts'
import type { Leadership } from './leadership.core.ts'

/** Says the present config, but to a newcomer whose turn has not come. */
export function sendConfig (core: Core, to: string): void {
  const { config, lead } = core
  if (config !== undefined && lead?.joining?.id !== to) core.send(to, { type: 'config', config, founded: true })
}

/** Nobody is waited for who does not answer: without him there was no majority before, or there is one. */
export function admit (core: Core, lead: Leadership): void {
  const { config, time } = core
  const { joining } = lead
  if (config === undefined || joining === undefined) return
  const { voters } = joining.before
  const lack = voters.filter(({ id, incarnation }) => {
    const follower = lead.followers.get(id)
    return id !== core.self && !(follower?.incarnation === incarnation && sameOrder(follower.config, config))
  })
  const mayStill = lack.some(({ id, incarnation }) => {
    const follower = lead.followers.get(id)
    return follower?.incarnation === incarnation && time.now - follower.contact < core.timeout
  })
  if (mayStill && voters.length - lack.length < majority(voters.length)) return
  lead.joining = undefined
  const follower = lead.followers.get(joining.id)
  if (follower !== undefined) follower.toldAt = time.now
  sendConfig(core, joining.id)
}
