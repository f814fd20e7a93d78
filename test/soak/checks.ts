/** Judges what was told, by what doc/GUARANTEES.md promises and no more. Each returns sentences about what must not be. */
import { checkDeliveries } from '../harness/deliveries.ts'
import { termsOf, violations } from '../harness/leaders.ts'
import { CHANNELS, SEATS, SERVICES } from './cast.ts'
import type { Called, Moved } from './calls.ts'
import type { Append, Ran } from './methods.ts'
import type { Published } from './publishing.ts'
import type { Life, SoakMesh as Soak } from './soak-mesh.ts'
import type { Fault, Handling } from '../harness/deliveries.ts'
import type { Handled } from '../harness/pubsub-methods.ts'

/** Milliseconds for which a split of a default group in memory makes two of it, with some to spare. */
const SPLIT = 9_000
/** Milliseconds that a fault is felt after its end: others may have taken the node for gone meanwhile, and act on it now. */
const AFTERMATH = 10_000

/** What is judged: the processes that there were, what was done to them, and what they thought of each other. */
export type Histories = Pick<Soak, 'lives' | 'faults' | 'views'>

const serviceOf = ({ seat }: Life): string => SEATS[seat]?.service ?? ''
const endOf = ({ to, at }: Fault): number => to ?? at
const all = <D>(mesh: Histories, event: string): Array<{ life: Life, detail: D, at: number }> =>
  mesh.lives.flatMap(life => life.process.eventsOf<D>(event).map(({ detail, at }) => ({ life, detail, at })))

/** At most one leader per service and token, one after the other, with tokens that grow. */
export function checkLeaders (mesh: Histories): string[] {
  const long = mesh.faults.filter(({ kind, at, to = at }) => kind === 'founding' || (['divided', 'lines impaired', 'stopped for a while'].includes(kind) && to - at >= SPLIT))
  return SERVICES.flatMap(service => {
    const lives = mesh.lives.filter(life => serviceOf(life) === service)
    const terms = lives.flatMap(life => termsOf(life.process, life.to).map(term => ({ ...term, node: `${term.node} of ${Math.round(life.from)}` })))
    if (service !== 'mail') return violations(terms).map(text => `${service}: ${text}`)
    // it may be two until they have met
    const spared = (from: number, to: number): boolean => long.some(fault => fault.at <= to && endOf(fault) + 2 * AFTERMATH >= from)
    return violations(terms.filter(({ from, to }) => !spared(from, to))).map(text => `${service}: ${text}`)
  })
}

/** What a resource has let pass never goes back to an older token. */
export function checkFences (mesh: Histories): string[] {
  const newest = new Map<string, Append['token']>()
  const wrong: string[] = []
  for (const { life: { process }, detail: { resource, token } } of all<Append>(mesh, 'append').sort((a, b) => a.detail.at - b.detail.at)) {
    const key = `${resource} at ${process.label} ${process.id}`
    const before = newest.get(key)
    if (before !== undefined && (token.epoch - before.epoch || token.term - before.term) < 0) wrong.push(`${key}: ${JSON.stringify(token)} after ${JSON.stringify(before)}`)
    newest.set(key, token)
  }
  return wrong
}

/** A call runs once at most, and one that is `retryable` did not run. A keyed one runs once in the life of a node. */
export function checkRuns (mesh: Histories): string[] {
  const runs = new Map<string, Array<{ life: Life, at: number }>>()
  for (const { life, detail: { id, at } } of all<Ran>(mesh, 'ran')) {
    const known = runs.get(id)
    if (known === undefined) runs.set(id, [{ life, at }])
    else known.push({ life, at })
  }
  const kinds = new Map(all<Called>(mesh, 'call').map(({ detail }) => [detail.id, detail]))
  const wrong: string[] = []
  for (const [id, of] of runs) {
    const call = kinds.get(id)
    const keyed = call?.kind === 'keyed' || call === undefined
    const times = keyed ? new Set(of.map(({ life }) => life)).size < of.length : of.length > 1
    if (times) wrong.push(`call ${id} (${call?.kind ?? 'unknown'}, ${call?.outcome ?? 'no end'}) ran ${of.length} times, at ${of.map(({ life, at }) => `${life.process.label} ${Math.round(at)}`).join(', ')}`)
    if (call?.retryable === true && call.kind !== 'keyed') wrong.push(`call ${id} (${call.kind}) ended with ${call.outcome} '${call.message}', retryable, and ran at ${of.map(({ life }) => life.process.label).join(', ')}`)
  }
  return wrong
}

