/** `npm run bench`: everything the project promises in figures, in one run. `--only rpc|stream|mesh|election|links|pubsub|monitor|relay|browser|demo`, `--json FILE`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { run as benchBrowser } from './browser.ts'
import { run as benchDemo } from './demo.ts'
import { run as benchMesh } from './discovery.ts'
import { run as benchElection } from './election.ts'
import { run as benchLinks } from './links.ts'
import { run as benchMonitor } from './monitor.ts'
import { run as benchPubsub } from './pubsub.ts'
import { run as benchRelay } from './relay.ts'
import { bars, benchRpc, table } from './rpc.ts'
import { verdict } from './lib/figures.ts'
import { benchStream, streamBars, streamTable } from './stream.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string', default: 'bench/results/latest.json' },
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '10' },
    voters: { type: 'string', default: '5,3' },
    scenarios: { type: 'string' }
  }
})
const results: Record<string, unknown> = { node: process.version, date: new Date().toISOString() }

if (values.only == null || values.only === 'rpc') {
  const rows = await benchRpc({ rounds: Number(values.rounds) })
  const met = bars(rows)
  console.log(`\n${table(rows)}\n`)
  for (const { name, value, bar, met: ok } of met) console.log(`${verdict(ok, bar === 0)} ${name}: ${value.toFixed(2)} (bar ${bar})`)
  results['rpc'] = { rows, bars: met }
}
if (values.only == null || values.only === 'stream') {
  const result = await benchStream({ rounds: Number(values.rounds) })
  const met = streamBars(result)
  console.log(`\n${streamTable(result)}\n`)
  for (const { name, value, bar, met: ok } of met) console.log(`${verdict(ok, bar === 0)} ${name}: ${value.toFixed(2)} (bar ${bar})`)
  results['stream'] = { ...result, bars: met }
}
if (values.only == null || values.only === 'mesh') {
  results['mesh'] = await benchMesh()
}
if (values.only == null || values.only === 'election') {
  results['election'] = await benchElection({ kills: Number(values.kills), minutes: Number(values.minutes), voters: values.voters.split(',').map(Number), only: values.scenarios })
}
if (values.only == null || values.only === 'links') {
  results['links'] = await benchLinks({ rounds: Number(values.rounds) })
}
if (values.only == null || values.only === 'pubsub') {
  results['pubsub'] = await benchPubsub({ rounds: Number(values.rounds), kills: Math.ceil(Number(values.kills) / 5), only: values.scenarios })
}
if (values.only == null || values.only === 'relay') {
  results['relay'] = await benchRelay()
}
if (values.only == null || values.only === 'monitor') {
  results['monitor'] = await benchMonitor({ rounds: Number(values.rounds) })
}
if (values.only == null || values.only === 'browser') {
  results['browser'] = await benchBrowser()
}
if (values.only == null || values.only === 'demo') {
  results['demo'] = await benchDemo()
}
await mkdir(dirname(values.json), { recursive: true })
await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`)
console.log(`\nwrote ${values.json}`)
