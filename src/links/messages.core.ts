/** What nodes say to each other about links, as bodies of internal calls; what a peer sends is checked here. Pure. */
import { InvalidOptionsError } from '../errors.ts'
import { MAX_BODY, MAX_LINK_BATCH, MAX_PROPOSALS, MAX_TEXT } from '../wire/limits.ts'
import { isParent } from '../wire/names.ts'
import { isTokenId } from './keys.core.ts'
import { toRank, toTuple } from './rank.core.ts'
import type { Link, Question, Refusal } from './decide.core.ts'
import type { Idle } from './held.core.ts'
import type { Rank } from './rank.core.ts'

/** Bytes of a question or a word about one link, at most: six ids of nodes, a token's, a name and a rank. */
const ITEM_BYTES = 512

/** Questions, or words about links, that fit into a body. */
export function batchOf (maxBody = MAX_BODY): number {
  return Math.max(1, Math.min(MAX_LINK_BATCH, Math.floor(maxBody / ITEM_BYTES)))
}

export function * inBatches<T> (all: readonly T[], most: number): IterableIterator<T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most)
}

/** Why a question was not answered: the asker may ask again. `later`: at once, by itself, as it holds up all others. */
export type Failure = Refusal | 'full' | 'quota' | 'later' | 'unavailable'

/**
 * `changed`: by this very question. `doubt`: or before, when it was asked of a leader that was lost. `rank`: there is no
 * link, and was none of up to this rank; not said of one whose node is gone, as that may come back.
 */
export type Answer =
  | { readonly link: Link | undefined, readonly changed: boolean, readonly doubt?: boolean, readonly rank?: Rank | undefined }
  | { readonly failure: Failure, readonly doubt?: boolean }

/** What a node is told of one link. No link: it was removed, at this rank. */
export interface Told {
  readonly parent: string
  readonly token: string
  readonly rank: Rank
  readonly link: Link | undefined
}

const KINDS = ['resolve', 'move', 'remove'] as const
const FAILURES: readonly Failure[] = ['no-node', 'not-there', 'full', 'quota', 'later', 'unavailable']

type Wire = Record<string, unknown>

export function writeQuestion ({ kind, parent, token, propose, balanced, gone, to, from, again = false }: Question): Wire {
  return {
    k: KINDS.indexOf(kind),
    p: parent,
    t: token,
    ...propose.length > 0 && { n: propose.slice(0, MAX_PROPOSALS) },
    ...balanced && { b: true },
    ...gone !== undefined && { g: gone },
    ...to !== undefined && { to },
    ...from !== undefined && { r: toTuple(from) },
    ...again && { a: true }
  }
}

/** @throws InvalidOptionsError */
export function readQuestions (value: unknown): Question[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LINK_BATCH) malformed(`1 to ${MAX_LINK_BATCH} questions`)
  return value.map(readQuestion)
}

function readQuestion (value: unknown): Question {
  const { k, p, t, n = [], b = false, g, to, r, a = false } = record(value)
  const kind = KINDS.find((_, number) => number === k) ?? malformed('a kind of question')
  if (!isParent(p)) malformed('the name of a service, nothing, or *')
  if (!isTokenId(t)) malformed('the id of a token')
  if (!Array.isArray(n) || n.length > MAX_PROPOSALS || !n.every(isId)) malformed('ids of nodes')
  const from = r === undefined ? undefined : toRank(r) ?? malformed('a rank')
  if (typeof b !== 'boolean' || typeof a !== 'boolean' || (kind === 'move' && !isId(to))) malformed('a node to move to')
  return { kind, parent: p, token: t, propose: n, balanced: b, gone: isId(g) ? g : undefined, to: isId(to) ? to : undefined, from, ...a && { again: a } }
}

export function writeAnswer (answer: Answer): Wire {
  if ('failure' in answer) return { e: answer.failure }
  const { link, changed, rank } = answer
  return { ...link !== undefined ? writeLink(link) : rank !== undefined && { r: toTuple(rank) }, ...changed && { c: true } }
}

/** @throws InvalidOptionsError */
export function readAnswers (value: unknown, count: number): Answer[] {
  if (!Array.isArray(value) || value.length !== count) malformed('as many answers as questions')
  return value.map(one => {
    const { e, c, r } = record(one)
    if (e !== undefined) return { failure: FAILURES.find(failure => failure === e) ?? 'unavailable' }
    const link = readLink(one)
    return { link, changed: c === true, ...link === undefined && r !== undefined && { rank: toRank(r) ?? malformed('a rank') } }
  })
}

export function writeTold ({ parent, token, rank, link }: Told): Wire {
  return { p: parent, t: token, ...link === undefined ? { r: toTuple(rank) } : writeLink(link) }
}

/** @throws InvalidOptionsError */
export function readTold (value: unknown): Told[] {
  if (!Array.isArray(value) || value.length > MAX_LINK_BATCH) malformed('a list of links')
  return value.map(one => {
    const { p, t, r } = record(one)
    const link = readLink(one)
    const rank = link?.rank ?? toRank(r) ?? malformed('a rank')
    if (!isParent(p) || !isTokenId(t)) malformed('the name of a link')
    return { parent: p, token: t, rank, link }
  })
}

function writeLink ({ node, incarnation, rank }: Link): Wire {
  return { n: node, i: incarnation, r: toTuple(rank) }
}

function readLink (value: unknown): Link | undefined {
  const { n, i, r } = record(value)
  if (n === undefined) return undefined
  const rank = toRank(r) ?? malformed('a rank')
  if (!isId(n) || !isCount(i)) malformed('a node and its incarnation')
  return { node: n, incarnation: i, rank }
}

/** The tokens of one parent that were used, and links that were not. */
export interface Usages { readonly parent: string, readonly tokens: readonly string[], readonly idle: readonly Idle[] }

export function writeUsed ({ parent, tokens, idle }: Usages): Wire {
  return { p: parent, t: tokens, ...idle.length > 0 && { i: idle.map(({ token, rank }) => ({ t: token, r: toTuple(rank) })) } }
}

/** @throws InvalidOptionsError */
export function readUsed (value: unknown): Usages {
  const { p, t, i = [] } = record(value)
  if (!isParent(p) || !Array.isArray(t) || t.length > MAX_LINK_BATCH || !t.every(isTokenId)) malformed('tokens of one service')
  if (!Array.isArray(i) || i.length > MAX_LINK_BATCH) malformed('links that are not used')
  const idle = i.map((one): Idle => {
    const { t, r } = record(one)
    return isTokenId(t) ? { token: t, rank: toRank(r) ?? malformed('a rank') } : malformed('the id of a token')
  })
  return { parent: p, tokens: t, idle }
}

export function isId (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT
}

export function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** @throws InvalidOptionsError */
export function record (value: unknown): Wire {
  return typeof value === 'object' && value !== null ? value as Wire : malformed('an object')
}

function malformed (expected: string): never {
  throw new InvalidOptionsError(`links: ${expected} expected`)
}
