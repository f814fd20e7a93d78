#!/usr/bin/env node
import { VERSION } from '../util/version.ts'
import { INTERRUPTED } from './exit.ts'
import { run } from './run.ts'
import { openTerminal } from './terminal.ts'

const interrupted = new AbortController()
const TERMINATED = 143
/** Milliseconds after which a socket whose other side does not answer a goodbye keeps this process no longer. */
const LINGER = 1_000

for (const [name, code] of [['SIGINT', INTERRUPTED], ['SIGTERM', TERMINATED]] as const) {
  process.on(name, () => {
    // Whoever asks twice does not want to wait for a goodbye.
    if (interrupted.signal.aborted) process.exit(code)
    interrupted.abort(new DOMException(`told to end by ${name}`, 'AbortError'))
  })
}

process.exitCode = await run(process.argv.slice(2), openTerminal(process, interrupted.signal), VERSION)
setTimeout(() => process.exit(), LINGER).unref()
