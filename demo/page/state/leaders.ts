/** Who led which service, from when to when, as far as this tab saw it. */
import { signal } from '@preact/signals'
import { explain } from '../lib/text.ts'
import { log } from './log.ts'
import { mesh, nameOf, services, snapshot } from './view.ts'

export interface Term {
  readonly term: number
  readonly epoch: number
  /** Peer id. */
  readonly leader: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** Terms that are kept of each service. */
const CAPACITY = 12

/** Oldest first, by service. */
export const terms = signal<ReadonlyMap<string, readonly Term[]>>(new Map())
/** What became of the last "step down", by service. */
export const steps = signal<ReadonlyMap<string, { readonly failed: boolean, readonly text: string }>>(new Map())

function look (): void {
  const next = new Map(terms.peek())
  let changed = false
  for (const { service, leader } of services.value) {
    if (leader == null) continue
    const known = next.get(service) ?? []
    const last = known.at(-1)
    if (last?.leader === leader.id && last.term === leader.term && last.epoch === leader.epoch) continue
    changed = true
    next.set(service, [...known, { term: leader.term, epoch: leader.epoch, leader: leader.id, since: Date.now() }].slice(-CAPACITY))
    log('election', `${nameOf(leader.id)} leads ${service} in term ${leader.term}`, true)
  }
  if (changed) terms.value = next
}

function tell (service: string, failed: boolean, text: string): void {
  steps.value = new Map(steps.peek()).set(service, { failed, text })
  log('election', `${service}: ${text}`)
}

/** Ask the leader of a service to give its leadership away. It may refuse. */
export async function stepDown (service: string, leader: string): Promise<void> {
  const node = mesh.peek()
  if (node == null) return
  try {
    await node.rpc.invoke(service, 'braid.election.resign', undefined, { node: leader, timeout: 10_000 })
    tell(service, false, `${nameOf(leader)} stepped down`)
  } catch (error) {
    const { code, message } = explain(error)
    tell(service, true, `${nameOf(leader)} refused (${code}): ${message}`)
  }
}

export function watchLeaders (): () => void {
  const unwatch = snapshot.subscribe(look)
  return () => {
    unwatch()
    terms.value = new Map()
    steps.value = new Map()
  }
}
