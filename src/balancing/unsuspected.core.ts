import type { Candidate } from './index.ts'

/** For those who place tokens: a suspect keeps its own until it is given up. Pure. */
export function unsuspected <C extends Candidate> (node: C): C {
  return node.state === 'suspect' ? { ...node, state: 'up' } : node
}
