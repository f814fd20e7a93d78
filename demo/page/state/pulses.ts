/** Calls between this tab and each peer, counted, and which are so fresh that the map shows them. */
import { signal } from '@preact/signals'
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

export function pulse (peer: string, direction: Direction): void {
  const before = all.peek().get(peer) ?? NONE
  const count = before[direction] + 1
  all.value = new Map(all.peek()).set(peer, { ...before, [direction]: count })
  pulses.value = new Map(pulses.peek()).set(peer, { ...pulses.peek().get(peer), [direction]: count })
  setTimeout(() => {
    const { [direction]: last, ...rest } = pulses.peek().get(peer) ?? {}
    if (last !== count) return
    const next = new Map(pulses.peek())
    if (Object.keys(rest).length > 0) next.set(peer, rest)
    else next.delete(peer)
    pulses.value = next
  }, LASTS)
}

/** Every call of this tab's own methods, whoever makes it. */
export const pulsingHandlers: ServerInterceptor = next => async call => {
  pulse(call.context.caller.id, 'in')
  return next(call)
}

export function watchPulses (): () => void {
  return () => {
    all.value = new Map()
    pulses.value = new Map()
  }
}
