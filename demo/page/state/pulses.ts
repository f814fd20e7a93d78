/** Calls between this tab and each peer, counted, and which are so fresh that the map shows them. */
import { signal } from '@preact/signals'
import { onceAFrame } from '../lib/once-a-frame.ts'
import type { ServerInterceptor } from '../../../src/index.ts'

/** `out`: this tab calls; `in`: it is called. */
export type Direction = 'out' | 'in'
export type Calls = Readonly<Record<Direction, number>>

const NONE: Calls = { out: 0, in: 0 }
/** Milliseconds that a call is shown; style.css knows it too. */
const LASTS = 1_000

const all = signal<ReadonlyMap<string, Calls>>(new Map())
/** Number of the last call each way, by peer, while it is fresh. */
export const pulses = signal<ReadonlyMap<string, Partial<Calls>>>(new Map())

/** Since this tab joined. */
export function callsWith (peer: string): Calls {
  return all.value.get(peer) ?? NONE
}

/** In words, for a table and for a screen reader. */
export function callWords ({ out, in: came }: Calls): string {
  return out + came === 0 ? 'none' : `${out} out, ${came} in`
}

/** As it is; what is shown of it follows once a frame, however many calls there are. */
const counted = new Map<string, Calls>()
/** Of what is fresh: until when. */
const lit = new Map<string, Partial<Record<Direction, number>>>()

const draw = onceAFrame(() => {
  all.value = new Map(counted)
  pulses.value = new Map(Array.from(lit, ([peer, until]) => {
    const { out, in: came } = counted.get(peer) ?? NONE
    return [peer, { ...until.out == null ? {} : { out }, ...until.in == null ? {} : { in: came } }]
  }))
})

export function pulse (peer: string, direction: Direction): void {
  const before = counted.get(peer) ?? NONE
  counted.set(peer, { ...before, [direction]: before[direction] + 1 })
  const until = lit.get(peer) ?? {}
  lit.set(peer, until)
  if (until[direction] == null) setTimeout(() => { fade(peer, direction) }, LASTS)
  until[direction] = performance.now() + LASTS
  draw()
}

/** One timer for all of a peer's calls that are fresh. */
function fade (peer: string, direction: Direction): void {
  const until = lit.get(peer) ?? {}
  const left = (until[direction] ?? 0) - performance.now()
  if (left > 0) {
    setTimeout(() => { fade(peer, direction) }, left)
    return
  }
  delete until[direction]
  if (Object.keys(until).length === 0) lit.delete(peer)
  draw()
}

/** Every call of this tab's own methods, whoever makes it. */
export const pulsingHandlers: ServerInterceptor = next => async call => {
  pulse(call.context.caller.id, 'in')
  return next(call)
}

export function watchPulses (): () => void {
  return () => {
    counted.clear()
    lit.clear()
    draw()
  }
}
