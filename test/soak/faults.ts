/** What is done to the mesh: each function begins a fault, waits, ends it, and resolves to what went wrong by itself. */
import { SEATS } from './cast.ts'
import type { Life, SoakMesh } from './soak-mesh.ts'
import type { Random } from '../../src/util/random.core.ts'
import type { ElectionStatus } from '../../src/index.ts'

/** What a fault is done with. */
export interface Scene {
  readonly mesh: SoakMesh
  readonly random: Random
  /** Seats that another fault of this round has. */
  readonly taken: Set<number>
  readonly tell: (line: string) => void
}

/** Undefined: nobody is there for it now. Resolves to sentences about what went wrong. */
export type FaultOf = (scene: Scene) => Promise<string[]> | undefined

const pause = async (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })
const NOTHING: string[] = []

function take ({ mesh, random, taken }: Scene, fits: (life: Life) => boolean = () => true): Life | undefined {
  const life = random.pick(mesh.running.filter(life => SEATS[life.seat]?.safe !== true && !taken.has(life.seat) && fits(life)))
  if (life !== undefined) taken.add(life.seat)
  return life
}

const named = ({ process: { label } }: Life): string => label

/** A voter whose storage goes must leave a majority of those whose storage did not. */
async function allVotersLive (mesh: SoakMesh, service: string): Promise<boolean> {
  for (const { process } of mesh.of(service)) {
    const { voters, state } = await process.command<ElectionStatus>('election')
    if (state === 'leader') return voters.every(({ id }) => mesh.byId(id) !== undefined)
  }
  return false
}

function restart (scene: Scene, kind: 'killed' | 'lost' | 'stopped' | 'drained'): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const life = take(scene, ({ seat }) => kind !== 'lost' || SEATS[seat]?.storage === true)
  if (life === undefined) return undefined
  const down = random.between(200, 6_000)
  const { service = '', storage = false } = SEATS[life.seat] ?? {}
  return (async () => {
    const loses = kind === 'lost' || (kind === 'killed' && !storage)
    if (loses && service !== 'mail' && service !== '' && !await allVotersLive(mesh, service)) return NOTHING
    tell(`${named(life)} ${kind}, back after ${Math.round(down)} ms`)
    const wrong: string[] = []
    const over = mesh.fault(kind, life)
    if (kind === 'drained') await life.process.command('drain', [random.between(500, 4_000)], 40_000)
    if (kind === 'killed' || kind === 'lost') await mesh.kill(life, kind === 'lost')
    else wrong.push(...[await mesh.stop(life)].filter(problem => problem !== undefined))
    await pause(down)
    await mesh.startSeat(life.seat)
    over()
    return wrong
  })()
}

function freeze (scene: Scene): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const life = take(scene)
  if (life === undefined) return undefined
  const ms = random.chance(0.5) ? random.between(1_000, 4_000) : random.between(4_000, 20_000)
  tell(`${named(life)} stands still for ${Math.round(ms)} ms`)
  return (async () => {
    const over = mesh.fault('stopped for a while', life)
    life.process.kill('SIGSTOP')
    await pause(ms)
    life.process.kill('SIGCONT')
    over()
    return NOTHING
  })()
}

/** The lines between a node and some, or all, of the others. */
function impair (scene: Scene, kind: 'cut off' | 'deaf' | 'mute' | 'slow'): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const life = take(scene)
  if (life === undefined) return undefined
  const ms = random.between(1_000, 14_000)
  const all = kind === 'cut off' ? random.chance(0.7) : random.chance(0.5)
  const others = mesh.running.filter(other => other !== life && (all || random.chance(0.4)))
  const faults = kind === 'slow' ? { latency: random.between(20, 300), jitter: 50, rate: 200 * 1024, split: random.pick([0, 700]) as number } : { blackhole: true }
  tell(`${named(life)} is ${kind} for ${Math.round(ms)} ms: ${all ? 'all' : others.map(named).join(' ')}`)
  return (async () => {
    const ends = others.flatMap(({ seat }) => [
      ...kind === 'deaf' ? [] : [mesh.ground.impair(life.seat, seat, faults)],
      ...kind === 'mute' ? [] : [mesh.ground.impair(seat, life.seat, faults)]
    ])
    // who restarts meanwhile has another identity, perhaps
    const over = all ? [mesh.fault(kind, life)] : others.map(other => mesh.fault(kind, life, other))
    const broad = mesh.fault('lines impaired')
    await pause(ms)
    for (const end of [...ends, ...over, broad]) end()
    return NOTHING
  })()
}

function divide (scene: Scene): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const ms = random.between(3_000, 15_000)
  const [here, there] = [[] as number[], [] as number[]]
  for (const seat of SEATS.keys()) (random.chance(0.4) ? here : there).push(seat)
  tell(`the net is divided for ${Math.round(ms)} ms: ${here.map(seat => SEATS[seat]?.label).join(' ')} and the others`)
  return (async () => {
    const over = mesh.fault('divided')
    const ends = here.flatMap(a => there.flatMap(b => [mesh.ground.impair(a, b, { blackhole: true }), mesh.ground.impair(b, a, { blackhole: true })]))
    await pause(ms)
    for (const end of [...ends, over]) end()
    return NOTHING
  })()
}

