#!/usr/bin/env node
import { whyTooOld } from '../util/node-version.ts'
import { VERSION } from '../util/version.ts'
import { FAILED, INTERRUPTED } from './exit.ts'
import { isUnderNohup } from './nohup.ts'
import { run } from './run.ts'
import { openTerminal } from './terminal.ts'

const tooOld = whyTooOld(process.versions.node)
if (tooOld != null) {
  process.stderr.write(`${tooOld}\n`)
  process.exit(FAILED)
}

const interrupted = new AbortController()
const TERMINATED = 143
const HUNG_UP = 129
const outlives = isUnderNohup()
/** Milliseconds after which a socket whose other side does not answer a goodbye keeps this process no longer. */
const LINGER = 1_000
let told: Signal | undefined

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/**
 * A thread that waits for a disk which does not answer lets no process exit, but one can die of a signal: its parent, too,
 * takes that for the end it asked for.
 */
function end (name: Signal, code?: number): void {
  if (!process.getActiveResourcesInfo().some(resource => resource.startsWith('FSReq'))) process.exit(code)
  process.emit('exit', code ?? 0)
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

for (const [name, code] of [['SIGINT', INTERRUPTED], ['SIGTERM', TERMINATED], ['SIGHUP', HUNG_UP]] as const) {
  process.on(name, () => {
    if (name === 'SIGHUP' && outlives) return
    // Whoever asks twice does not want to wait for a goodbye.
    if (interrupted.signal.aborted) end(name, code)
    told = name
    interrupted.abort(new DOMException(`told to end by ${name}`, 'AbortError'))
  })
}

process.exitCode = await run(process.argv.slice(2), openTerminal(process, interrupted.signal), VERSION)
setTimeout(() => told == null ? process.exit() : end(told), LINGER).unref()