interface Run extends Ran { readonly life: Life, readonly end: number }

/** Runs with a token, by relation and token, in their order. */
function runsOfTokens (mesh: Histories): Map<string, Run[]> {
  const ends = new Map(all<{ id: string, at: number }>(mesh, 'ran:end').map(({ life, detail }) => [`${life.process.pid} ${detail.id}`, detail.at]))
  const byToken = new Map<string, Run[]>()
  for (const { life, detail } of all<Ran>(mesh, 'ran')) {
    if (detail.token === undefined) continue
    const key = `${detail.parent} -> ${serviceOf(life)}: ${detail.token}`
    const run = { ...detail, life, end: ends.get(`${life.process.pid} ${detail.id}`) ?? detail.at }
    const known = byToken.get(key)
    if (known === undefined) byToken.set(key, [run])
    else known.push(run)
  }
  for (const { life: { seat }, detail: { token, service, owner, ended } } of all<Moved>(mesh, 'moved')) {
    const life = mesh.lives.find(({ process, from, to = Infinity }) => process.id === owner && from <= ended && to >= ended)
    // what was answered counts as much as a run there
    if (life !== undefined) byToken.get(`${SEATS[seat]?.service ?? ''} -> ${service}: ${token}`)?.push({ id: '', token, parent: '', rank: undefined, at: ended, end: ended, life })
  }
  for (const of of byToken.values()) of.sort((a, b) => a.at - b.at)
  return byToken
}

/** A token moves only when its node is gone, for somebody at least, or when it is told to; a strict one never is at two nodes at once. */
export function checkTokens (mesh: Histories): string[] {
  const views = mesh.views().filter(({ kind }) => kind === 'taken for gone')
  const causes = [...mesh.faults, ...views]
  const moves = all<Moved>(mesh, 'moved').map(({ life, detail }) => ({ ...detail, parent: serviceOf(life) }))
  const wrong: string[] = []
  for (const [key, runs] of runsOfTokens(mesh)) {
    for (const [index, run] of runs.entries()) {
      const before = runs[index - 1]
      if (before === undefined || before.life === run.life) continue
      const text = `${key}: at ${before.life.process.label} ${Math.round(before.at)} (rank ${before.rank}), then at ${run.life.process.label} ${Math.round(run.at)} (rank ${run.rank})`
      const told = moves.some(move => key === `${move.parent} -> ${move.service}: ${move.token}` && move.began <= run.at && move.ended > before.at)
      if (!told && !causes.some(fault => isCause(fault, before, run, serviceOf(run.life)))) wrong.push(`moved without a cause: ${text}`)
      if (serviceOf(run.life) === 'cart' && run.at < before.end && !wasStopped(mesh, before)) wrong.push(`strict, at two nodes at once for ${Math.round(before.end - run.at)} ms: ${text}`)
    }
  }
  return wrong
}

function isCause (fault: Fault, before: Run, run: Run, service: string): boolean {
  if (fault.at > run.at || endOf(fault) + AFTERMATH < before.at) return false
  const { id } = before.life.process
  if (fault.kind === 'majority lost') return service === 'cart'
  if (fault.kind === 'divided' || fault.kind === 'lines impaired') return true
  return fault.kind === 'taken for gone' ? fault.other === id : fault.node === id || fault.other === id
}

/** A process that was stopped in the middle of a run cannot end it. */
function wasStopped (mesh: Histories, { life, at, end }: Run): boolean {
  return mesh.faults.some(fault => fault.kind === 'stopped for a while' && fault.node === life.process.id && fault.at <= end && endOf(fault) >= at)
}

/** Runs of strict tokens never go back to a node by a lower rank; those of open ones may, in a partition. */
export function checkRanks (mesh: Histories): string[] {
  const wrong: string[] = []
  for (const [key, runs] of runsOfTokens(mesh)) {
    let highest: Run | undefined
    for (const run of runs) {
      if (run.rank === undefined || serviceOf(run.life) !== 'cart') continue
      if (highest?.rank !== undefined && run.rank < highest.rank) wrong.push(`rank goes back: ${key}: ${highest.rank} at ${highest.life.process.label} ${Math.round(highest.at)}, then ${run.rank} at ${run.life.process.label} ${Math.round(run.at)}`)
      else highest = run
    }
  }
  return wrong
}