function reset (scene: Scene): Promise<string[]> | undefined {
  const { mesh, tell } = scene
  const life = take(scene)
  if (life === undefined) return undefined
  tell(`all connections of ${named(life)} are reset`)
  const over = mesh.fault('connections reset', life)
  mesh.ground.reset(life.seat)
  over()
  return Promise.resolve(NOTHING)
}

function guests (scene: Scene): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const seats = [...SEATS.keys()].filter(seat => SEATS[seat]?.guest === true)
  if (seats.some(seat => scene.taken.has(seat))) return undefined
  for (const seat of seats) scene.taken.add(seat)
  tell('three nodes join at once, and go')
  return (async () => {
    const lives = await Promise.all(seats.map(async seat => mesh.startSeat(seat)))
    await pause(random.between(1_000, 6_000))
    const problems = await Promise.all(lives.map(async (life, index) => {
      const over = mesh.fault('guest leaves', life)
      try {
        if (index === 0) await mesh.kill(life)
        else return await mesh.stop(life)
        return undefined
      } finally {
        over()
      }
    }))
    return problems.filter(problem => problem !== undefined)
  })()
}

/** An order may be refused: another fault may be under way. */
function order (scene: Scene, kind: 'resign' | 'transfer' | 'down'): Promise<string[]> | undefined {
  const { mesh, random, tell } = scene
  const lives = mesh.of(random.pick(['cart', 'user', 'mail']) as string)
  const life = random.pick(lives)
  const client = mesh.running.find(({ seat }) => SEATS[seat]?.safe === true)
  if (life === undefined || client === undefined) return undefined
  tell(`${kind}: ${named(life)}`)
  return (async () => {
    const over = kind === 'down' ? mesh.fault('down', life) : mesh.fault(kind)
    const orders = kind === 'down' ? [client.process.command('down', [life.process.id])] : lives.map(async ({ process }) => process.command(kind, kind === 'resign' ? [] : [life.process.id]))
    const ends = await Promise.allSettled(orders)
    over()
    return ends.flatMap(end => end.status === 'rejected' && /TypeError|RangeError|ReferenceError/.test((end.reason as Error).name) ? [`${kind}: ${(end.reason as Error).stack}`] : [])
  })()
}

/** Two of three voters and their storages are gone for good: the third one founds the group anew. */
function majority (scene: Scene): Promise<string[]> | undefined {
  const { mesh, random, taken, tell } = scene
  const lives = mesh.of('cart')
  if (lives.length < 3 || lives.some(({ seat }) => taken.has(seat))) return undefined
  for (const { seat } of lives) taken.add(seat)
  return (async () => {
    if (!await allVotersLive(mesh, 'cart')) return NOTHING
    const [survivor, ...gone] = random.shuffle(lives) as [Life, Life, Life]
    const status = await survivor.process.command<ElectionStatus>('election')
    if (!status.voting) return NOTHING
    tell(`cart loses ${gone.map(named).join(' and ')} for good, ${named(survivor)} recovers it`)
    const over = mesh.fault('majority lost')
    await Promise.all(gone.map(async life => mesh.kill(life, true)))
    await pause(random.between(500, 4_000))
    const wrong = await survivor.process.command('recover', [[survivor.process.id]], 30_000).then(() => NOTHING, (error: Error) => [`recover at ${named(survivor)}: ${error.name}: ${error.message}`])
    await Promise.all(gone.map(async ({ seat }) => mesh.startSeat(seat)))
    over()
    return wrong
  })()
}

/** By name, with how often it is drawn. */
const FAULTS: ReadonlyMap<string, { readonly weight: number, readonly run: FaultOf }> = new Map([
  ['killed', { weight: 4, run: scene => restart(scene, 'killed') }],
  ['lost', { weight: 2, run: scene => restart(scene, 'lost') }],
  ['stopped', { weight: 3, run: scene => restart(scene, 'stopped') }],
  ['drained', { weight: 3, run: scene => restart(scene, 'drained') }],
  ['frozen', { weight: 4, run: freeze }],
  ['cut off', { weight: 3, run: scene => impair(scene, 'cut off') }],
  ['deaf', { weight: 2, run: scene => impair(scene, 'deaf') }],
  ['mute', { weight: 2, run: scene => impair(scene, 'mute') }],
  ['slow', { weight: 2, run: scene => impair(scene, 'slow') }],
  ['divided', { weight: 2, run: divide }],
  ['reset', { weight: 2, run: reset }],
  ['guests', { weight: 1, run: guests }],
  ['resign', { weight: 1, run: scene => order(scene, 'resign') }],
  ['transfer', { weight: 2, run: scene => order(scene, 'transfer') }],
  ['down', { weight: 2, run: scene => order(scene, 'down') }],
  ['majority', { weight: 1, run: majority }]
])

/** One by weight, or undefined when nobody is there for what was drawn. */
export function draw (scene: Scene, only?: readonly string[]): { name: string, run: Promise<string[]> } | undefined {
  const all = [...FAULTS].filter(([name]) => only?.includes(name) !== false)
  let at = scene.random() * all.reduce((sum, [, { weight }]) => sum + weight, 0)
  for (const [name, { weight, run }] of all) {
    at -= weight
    if (at > 0) continue
    const running = run(scene)
    return running === undefined ? undefined : { name, run: running }
  }
  return undefined
}
