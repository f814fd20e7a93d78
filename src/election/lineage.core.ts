/**
 * The line of a group's configs, each signed by the leader that wrote it. A voter that was away while all others that it
 * knew went for good believes none of those who are there now; the line leads it from a seat that it knows to theirs.
 * What nobody needs for that is left out, so it is as long as leaders came after each other of whom the later one was
 * admitted by the earlier. Pure.
 */
import { hasSeat, isNewer } from './order.core.ts'
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
  const line = [...core.hard.lineage]
  if (signed.config.group !== core.group || !follows(signed, line)) return
  // whoever would take the last one from its signer, or has the one before it, takes this one
  while (line.length > 0 && (isSignedBy(signed, line.at(-2)?.config) || sameSigner(signed, line.at(-1) as SignedConfig))) line.pop()
  line.push(signed)
  core.save({ lineage: line.slice(-MAX_LINEAGE) })
  for (const [id, follower] of core.lead?.followers ?? []) share(core, id, follower)
}

function follows ({ config }: SignedConfig, line: readonly SignedConfig[]): boolean {
  const last = line.at(-1)?.config
  return last === undefined || isNewer(config, last)
}

function sameSigner (a: SignedConfig, b: SignedConfig): boolean {
  return a.by === b.by && isSignedBy(a, b.config)
}

/** A leader tells all who may lead one day, once for each change and term. */
export function share (core: Core, to: string, follower: Follower): void {
  const { lineage } = core.hard
  if (lineage.length === 0 || follower.line === lineage) return
  follower.line = lineage
  core.send(to, { type: 'lineage', configs: lineage })
}

/** From one with a seat. */
export function keepLineage (core: Core, { configs }: Lineage): void {
  const last = configs.at(-1)
  if (last !== undefined && configs.every(({ config }) => config.group === core.group) && follows(last, core.hard.lineage)) core.save({ lineage: configs })
}

/** Shows it to whoever asks, for he can verify it. */
export function showLineage (core: Core, to: string): void {
  const { hard: { lineage }, shownProof, time: { now } } = core
  if (lineage.length === 0 || now - (shownProof.get(to) ?? -Infinity) < SHOW_EVERY) return
  shownProof.set(to, now)
  core.send(to, { type: 'lineage', configs: lineage })
}
