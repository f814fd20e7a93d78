/** When nothing is wrong any more the mesh becomes one again: all see all, services are led, channels are empty, calls end well. */
import { SERVICES, CHANNELS, SEATS } from './cast.ts'
import type { Life, SoakMesh } from './soak-mesh.ts'
import type { Look } from './soak-child.ts'

/** Milliseconds within which it must be. The longest single step: a default group in memory forms anew after 10 s, once its voters were removed. */
export const CONVERGENCE = 60_000
/** Milliseconds after which an operator would recover a group whose majority is gone for good. */
const OPERATOR = 15_000

const pause = async (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })
const short = (mesh: SoakMesh, id: string): string => mesh.byId(id)?.process.label ?? id.slice(-6)

/** Sentences about what is not yet as it should be. */
function unmet (mesh: SoakMesh, looks: ReadonlyMap<Life, Look>): string[] {
  const ids = [...looks.keys()].map(({ process }) => process.id).sort()
  const wrong: string[] = []
  for (const [{ process: { label } }, look] of looks) {
    const missing = ids.filter(id => !look.nodes.includes(id))
    const more = look.nodes.filter(id => !ids.includes(id))
    if (missing.length + more.length > 0) wrong.push(`${label} lacks ${missing.map(id => short(mesh, id)).join(' ')}, has besides ${more.map(id => short(mesh, id)).join(' ')}`)
    if (look.fault !== undefined) wrong.push(`${label} has the fault ${look.fault}`)
    for (const [name, { lag }] of Object.entries(look.channels)) if (lag > 0) wrong.push(`${label}: ${lag} messages of ${name} are not final`)
  }
  return [...wrong, ...leaderless(mesh, looks), ...unshared(looks)]
}

function leaderless (mesh: SoakMesh, looks: ReadonlyMap<Life, Look>): string[] {
  return SERVICES.flatMap(service => {
    const leaders = [...looks].map(([{ process: { label } }, { groups }]) => {
      const { leader } = groups[service] ?? {}
      return { label, of: leader === undefined ? 'nobody' : `${short(mesh, leader.id)} ${leader.token.epoch}/${leader.token.term}`, id: leader?.id }
    })
    const one = new Set(leaders.map(({ of }) => of)).size === 1 && leaders[0]?.id !== undefined && mesh.byId(leaders[0].id) !== undefined
    return one ? [] : [`${service} is led by ${leaders.map(({ label, of }) => `${of} (${label})`).join(', ')}`]
  })
}

function unshared (looks: ReadonlyMap<Life, Look>): string[] {
  const present = new Set([...looks.keys()].map(({ seat }) => SEATS[seat]?.label))
  return CHANNELS.flatMap(({ topic, channel, consumers }) => {
    const expected = consumers.filter(label => present.has(label)).length
    return [...looks].flatMap(([{ process: { label } }, { channels }]) => {
      const seen = channels[`${topic}/${channel}`]?.consumers ?? 0
      return seen === expected ? [] : [`${label} sees ${seen} of ${expected} consumers of ${topic}/${channel}`]
    })
  })
}

async function look (mesh: SoakMesh): Promise<Map<Life, Look>> {
  return new Map(await Promise.all(mesh.running.map(async life => [life, await life.process.command<Look>('look', [SERVICES])] as const)))
}

/** What an operator does when a group says that it cannot go on: its voters are gone, and their storages with them. */
async function recover (mesh: SoakMesh, looks: ReadonlyMap<Life, Look>, tell: (line: string) => void): Promise<void> {
  for (const service of ['cart', 'user'] as const) {
    const members = mesh.of(service)
    const voters = members.map(life => looks.get(life)?.groups[service]?.voters ?? []).sort((a, b) => b.length - a.length)[0] ?? []
    const alive = voters.filter(id => mesh.byId(id) !== undefined)
    const led = members.some(life => looks.get(life)?.groups[service]?.leader !== undefined)
    const survivor = members.find(life => looks.get(life)?.voting === true)
    if (led || survivor === undefined || alive.length * 2 > voters.length) continue
    tell(`  operator: ${service} has lost ${voters.length - alive.length} of ${voters.length} voters for good, ${survivor.process.label} recovers it`)
    const over = mesh.fault('majority lost')
    await survivor.process.command('recover', [[survivor.process.id]], 30_000).catch((error: Error) => { tell(`  ${error.name}: ${error.message}`) })
    over()
  }
}

async function probe (mesh: SoakMesh): Promise<string[]> {
  const results = await Promise.all(mesh.running.flatMap(({ process }) => SERVICES.map(async service => {
    const id = `probe ${process.label} ${Math.random()}`
    return process.invoke(service, 'work', { id, ms: 0, token: id }, { token: id, timeout: 4_000 }).then(() => [], (error: Error) => [`${process.label} calls ${service}: ${error.message}`])
  })))
  return results.flat()
}

/** Resolves to how long it took, and what was still not so when the time was over, or it was given up. */
export async function converge (mesh: SoakMesh, tell: (line: string) => void, signal: AbortSignal): Promise<{ ms: number, unmet: string[] }> {
  const began = performance.now()
  let recovered = false
  let told = 10_000
  for (;;) {
    const looks = await look(mesh)
    let wrong = unmet(mesh, looks)
    if (wrong.length === 0) wrong = await probe(mesh)
    const ms = performance.now() - began
    if (wrong.length === 0 || ms > CONVERGENCE || signal.aborted) return { ms, unmet: wrong }
    if (ms > told) {
      told += 10_000
      tell(`  not yet: ${wrong.slice(0, 4).join('; ')}`)
    }
    if (ms > OPERATOR && !recovered) {
      recovered = true
      await recover(mesh, looks, tell)
    }
    await pause(200)
  }
}
