/** Who led when, with which token; and whether two ever led at once. */
import type { NodeProcess } from './processes.ts'

interface Token { epoch: number, term: number }

/** A time in office. `to` is when it was last known to hold. */
export interface Term {
  readonly node: string
  readonly token: Token
  readonly from: number
  readonly to: number
}

type Told = { token: Token, at: number }

const same = (a: Token, b: Token): boolean => a.epoch === b.epoch && a.term === b.term

/** What a node process told, by the commands of `election-child.ts`. @param diedAt - when it was killed, if it was: what it did not end then, ended */
export function termsOf (node: Pick<NodeProcess, 'label' | 'eventsOf'>, diedAt = Infinity): Term[] {
  const ends = node.eventsOf<Told>('lead:end')
  return node.eventsOf<Told>('lead:start').map(({ detail }) => ({
    node: node.label,
    token: detail.token,
    from: detail.at,
    to: ends.find(end => same(end.detail.token, detail.token) && end.detail.at >= detail.at)?.detail.at ?? diedAt
  }))
}

/** Sentences about everything that must not be: two leaders at once, two with one token, tokens that do not grow. */
export function violations (terms: readonly Term[]): string[] {
  const sorted = [...terms].sort((a, b) => a.from - b.from)
  return sorted.slice(1).flatMap((next, index) => sorted.slice(0, index + 1).flatMap(term => {
    const what = `${term.node} ${text(term.token)} and ${next.node} ${text(next.token)}`
    return [
      // a process that leads until now has no end yet
      ...next.from <= term.to ? [`${what} led at once for ${Math.round(Math.min(term.to, next.to) - next.from)} ms`] : [],
      // a leader that was cut off for a moment may find itself leading still
      ...order(next.token, term.token) < (next.node === term.node ? 0 : 1) ? [`${what}: the later token is not the higher one`] : []
    ]
  }))
}

function order (a: Token, b: Token): number {
  return a.epoch - b.epoch || a.term - b.term
}

function text ({ epoch, term }: Token): string {
  return `${epoch}/${term}`
}