/** Whether a promise counts: its publisher kept all it had, or two of its keepers did. */
function isBound (mesh: Histories, publisher: Life, { storedBy = [] }: Published): boolean {
  const kept = (id: string): boolean => mesh.lives.every(({ process, lost }) => process.id !== id || lost !== true)
  return kept(publisher.process.id) || storedBy.filter(kept).length >= 2
}

export interface Delivered {
  readonly wrong: string[]
  readonly lost: string[]
  /** How many messages, promises, handlings and repeats there were: a run without them proves nothing. */
  readonly counts: Readonly<Record<string, number>>
}

/** What was promised is handled in each channel; what is handled twice has its cause. */
export function checkMessages (mesh: Histories): Delivered {
  const faults = [...mesh.faults, ...mesh.views()]
  const wrong: string[] = []
  const missing: string[] = []
  const counts: Record<string, number> = { published: 0, bound: 0, handled: 0, repeated: 0 }
  for (const topic of new Set(CHANNELS.map(({ topic }) => topic))) {
    const attempts = new Map<string, { body: string, id: string | undefined }>()
    for (const { life, detail } of all<Published>(mesh, 'published')) {
      if (detail.topic !== topic) continue
      const id = detail.id !== undefined && isBound(mesh, life, detail) ? detail.id : undefined
      if (detail.id !== undefined || !attempts.has(detail.body)) attempts.set(detail.body, { body: detail.body, id })
    }
    const channels = CHANNELS.filter(plan => plan.topic === topic).map(({ channel }) => channel)
    const handlings: Handling[] = all<Handled & { channel: string }>(mesh, 'done').filter(({ detail }) => channels.includes(detail.channel)).map(({ life, detail }) => ({ ...detail, node: life.process.id }))
    const { lost, unexpected, altered, unexplained, repeats } = checkDeliveries({ attempts: [...attempts.values()], handlings, channels, faults })
    wrong.push(...unexpected.map(text => `unexpected: ${text}`), ...altered.map(text => `altered: ${text}`), ...unexplained.map(text => `handled again: ${text}`))
    missing.push(...lost.map(text => `${topic}/${text}`))
    counts['published'] = (counts['published'] ?? 0) + attempts.size
    counts['bound'] = (counts['bound'] ?? 0) + [...attempts.values()].filter(({ id }) => id !== undefined).length
    counts['handled'] = (counts['handled'] ?? 0) + handlings.length
    counts['repeated'] = (counts['repeated'] ?? 0) + [...repeats.values()].reduce((sum, n) => sum + n, 0)
  }
  return { wrong, lost: missing, counts }
}

/** What a process may never do, and what it said of itself. */
export function checkProcesses (mesh: Histories): string[] {
  const said = all<string>(mesh, 'wrong').map(({ life, detail, at }) => `${life.process.label} at ${Math.round(at)}: ${detail}`)
  return [...said, ...mesh.lives.flatMap(({ process }) => {
    const { label, stderr, stdout, faults } = process
    const output = process.alive || process.stderr !== '' || process.stdout !== '' ? `${stderr}${stdout}`.trim() : ''
    return [...faults.map(({ kind, error }) => `${label}: ${kind}: ${error.stack ?? error.message}`), ...output === '' || globalThis.process.env['DEBUG'] !== undefined ? [] : [`${label} printed: ${output.slice(0, 2_000)}`]]
  })]
}

/** While nothing is wrong nothing fails. */
export function checkCalm (mesh: Histories, from: number, to: number): string[] {
  return all<Called>(mesh, 'call').filter(({ detail: { began, ended, outcome, kind } }) => began >= from && ended <= to && outcome !== 'ok' && kind !== 'cancelled')
    .map(({ life, detail: { id, kind, service, outcome, message, began, ended } }) => `in calm: ${life.process.label} ${kind} ${id} of ${service} at ${Math.round(began)}, ${Math.round(ended - began)} ms: ${outcome} ${message}`)
}
