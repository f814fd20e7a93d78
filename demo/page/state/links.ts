/** Where the tokens that this page used lead. */
import { computed, signal } from '@preact/signals'
import { explain } from '../lib/text.ts'
import { log } from './log.ts'
import { mesh, nameOf } from './view.ts'
import type { CallKind, Mesh } from '../../../src/index.ts'

/** A call that a token was used for. */
export interface TokenCall {
  readonly token: string
  readonly service: string
  readonly method: string
  readonly kind: CallKind
  readonly args: unknown
}

export interface TokenRow {
  readonly token: string
  readonly service: string
  /** The last one, to be made again. */
  readonly call: TokenCall
  /** Calls of this page. */
  readonly hits: number
  /** Milliseconds since 1970: its first call, and when it came to its node. */
  readonly since: number
  readonly arrived: number
  /** Peer id; undefined: not linked now. */
  readonly node: string | undefined
  /** Where it was before it moved. */
  readonly former: string | undefined
}

/** Tokens that are remembered. */
const CAPACITY = 100

const rows = signal<ReadonlyMap<string, TokenRow>>(new Map())
export const tokens = computed(() => [...rows.value.values()].sort((a, b) => a.service.localeCompare(b.service) || a.token.localeCompare(b.token, 'en', { numeric: true })))

function keyOf (token: string, service: string): string {
  return `${service} ${token}`
}

function set (row: TokenRow): void {
  const next = new Map(rows.peek()).set(keyOf(row.token, row.service), row)
  for (const key of next.keys()) {
    if (next.size <= CAPACITY) break
    next.delete(key)
  }
  rows.value = next
}

function place (call: TokenCall, node: string | undefined, hits = 0): void {
  const { token, service } = call
  const row = rows.peek().get(keyOf(token, service)) ?? { token, service, hits: 0, since: Date.now(), arrived: Date.now(), node: undefined, former: undefined }
  const moved = node !== row.node
  set({
    ...row,
    call,
    hits: row.hits + hits,
    node,
    ...moved ? { arrived: Date.now(), former: row.node ?? row.former } : {}
  })
  if (moved && node != null && row.node != null) log('links', `token ${token} moved from ${nameOf(row.node)} to ${nameOf(node)}`, true)
}

/** A call with a token was answered by this node. */
export function noteToken (call: TokenCall, node: string): void {
  place(call, node, 1)
}

async function look (node: Mesh, { token, service, call }: TokenRow): Promise<void> {
  try {
    const target = await node.links.target(token, service, { signal: AbortSignal.timeout(5_000) })
    if (mesh.peek() === node && rows.peek().has(keyOf(token, service))) place(call, target?.id)
  } catch {
    // Nobody who decides could be asked now: what is known stays.
  }
}

/** @throws nothing: what went wrong is told in the log */
export async function unlink ({ token, service, call }: TokenRow): Promise<void> {
  try {
    await mesh.peek()?.links.unlink(token, service, { signal: AbortSignal.timeout(5_000) })
    place(call, undefined)
    log('links', `token ${token} is not linked in ${service} any more`)
  } catch (error) {
    log('links', `token ${token} could not be unlinked: ${explain(error).message}`, true)
  }
}

export function watchLinks (node: Mesh): () => void {
  const byId = (id: string): TokenRow[] => tokens.peek().filter(({ token }) => node.rpc.tokenId(token) === id)
  for (const event of ['link:add', 'link:move', 'link:remove'] as const) {
    node.links.addEventListener(event, ({ detail }) => {
      for (const row of byId(detail.token)) if (row.service === detail.service) void look(node, row)
    })
  }
  node.discovery.addEventListener('node:remove', ({ detail }) => {
    for (const row of tokens.peek()) if (row.node === detail.id) void look(node, row)
  })
  return () => { rows.value = new Map() }
}
