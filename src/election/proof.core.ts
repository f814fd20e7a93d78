/**
 * Going along another one's line of signed configs (lineage.core.ts), one signature at a time: each must be of one who has a
 * seat in the config that this node holds by then, so nothing is believed that a voter known before would not be believed
 * about. Only who was asked for it is heard, once for each question. Pure.
 */
import { isPlausibleEpoch } from './founding.core.ts'
import { isSignedBy, keepLineage, showLineage } from './lineage.core.ts'
import { hasSeat, isNewer } from './order.core.ts'
import { becomeFollower } from './votes.core.ts'
import { MAX_TERM_JUMP } from '../wire/limits.ts'
import type { Lineage } from './messages.core.ts'
import type { Core } from './state.core.ts'
import type { SignedConfig } from './types.core.ts'

/** Milliseconds in which the answer to a question is heard. */
const ANSWER = 5_000

export function onLineage (core: Core, from: string, message: Lineage): void {
  if (message.configs.length === 0) return showLineage(core, from)
  if (hasSeat(core.config, from, message.incarnation)) return keepLineage(core, from, message)
  const asked = core.askedForProof.get(from)
  if (asked === undefined || asked.heard || core.time.now - asked.at > ANSWER) return
  asked.heard = true
  // an answer that never comes holds nobody else up
  if (core.proof === undefined || core.time.now - core.proof.at > ANSWER) goOn(core, from, message.configs, 0)
}

/** The furthest that can be believed as things are is looked at next. */
function goOn (core: Core, from: string, configs: readonly SignedConfig[], steps: number): void {
  const next = configs.findLast(signed => mayFollow(core, signed))
  core.proof = next === undefined ? undefined : { from, configs, id: core.proofs++, next, at: core.time.now }
  if (core.proof !== undefined) core.out.push({ type: 'verify', id: core.proof.id, signed: core.proof.next })
  // those that it knows now say who leads
  else if (steps > 0) for (const peer of core.connected) core.sendHello(peer, true)
}

function mayFollow (core: Core, signed: SignedConfig): boolean {
  const { config: own, hard } = core
  const { config } = signed
  if (own === undefined || config.group !== own.group || !isNewer(config, own) || !isSignedBy(signed, own)) return false
  return isPlausibleEpoch(core, config.epoch) && Math.max(config.term - hard.term, config.version - own.version) <= MAX_TERM_JUMP
}

export function onVerified (core: Core, id: number, ok: boolean): void {
  const { proof } = core
  if (proof?.id !== id) return
  core.proof = undefined
  const { from, configs, next } = proof
  if (!ok) return core.problem('stranger', `${from} tells of voters whom nobody who is known has chosen`, from)
  // meanwhile others may have told more, or this node may lead
  if (!mayFollow(core, next) || (core.role === 'leader' && next.config.term <= core.hard.term)) return
  core.adopt(next.config)
  if (core.role !== 'follower') becomeFollower(core, core.hard.term, undefined, 'a newer config')
  goOn(core, from, configs, 1)
}
