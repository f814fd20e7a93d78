/**
 * What becomes of a question about a token's link, by whoever keeps the links of a service: the leader's authority, or a
 * process that keeps them for itself. It proposes nothing of its own while the asker's proposals will do. Pure.
 */
import { compareRanks } from './rank.core.ts'
import type { Rank } from './rank.core.ts'

/** Links that a node may hold beyond its share before new tokens go elsewhere. */
const BOUND = 1.25

/** The node of a token, in the life that it was linked in. */
export interface Place {
  readonly node: string
  readonly incarnation: number
  /** Of who asked for the link, at who keeps it: a hash of its id. */
  readonly maker?: string | undefined
}

export interface Link extends Place { readonly rank: Rank }

/**
 * `resolve`: where is it? `move`: put it there, unless it has changed since `from`. `remove`: end it, unless it has
 * changed since `from`.
 */
export interface Question {
  readonly kind: 'resolve' | 'move' | 'remove'
  readonly parent: string
  readonly token: string
  /** Nodes to link to when there is no link, the most wanted first. None: do not link. */
  readonly propose: readonly string[]
  /** A balancer proposed: it has counted links itself. */
  readonly balanced: boolean
  /** The asker could not reach this node. */
  readonly gone: string | undefined
  /** Of a move: where to. */
  readonly to: string | undefined
  /** What the asker has seen; of index 0: that there was no link. Undefined: whatever it was. */
  readonly from: Rank | undefined
  /** Of a move where there was no link: a leader that was lost may have made it. */
  readonly again?: boolean
}

/** One that neither proposes nor demands anything. */
export function questionOf (kind: Question['kind'], parent: string, token: string): Question {
  return { kind, parent, token, propose: [], balanced: false, gone: undefined, to: undefined, from: undefined }
}

/** There is to be a link where there is none: asked again it may be made twice, if it was ended in between. */
export function isFirst ({ kind, from }: Question): boolean {
  return kind === 'move' && from?.index === 0
}

/** A node of the service as the keeper sees it. */
export interface Taker {
  readonly id: string
  readonly incarnation: number
  readonly weight: number
  readonly state: 'up' | 'suspect' | 'draining' | 'away' | 'left'
}

export interface World {
  /** Nodes of the service, in any state. */
  readonly takers: readonly Taker[]
  /** The link's node lives in the life that it was linked in, as far as is known. */
  isAlive (place: Place): boolean
  /** Live links of a node. */
  links (node: string): number
  /** All nodes, in the order in which a token prefers them. */
  order (token: string): readonly Taker[]
}

export type Refusal =
  /** No node takes new tokens now. */
  | 'no-node'
  /** The node that a token is to move to is not there, or takes no new ones. */
  | 'not-there'

export type Decision =
  /** Nothing changes. */
  | { readonly type: 'answer', readonly link: Link | undefined }
  | { readonly type: 'refuse', readonly why: Refusal }
  /** `place` undefined: there is no link any more. `former` is a live one that it takes the place of. */
  | { readonly type: 'write', readonly place: Place | undefined, readonly former: Link | undefined }

/** @param present - what stands for the token now, dead or alive */
export function decide (question: Question, present: Link | undefined, world: World): Decision {
  const live = present !== undefined && world.isAlive(present) ? present : undefined
  const { kind, from, to } = question
  if (kind !== 'resolve' && from !== undefined && !isSeen(from, present, live)) return { type: 'answer', link: live }
  switch (kind) {
    case 'remove':
      return present === undefined ? { type: 'answer', link: undefined } : { type: 'write', place: undefined, former: live }
    case 'move': {
      const node = takersOf(world).find(({ id }) => id === to)
      if (node === undefined) return { type: 'refuse', why: 'not-there' }
      if (live?.node === node.id && live.incarnation === node.incarnation) return { type: 'answer', link: live }
      return { type: 'write', place: { node: node.id, incarnation: node.incarnation }, former: live }
    }
    case 'resolve': {
      if (live !== undefined || question.propose.length === 0) return { type: 'answer', link: live }
      const node = choose(question, world)
      return node === undefined ? { type: 'refuse', why: 'no-node' } : { type: 'write', place: { node: node.id, incarnation: node.incarnation }, former: undefined }
    }
  }
}

/** The link is what the asker took it for. */
function isSeen (from: Rank, present: Link | undefined, live: Link | undefined): boolean {
  return from.index === 0 ? live === undefined : present !== undefined && compareRanks(present.rank, from) === 0
}

/** Those that take new tokens: suspects only when there is nobody else. */
function takersOf ({ takers }: World): readonly Taker[] {
  const up = takers.filter(({ state }) => state === 'up')
  return up.length > 0 ? up : takers.filter(({ state }) => state === 'suspect')
}

function choose ({ token, propose, balanced, gone }: Question, world: World): Taker | undefined {
  const all = takersOf(world)
  const others = all.filter(({ id }) => id !== gone)
  const able = others.length > 0 ? others : all
  const wanted = propose.map(id => able.find(taker => taker.id === id)).filter(taker => taker !== undefined)
  if (balanced && wanted[0] !== undefined) return wanted[0]
  const weight = able.reduce((sum, taker) => sum + taker.weight, 0)
  const links = able.reduce((sum, { id }) => sum + world.links(id), 1)
  const hasRoom = (taker: Taker): boolean => world.links(taker.id) + 1 <= Math.ceil(BOUND * links * taker.weight / weight)
  return wanted.find(hasRoom) ?? world.order(token).find(taker => able.includes(taker) && hasRoom(taker)) ?? wanted[0] ?? able[0]
}
