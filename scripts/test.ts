/**
 * `npm test`: runs every stage, or those named as arguments, in two lanes, goes on after one that fails so that all
 * failures are seen, and ends with what was not run and why, and the line `N passed, N failed`: tests, plus one failure
 * for each other stage that failed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inLanes } from './lanes.ts'
import { selectStages } from './stages.ts'
import { summary } from './summary.ts'
import type { Stage } from './stages.ts'
import type { Counts, Result } from './summary.ts'
import type { ChildProcess } from 'node:child_process'

const MIN_NODE = 22
const REPORTER = 'scripts/reporter.ts'

const running = new Set<ChildProcess>()

interface Run {
  /** For the files of counts. */
  directory: string
  /** There is no other lane: what a stage prints is shown as it comes. */
  live: boolean
}

/** A stage leads a process group of its own, so that what it started ends with it. */
function kill (child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** What a stage prints, in one piece when it has ended: the other lane prints too. */
function collect (child: ChildProcess): (heading: string) => Promise<void> {
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk))
  const closed = new Promise(resolve => { child.once('close', resolve) })
  return async heading => {
    // The last lines may come after the exit; what left the group and lives on must not hold us up.
    await Promise.race([closed, pause(1_000)])
    process.stdout.write(Buffer.concat([Buffer.from(heading), ...output]))
  }
}

/** Resolves to what went wrong, or to an empty string. */
async function exec (stage: Stage, { live }: Run, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const output = live ? 'inherit' : 'pipe'
  const child = spawn('npm', ['run', '--silent', stage.script, '--', ...args], {
    stdio: ['ignore', output, output], detached: true, env: { ...process.env, ...env }
  })
  running.add(child)
  const print = collect(child)
  let late = false
  const timer = setTimeout(() => { late = true; kill(child) }, stage.timeout)

  child.on('error', error => { resolve(error.message) })
  child.on('exit', (code, signal) => {
    if (late) resolve(`killed after ${stage.timeout / 1000} s`)
    else resolve(code === 0 ? '' : `exit ${code ?? signal ?? ''}`)
  })
  const note = await promise
  clearTimeout(timer)
  kill(child)
  running.delete(child)
  if (!live) await print(`\n== ${stage.name}\n`)
  return note
}

function readCounts (file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** A run that died before or after its tests has failed even when no test did. */
async function tests (stage: Stage, run: Run): Promise<Counts & { note: string }> {
  const file = join(run.directory, `${stage.name}.json`)
  // The reporter of karma.conf.cjs knows no options.
  const args = stage.tests === 'mocha' ? ['--reporter', REPORTER, '--reporter-option', `counts=${file}`] : []
  const note = await exec(stage, run, [...stage.args ?? [], ...args], { BRAID_COUNTS: file })
  const { passes, failures, pending, skipped } = readCounts(file) ?? { passes: 0, failures: 0, pending: 0, skipped: [] }

  if (passes + failures === 0) return { passes, pending, skipped, failures: 1, note: note === '' ? 'no test ran' : note }
  return { passes, pending, skipped, failures: note === '' ? failures : Math.max(failures, 1), note }
}

async function runStage (stage: Stage, run: Run): Promise<Result> {
  console.log(run.live ? `\n== ${stage.name}` : `-- ${stage.name} has begun`)
  const started = performance.now()
  let counts: Counts & { note: string }
  if (stage.tests !== undefined) {
    counts = await tests(stage, run)
  } else {
    const note = await exec(stage, run, stage.args ?? [])
    counts = { passes: 0, failures: note === '' ? 0 : 1, pending: 0, skipped: [], note }
  }
  return { ...counts, name: stage.name, seconds: (performance.now() - started) / 1000 }
}

async function main (): Promise<void> {
  if (Number.parseInt(process.versions.node) < MIN_NODE) {
    throw new Error(`this is Node ${process.versions.node}; the development dependency 'node' is not installed: npm rebuild node`)
  }
  const stages = selectStages(process.argv.slice(2))
  const directory = mkdtempSync(join(tmpdir(), 'braid-test-'))
  const live = new Set(stages.map(({ lane }) => lane)).size === 1
  let results: Result[]
  try {
    results = await inLanes(stages, async stage => runStage(stage, { directory, live }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }

  console.log(`\n${summary(results)}`)
  if (results.some(({ failures }) => failures > 0)) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    running.forEach(kill)
    process.exit(130)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
