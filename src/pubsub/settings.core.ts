/**
 * What the openings of a channel make of it together. Who opens it first says where it begins. Who comes later adds an
 * opening only if it asks for something else. Of each setting the newest that was asked for counts, and what nobody asked
 * for is as the first one had it; nobody asks for a channel not to be durable. The same on all nodes, in any order. Pure.
 */
import type { ChannelSpec, Opening } from './types.core.ts'

/** What is asked for, and not taken as it is: the place of each is its bit in {@link Opening.stated}. */
export const STATED = ['maxDeliver', 'ackWait', 'backoff', 'durable', 'expire'] as const

/** It belongs to a channel that was there. */
export function isLater ({ at, spec: { opened } }: Opening): boolean {
  return at > opened
}

export function mergedSpec (openings: readonly Opening[]): ChannelSpec {
  const all = inOrder(openings)
  const merged = { ...all[0]!.spec }
  for (const { spec, stated } of all) STATED.forEach((name, i) => { if ((stated & 1 << i) !== 0) Object.assign(merged, { [name]: spec[name] }) })
  return merged
}

/** The opening by which those that there are become what a newer one asks for; undefined: they are that already. */
export function addition (openings: readonly Opening[], asked: Opening): Opening | undefined {
  if (openings.length === 0) return asked
  const spec = mergedSpec([...openings, asked])
  return JSON.stringify(spec) === JSON.stringify(mergedSpec(openings)) ? undefined : { ...asked, spec }
}

/** Drops later openings that count no more, as newer ones say all that they say: one for each setting is the most. */
export function dropSuperseded (openings: Map<string, Opening>): void {
  let said = 0
  for (const opening of inOrder([...openings.values()]).slice(1).reverse()) {
    const { tag, stated } = opening
    if ((stated & ~said) === 0 && isLater(opening)) openings.delete(tag)
    said |= stated
  }
}

/** The oldest first. */
function inOrder (openings: readonly Opening[]): Opening[] {
  return [...openings].sort((a, b) => a.at - b.at || (a.tag < b.tag ? -1 : 1))
}
