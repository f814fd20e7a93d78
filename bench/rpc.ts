/**
 * RPC against raw libp2p and raw TCP, side by side: every round runs every peer once, so that what disturbs the machine
 * disturbs all. Prints medians and ratios.
 */
import { PeerPair } from './lib/peers.ts'
import type { Sample } from './lib/measure.ts'
import type { PayloadName } from './lib/peer-process.ts'

export interface Row extends Sample {
  peer: string
  payload: PayloadName
  inflight: number
}

const CASES: Array<{ payload: PayloadName, inflight: number }> = [
  { payload: '128 B', inflight: 1 }, { payload: '128 B', inflight: 64 },
  { payload: '4 KiB', inflight: 1 }, { payload: '4 KiB', inflight: 64 },
  { payload: 'object', inflight: 1 }, { payload: 'object', inflight: 64 },
  { payload: 'object 4 KiB', inflight: 64 }
]

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

function medianOf (samples: Sample[]): Sample {
  return {
    rate: median(samples.map(sample => sample.rate)),
    p50: median(samples.map(sample => sample.p50)),
    p99: median(samples.map(sample => sample.p99)),
    cpu: median(samples.map(sample => sample.cpu))
  }
}

/** Runs everything; `rounds` interleaved rounds of `ms` milliseconds each. */
export async function benchRpc ({ rounds = 3, ms = 1_500 } = {}): Promise<Row[]> {
  const pairs = [
    await PeerPair.start('raw TCP', 'tcp'),
    await PeerPair.start('raw libp2p', 'libp2p'),
    await PeerPair.start('braid-mesh', 'mesh')
  ]
  const rows: Row[] = []
  try {
    for (const { payload, inflight } of CASES) {
      const able = pairs.filter(pair => !payload.startsWith('object') || pair.name === 'braid-mesh')
      const samples = new Map<string, Sample[]>()
      for (const pair of able) await pair.warm(payload, inflight)
      for (let round = 0; round < rounds; round++) {
        for (const pair of able) {
          const sample = await pair.run(payload, inflight, ms)
          samples.set(pair.name, [...samples.get(pair.name) ?? [], sample])
        }
      }
      for (const [peer, list] of samples) rows.push({ peer, payload, inflight, ...medianOf(list) })
    }
  } finally {
    for (const pair of pairs) pair.end()
  }
  return rows
}

function find (rows: Row[], peer: string, payload: PayloadName, inflight: number): Row {
  const row = rows.find(each => each.peer === peer && each.payload === payload && each.inflight === inflight)
  if (row == null) throw new Error(`no row for ${peer} ${payload} ${inflight}`)
  return row
}

/** The two figures that the project holds itself to. */
export function bars (rows: Row[]): Array<{ name: string, value: number, bar: number, met: boolean }> {
  const share = find(rows, 'braid-mesh', '128 B', 64).rate / find(rows, 'raw libp2p', '128 B', 64).rate
  const latency = find(rows, 'braid-mesh', '128 B', 1).p50 / find(rows, 'raw libp2p', '128 B', 1).p50
  return [
    { name: '64 in flight, 128 B: share of raw coalesced libp2p', value: share, bar: 0.45, met: share >= 0.45 },
    { name: '1 in flight, 128 B: p50 against raw libp2p', value: latency, bar: 1.5, met: latency <= 1.5 }
  ]
}

export function table (rows: Row[]): string {
  const head = '| peer | payload | in flight | calls/s | p50 us | p99 us | client CPU s/100k |\n|---|---|---:|---:|---:|---:|---:|'
  const lines = rows.map(({ peer, payload, inflight, rate, p50, p99, cpu }) =>
    `| ${peer} | ${payload} | ${inflight} | ${rate.toFixed(0)} | ${p50.toFixed(0)} | ${p99.toFixed(0)} | ${cpu.toFixed(2)} |`)
  return [head, ...lines].join('\n')
}
