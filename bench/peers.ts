/**
 * `npm run bench:peers`: braid-mesh beside Moleculer, NATS and gRPC, each with two processes, in interleaved rounds of one
 * run. The others are installed below bench/peers when they are not there yet (or into BENCH_PEERS_DIR), and NATS is
 * left out where there is no nats-server. `--rounds N --ms N --json FILE`
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { installPeers } from './lib/other-peers.ts'
import { natsServer } from './peers/nats.ts'
import { benchRpc, table } from './rpc.ts'
import type { Contender, Row } from './rpc.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'string', default: 'bench/results/peers.json' },
    rounds: { type: 'string', default: '3' },
    ms: { type: 'string', default: '1500' }
  }
})

/** Share of the other's rate that ours must reach. */
const BARS: Readonly<Record<string, number>> = { Moleculer: 1.3, NATS: 1, gRPC: 1 }

function bars (rows: Row[]): string[] {
  const rate = (peer: string): number => rows.find(row => row.peer === peer && row.payload === '128 B' && row.inflight === 64)?.rate ?? Number.NaN
  return Object.entries(BARS).filter(([peer]) => rate(peer) > 0).map(([peer, bar]) => {
    const share = rate('braid-mesh') / rate(peer)
    return `${share >= bar ? 'met   ' : 'MISSED'} 64 in flight, 128 B: ${share.toFixed(2)} times ${peer} (bar ${bar})`
  })
}

installPeers()
const contenders: Contender[] = [
  { name: 'braid-mesh', peer: 'mesh' },
  { name: 'Moleculer', peer: 'moleculer' },
  { name: 'gRPC', peer: 'grpc' }
]
if (natsServer() === undefined) console.log('NATS is left out: there is no nats-server (apt-get install nats-server)')
else contenders.push({ name: 'NATS', peer: 'nats' })

const rows = await benchRpc({
  rounds: Number(values.rounds),
  ms: Number(values.ms),
  contenders,
  cases: [{ payload: '128 B', inflight: 1 }, { payload: '128 B', inflight: 64 }, { payload: '4 KiB', inflight: 64 }, { payload: 'object', inflight: 64 }]
})
console.log(`\n${table(rows)}\n`)
for (const line of bars(rows)) console.log(line)
await mkdir(dirname(values.json), { recursive: true })
await writeFile(values.json, `${JSON.stringify({ node: process.version, date: new Date().toISOString(), rows, bars: bars(rows) }, undefined, 2)}\n`)
console.log(`\nwrote ${values.json}`)
