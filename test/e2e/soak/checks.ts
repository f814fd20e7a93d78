/** What must be so when nothing is done to anybody any more. */
import { until } from '../../harness/until.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { SoakPage, TabState } from './page.ts'
import type { SoakTab } from './tab.ts'

declare const soak: SoakPage

export interface Scene {
  readonly fleet: Fleet
  readonly ledger: Ledger
  readonly tabs: readonly SoakTab[]
}

/** Waits for it; what is not so in time becomes a problem. Resolves to the milliseconds that it took. */
async function within (what: string, timeout: number, problems: string[], look: () => Promise<string[]>): Promise<void> {
  let left: string[] = []
  const began = Date.now()
  await until(async () => {
    left = await look()
    return left.length === 0
  }, { timeout, interval: 250 }).catch((error: Error) => {
    problems.push(`${what}, not within ${timeout / 1_000} s: ${left.join('; ')} ${String((error.cause as Error | undefined)?.message ?? '')}`)
  })
  console.log(`  ${what}: ${((Date.now() - began) / 1_000).toFixed(1)} s`)
}

/** Everybody sees all, and as `up`. */
async function views ({ fleet, tabs, ledger }: Scene): Promise<string[]> {
  const ids = [...fleet.alive.map(({ id }) => id), ...tabs.map(({ id }) => id)]
  const differs = (label: string, seen: ReadonlyArray<readonly [string, string]>): string[] => {
    const states = new Map(seen)
    const lacks = ids.filter(id => states.get(id) !== 'up').map(id => `${ledger.label(id)} ${states.get(id) ?? 'not'}`)
    const more = seen.filter(([id]) => !ids.includes(id)).map(([id, state]) => `also ${ledger.label(id)} ${state}`)
    return lacks.length + more.length === 0 ? [] : [`${label} sees ${[...lacks, ...more].join(', ')}`]
  }
  const processes = await Promise.all(fleet.alive.map(async node => differs(node.label, (await node.nodes()).map(({ id, state }) => [id, state] as const))))
  const pages = await Promise.all(tabs.map(async tab => differs(tab.label, (await tab.state()).seen)))
  return [...processes, ...pages].flat()
}

async function states (tabs: readonly SoakTab[]): Promise<Map<SoakTab, TabState>> {
  return new Map(await Promise.all(tabs.map(async tab => [tab, await tab.state()] as const)))
}

async function paths ({ tabs, ledger }: Scene): Promise<string[]> {
  const of = await states(tabs)
  return [...of].flatMap(([tab, { direct }]) => {
    const lacks = tabs.filter(({ id }) => id !== tab.id && !direct.includes(id)).map(({ id }) => ledger.label(id))
    return lacks.length === 0 ? [] : [`${tab.label} has none to ${lacks.join()}`]
  })
}

/** One RTCPeerConnection for each direct path, none that nobody uses, and no path on one that is closed. */
async function peerConnections ({ tabs }: Scene): Promise<string[]> {
  return [...await states(tabs)].flatMap(([{ label }, { paths, peerConnections }]) => peerConnections !== paths ? [`${label} has ${peerConnections} RTCPeerConnections for ${paths} paths`] : [])
}

async function places ({ fleet, tabs, ledger }: Scene): Promise<string[]> {
  const wrong: string[] = []
  const given = new Set<string>()
  for (const relay of fleet.relays) {
    for (const id of await relay.command<string[]>('places')) {
      given.add(id)
      if (!tabs.some(tab => tab.id === id)) wrong.push(`${relay.label} keeps a place for ${ledger.label(id)}, who is gone`)
    }
  }
  for (const tab of tabs) if (!given.has(tab.id)) wrong.push(`${tab.label} has no place`)
  return wrong
}

async function open ({ fleet, tabs }: Scene): Promise<string[]> {
  const all = [
    ...await Promise.all(fleet.nodes.map(async node => [node.label, await node.command<TabState['open']>('open')] as const)),
    ...[...await states(tabs)].map(([{ label }, { open }]) => [label, open] as const)
  ]
  return all.flatMap(([label, open]) => open.map(({ what, age }) => `${label}: ${what}, for ${age} ms`))
}

/** One lock and one database for each place that is, or ever was, held at once. */
async function stores ({ tabs }: Scene, most: ReadonlyMap<string, number>): Promise<string[]> {
  const wrong: string[] = []
  for (const context of new Set(tabs.map(({ context }) => context))) {
    const here = tabs.filter(tab => tab.context === context)
    const [any] = here
    const stored = here.filter(({ storage }) => storage !== undefined)
    const locks = await any?.page.evaluate(async () => soak.locks()) ?? 0
    if (locks !== stored.length) wrong.push(`${locks} locks for ${stored.length} tabs with a storage`)
    const databases = await any?.page.evaluate(async () => soak.databases()) ?? []
    if (databases.length > (most.get(context) ?? 0)) wrong.push(`${databases.join()}, when at most ${most.get(context) ?? 0} tabs shared it`)
    const ids = new Set(here.map(({ id }) => id))
    if (ids.size < here.length) wrong.push(`two tabs are one node: ${here.map(({ label, id, place }) => `${label} ${place ?? '-'} ${id.slice(-6)}`).join(', ')}`)
  }
  return wrong
}

/** @param most - so many tabs of a profile shared its storage at most */
export async function settled (scene: Scene, most: ReadonlyMap<string, number>): Promise<string[]> {
  const { fleet, ledger } = scene
  const problems: string[] = []
  await within('all see all', 40_000, problems, async () => views(scene))
  await within('what was begun has ended', 10_000, problems, async () => open(scene))
  await within('every message is handled', 60_000, problems, async () => {
    fleet.collect()
    return ledger.missing()
  })
  await within('places on relays', 20_000, problems, async () => places(scene))
  await within('direct paths', 90_000, problems, async () => paths(scene))
  await within('as many peer connections as paths', 20_000, problems, async () => peerConnections(scene))
  await within('locks and databases', 5_000, problems, async () => stores(scene, most))
  return problems
}
