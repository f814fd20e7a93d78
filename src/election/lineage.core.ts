/**
 * The line of a group's configs, each signed by the leader that wrote it. A voter that was away while all others that it
 * knew went for good believes none of those who are there now; the line leads it from a seat that it knows to theirs.
 * What nobody needs for that is left out, so it is as long as leaders came after each other of whom the later one was
 * admitted, or admitted again, by the earlier. Pure.
 */
import { hasSeat, isNewer, sameOrder } from './order.core.ts'
import { MAX_LINEAGE } from '../wire/limits.ts'
import type { Follower } from './leadership.core.ts'
import type { Lineage } from './messages.core.ts'
import type { Core } from './state.core.ts'
import type { Config, SignedConfig } from './types.core.ts'

/** Milliseconds between two times that a peer is shown it. */
const SHOW_EVERY = 400

/** Whether it is signed in the name of one who has a seat in that config, in the same life. */
export function isSignedBy (signed: SignedConfig, known: Config | undefined): boolean {
  return signed.config.voters.some(({ id, incarnation }) => id === signed.by && hasSeat(known, id, incarnation))
}

/** This leader's own signature has come. */
export function onSigned (core: Core, signed: SignedConfig): void {
  const { config, group, hard: { lineage } } = core
  // nothing is newer than what this leader has just written: whoever told of it lied
  const line = config !== undefined && sameOrder(signed.config, config) ? lineage.filter(link => isNewer(signed.config, link.config)) : lineage
  if (signed.config.group !== group || !follows(signed, line)) return
  core.save({ lineage: extend(line, signed) })
  for (const [id, follower] of core.lead?.followers ?? []) share(core, id, follower, true)
}

function follows ({ config }: SignedConfig, line: readonly SignedConfig[]): boolean {
  const last = line.at(-1)?.config
  return last === undefined || isNewer(config, last)
}

/** With one link more, and without those at its end that it makes needless. */
function extend (line: readonly SignedConfig[], signed: SignedConfig): SignedConfig[] {
  const next = [...line]
  while (next.length > 0 && isNeedless(next, signed)) next.pop()
  next.push(signed)
  // a link that its signer's next one replaces costs least
  if (next.length > MAX_LINEAGE) next.splice(Math.max(0, next.findIndex((link, i) => i > 0 && sameSigner(link, next[i - 1] as SignedConfig)) - 1), 1)
  return next
}

/**
 * Whoever would take the last one from its signer, or has the one before it, takes this one. But when a seat is back that
 * was taken out meanwhile, the last one is kept: whoever holds that would not know a leader with this seat.
 */
function isNeedless (line: readonly SignedConfig[], signed: SignedConfig): boolean {
  const last = line.at(-1) as SignedConfig
  const before = line.slice(0, -1)
  if (!sameSigner(signed, last) && !isSignedBy(signed, before.at(-1)?.config)) return false
  return !signed.config.voters.some(({ id, incarnation }) => !hasSeat(last.config, id, incarnation) && before.some(({ config }) => hasSeat(config, id, incarnation)))
}

function sameSigner (a: SignedConfig, b: SignedConfig): boolean {
  return a.by === b.by && isSignedBy(a, b.config)
}

/**
 * A leader tells all who may lead one day, once for each change and term: when they have its config, for they keep nothing
 * that goes further. And `early`: who is to get a seat by it may lead before it is heard again.
 */
export function share (core: Core, to: string, follower: Follower, early = false): void {
  const { lineage } = core.hard
  const last = lineage.at(-1)
  if (last === undefined || follower.line === lineage) return
  if (!isNewer(last.config, follower.config)) follower.line = lineage
  else if (!early) return
  core.send(to, { type: 'lineage', configs: lineage })
}

/** Of the leader only, what is newer than what this node has, and nothing that goes further than what it writes next: any voter could use the numbers up. */
export function keepLineage (core: Core, from: string, { configs }: Lineage): void {
  const { hard: { term, highestEpoch, lineage }, config: own, group } = core
  const limit = (own?.version ?? 0) + 1
  const fits = configs.every(({ config }) => config.group === group && config.term <= term && config.version <= limit && config.epoch <= highestEpoch)
  if (from !== core.leader || !fits) return
  // this leader may lack links that this node has
  const line = configs.reduce<readonly SignedConfig[]>((line, signed) => follows(signed, line) ? extend(line, signed) : line, lineage)
  if (line !== lineage) core.save({ lineage: line })
}

/** Shows it to whoever asks, for he can verify it. */
export function showLineage (core: Core, to: string): void {
  const { hard: { lineage }, shownProof, time: { now } } = core
  if (lineage.length === 0 || now - (shownProof.get(to) ?? -Infinity) < SHOW_EVERY) return
  shownProof.set(to, now)
  core.send(to, { type: 'lineage', configs: lineage })
}
