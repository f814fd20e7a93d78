/**
 * How well a node is, from what is found wrong at each look. A finding counts once it has lasted, and is over once it has
 * been gone for a while: what comes and goes is one long trouble, and a short one is none. Pure.
 */
import type { Health, HealthLevel } from './index.ts'

/** Something that is wrong at this moment. */
export interface Finding {
  /** What it is about, so that it is known again when its text differs. */
  readonly key: string
  readonly text: string
  /** There is no path into the mesh. */
  readonly isolated: boolean
  /** Milliseconds for which it must last to count, and be gone to be over. */
  readonly raise: number
  readonly clear: number
}

interface Tracked {
  finding: Finding
  /** Since when it is there, or gone. */
  since: number
  present: boolean
  /** It counts. */
  active: boolean
}

/** Reasons that are told, the first ones found. */
const MAX_REASONS = 16

export class HealthCore {
  readonly #tracked = new Map<string, Tracked>()
  #health: Health

  /** @param first - what is known before the first look */
  constructor (first: Health) {
    this.#health = first
  }

  get health (): Health {
    return this.#health
  }

  /** What was found just now, all of it. Returns the health if that has changed. */
  step (now: number, findings: readonly Finding[]): Health | undefined {
    const found = new Map(findings.map(finding => [finding.key, finding]))
    for (const [key, finding] of found) {
      if (!this.#tracked.has(key)) this.#tracked.set(key, { finding, since: now, present: true, active: false })
    }
    for (const [key, tracked] of this.#tracked) this.#track(key, tracked, found.get(key), now)
    const health = this.#judge()
    if (same(health, this.#health)) return undefined
    this.#health = health
    return health
  }

  #track (key: string, tracked: Tracked, finding: Finding | undefined, now: number): void {
    if (tracked.present !== (finding !== undefined)) {
      tracked.present = finding !== undefined
      tracked.since = now
    }
    if (finding !== undefined) tracked.finding = finding
    const { raise, clear } = tracked.finding
    if (tracked.present) tracked.active ||= now - tracked.since >= raise
    else if (!tracked.active || now - tracked.since >= clear) this.#tracked.delete(key)
  }

  #judge (): Health {
    const active = [...this.#tracked.values()].filter(({ active }) => active).map(({ finding }) => finding)
    const level: HealthLevel = active.length === 0 ? 'healthy' : active.some(({ isolated }) => isolated) ? 'isolated' : 'joined'
    const reasons = active.slice(0, MAX_REASONS).map(({ text }) => text)
    if (active.length > MAX_REASONS) reasons.push(`and ${active.length - MAX_REASONS} more`)
    return { level, reasons }
  }
}

function same (a: Health, b: Health): boolean {
  return a.level === b.level && a.reasons.length === b.reasons.length && a.reasons.every((reason, i) => reason === b.reasons[i])
}
