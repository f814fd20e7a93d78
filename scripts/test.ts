/**
 * `npm test`: runs every stage, or those named as arguments, goes on after one that fails so that all failures are seen,
 * and ends with the line `N passed, N failed`: tests, plus one failure for each other stage that failed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selectStages } from './stages.ts'
import type { Stage } from './stages.ts'
import type { ChildProcess } from 'node:child_process'

const MIN_NODE = 22
const REPORTER = 'scripts/reporter.ts'

interface Counts {
  passes: number
  failures: number
  pending: number
}

interface Result extends Counts {
  name: string
  seconds: number
  note: string
}

let running: ChildProcess | undefined

/** A stage leads a process group of its own, so that what it started ends with it. */
function kill (child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** Resolves to what went wrong, or to an empty string. */
async function exec (stage: Stage, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const child = spawn('npm', ['run', '--silent', stage.script, '--', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'], detached: true, env: { ...process.env, ...env }
  })
  running = child
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
  running = undefined
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
async function tests (stage: Stage, directory: string): Promise<Counts & { note: string }> {
  const file = join(directory, `${stage.name}.json`)
  // The reporter of karma.conf.cjs knows no options.
  const args = stage.tests === 'mocha' ? ['--reporter', REPORTER, '--reporter-option', `counts=${file}`] : []
  const note = await exec(stage, [...stage.args ?? [], ...args], { BRAID_COUNTS: file })
  const { passes, failures, pending } = readCounts(file) ?? { passes: 0, failures: 0, pending: 0 }

  if (passes + failures === 0) return { passes, pending, failures: 1, note: note === '' ? 'no test ran' : note }
  return { passes, pending, failures: note === '' ? failures : Math.max(failures, 1), note }
}

async function run (stage: Stage, directory: string): Promise<Result> {
  console.log(`\n== ${stage.name}`)
  const started = performance.now()
  let counts: Counts & { note: string }
  if (stage.tests !== undefined) {
    counts = await tests(stage, directory)
  } else {
    const note = await exec(stage, stage.args ?? [])
    counts = { passes: 0, failures: note === '' ? 0 : 1, pending: 0, note }
  }
  return { ...counts, name: stage.name, seconds: (performance.now() - started) / 1000 }
}

function describe ({ name, seconds, passes, failures, pending, note }: Result): string {
  const tests = passes + failures > 1 || passes > 0 ? `${passes} passed, ${failures} failed` : failures > 0 ? 'failed' : 'ok'
  const skipped = pending > 0 ? `, ${pending} skipped` : ''
  return `${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s  ${tests}${skipped}${note === '' ? '' : ` (${note})`}`
}

async function main (): Promise<void> {
  if (Number.parseInt(process.versions.node) < MIN_NODE) {
    throw new Error(`this is Node ${process.versions.node}; the development dependency 'node' is not installed: npm rebuild node`)
  }
  const stages = selectStages(process.argv.slice(2))
  const directory = mkdtempSync(join(tmpdir(), 'braid-test-'))
  const results: Result[] = []
  try {
    for (const stage of stages) results.push(await run(stage, directory))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }

  const passed = results.reduce((sum, result) => sum + result.passes, 0)
  const failed = results.reduce((sum, result) => sum + result.failures, 0)
  console.log(`\n${results.map(describe).join('\n')}\n\n${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (running !== undefined) kill(running)
    process.exit(130)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
