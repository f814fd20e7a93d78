/**
 * All rooms at once, by real processes, under faults: `npm run test:soak -- --minutes 5 --seed 7`. A round of faults, then
 * all is healed, the mesh must become one again, and while it is calm nothing may fail. In the end the histories are judged.
 * The seed decides on the faults and their order; when they strike is the machine's business, so a run comes about as
 * often as not, never exactly, again.
 */
// before all that looks at the time
import './slow-time.ts'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { wallClock } from '../harness/ipc.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { checkCalm, checkFences, checkLeaders, checkMessages, checkProcesses, checkRanks, checkRuns, checkTokens } from './checks.ts'
import { CONVERGENCE, converge } from './converge.ts'
import { draw } from './faults.ts'
import { Growth } from './growth.ts'
import { InsideGround } from './inside.ts'
import { ProcessGround } from './processes.ts'
import { SoakMesh } from './soak-mesh.ts'
import type { Called } from './calls.ts'
import type { Random } from '../../src/util/random.core.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    /** Where all that was told goes, as lines of JSON, if something was wrong. */
    dump: { type: 'string' },
    /** All nodes in this process, on a network in memory. */
    inside: { type: 'boolean', default: false },
    /** A second, by each node. */
    calls: { type: 'string', default: '5' },
    /** Only these faults, joined by commas. */
    only: { type: 'string' }
  }
})
const CALM = 3_000
const seed = Number(values.seed)
const end = performance.now() + Number(values.minutes) * 60_000
const mesh = new SoakMesh(values.inside ? new InsideGround() : new ProcessGround(), Number(values.calls))
const growth = new Growth()
/** All that was published before had the time to be handled. */
let settled = false
const drawn = new Map<string, number>()
const wrong: string[] = []
/** Judge what there is, and end. */
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { interrupted.abort() })

const pause = async (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })

function tell (line: string): void {
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(6)} ${Math.round(wallClock())} ${line}`)
}

/** One to three faults, which begin one after the other and overlap. */
async function strike (random: Random): Promise<void> {
  const taken = new Set<number>()
  const running: Array<Promise<string[]>> = []
  const only = values.only?.split(',')
  for (let i = 1 + random.int(3); i > 0; i--) {
    const fault = draw({ mesh, random, taken, tell: line => { tell(`  ${line}`) } }, only)
    if (fault === undefined) continue
    drawn.set(fault.name, (drawn.get(fault.name) ?? 0) + 1)
    running.push(fault.run.catch((error: Error) => [`${fault.name}: ${error.stack}`]))
    await pause(random.between(0, 3_000))
  }
  wrong.push(...(await Promise.all(running)).flat())
}

/** Nobody publishes; resolves to whether the mesh is one again. */
async function settle (): Promise<boolean> {
  settled = false
  await mesh.hush()
  const { ms, unmet } = await converge(mesh, tell, interrupted.signal)
  if (interrupted.signal.aborted) return false
  settled = true
  tell(`  one again after ${Math.round(ms)} ms`)
  if (unmet.length > 0) wrong.push(`not one again within ${CONVERGENCE} ms`, ...unmet)
  return unmet.length === 0
}

/** All work, and nothing is done to them. */
async function beCalm (): Promise<void> {
  await growth.look(mesh)
  await mesh.resume(true)
  const from = wallClock()
  await mesh.everywhere(async ({ process }) => process.command('moves', [1], 30_000))
  await pause(CALM)
  wrong.push(...checkCalm(mesh, from, wallClock()))
  await mesh.hush()
}

async function run (): Promise<void> {
  const founded = mesh.fault('founding')
  await mesh.start()
  await mesh.resume(true)
  tell(`${mesh.running.length} nodes, seed ${seed}`)
  if (!await settle()) return
  founded()
  await beCalm()
  const random = createRandom(seed)
  for (let round = 1; performance.now() < end && wrong.length === 0; round++) {
    tell(`round ${round}`)
    await mesh.resume(false)
    const moving = mesh.running.find(({ process: { label } }) => label === 'client')?.process.command('moves', [4], 120_000)
    await strike(random.fork(`round ${round}`))
    await moving
    if (!await settle()) return
    await beCalm()
  }
  await settle()
}

function judge (): void {
  const { wrong: misdelivered, lost, counts } = checkMessages(mesh)
  wrong.push(...(settled ? lost : []).map(text => `lost: ${text}`), ...misdelivered, ...checkLeaders(mesh), ...checkFences(mesh), ...checkRuns(mesh), ...checkTokens(mesh), ...checkRanks(mesh))
  const outcomes = new Map<string, number>()
  for (const { process } of mesh.lives) {
    for (const { detail: { outcome } } of process.eventsOf<Called>('call')) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const text = (counts: Iterable<readonly [string, number]>): string => [...counts].map(([name, n]) => `${name} ${n}`).join(', ')
  tell(`faults: ${text(drawn)}`)
  tell(`calls: ${text(outcomes)}`)
  tell(`messages: ${text(Object.entries(counts))}`)
}

async function stopAll (): Promise<void> {
  const problems = await Promise.all(mesh.running.map(async life => mesh.stop(life)))
  wrong.push(...problems.filter(problem => problem !== undefined), ...checkProcesses(mesh), ...(values.inside ? [] : growth.violations()))
  // in one process each would tell of all
  if (!values.inside) for (const line of growth.lines()) tell(line)
}

async function dump (file: string): Promise<void> {
  const lines = mesh.lives.flatMap(({ process: { label, pid, events } }) => events.map(({ event, detail, at }) => ({ at: Math.round(at), label, pid, event, detail })))
  const faults = mesh.faults.map(fault => ({ at: Math.round(fault.at), label: 'soak', pid: 0, event: 'fault', detail: fault }))
  await writeFile(file, [...lines, ...faults].sort((a, b) => a.at - b.at).map(line => `${JSON.stringify(line)}\n`).join(''))
}

try {
  await run().catch((error: Error) => { wrong.push(`the soak broke off: ${error.stack}`) })
  judge()
  await stopAll()
  if (wrong.length > 0 && values.dump !== undefined) await dump(values.dump)
} finally {
  await mesh[Symbol.asyncDispose]()
}
for (const text of wrong.slice(0, 200)) console.error(`WRONG ${text}`)
console.log(wrong.length === 0 ? 'nothing was wrong' : `${wrong.length} things were wrong; --seed ${seed}`)
process.exitCode = wrong.length === 0 ? 0 : 1
