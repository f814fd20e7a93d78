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

/** A kind of peer to measure. */
export interface Contender {
  name: string
  /** Its program in bench/peers. */
  peer: string
  /** Not every one is measured with all payloads. @default all */
  only?: (payload: PayloadName, inflight: number) => boolean
}

interface Case {
  payload: PayloadName
  inflight: number
}

const CASES: Case[] = [
  { payload: '128 B', inflight: 1 }, { payload: '128 B', inflight: 64 },
  { payload: '4 KiB', inflight: 1 }, { payload: '4 KiB', inflight: 64 },
  { payload: 'object', inflight: 1 }, { payload: 'object', inflight: 64 },
  { payload: 'object 4 KiB', inflight: 64 }
]

const isBytes = (payload: PayloadName): boolean => !payload.startsWith('object')

const CONTENDERS: Contender[] = [
  { name: 'raw TCP', peer: 'tcp', only: isBytes },
  { name: 'raw libp2p', peer: 'libp2p', only: isBytes },
  { name: 'braid-mesh', peer: 'mesh' },
  { name: 'with all interceptors', peer: 'mesh-all', only: (payload, inflight) => payload === '128 B' && inflight === 64 }
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
export async function benchRpc ({ rounds = 3, ms = 1_500, contenders = CONTENDERS, cases = CASES } = {}): Promise<Row[]> {
  const pairs: Array<{ contender: Contender, pair: PeerPair }> = []
  const rows: Row[] = []
  try {
    for (const contender of contenders) pairs.push({ contender, pair: await PeerPair.start(contender.name, contender.peer) })
    for (const { payload, inflight } of cases) {
      const able = pairs.filter(({ contender }) => contender.only?.(payload, inflight) !== false).map(({ pair }) => pair)
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
    for (const { pair } of pairs) pair.end()
  }
  return rows
}

function find (rows: Row[], peer: string, payload: PayloadName, inflight: number): Row {
  const row = rows.find(each => each.peer === peer && each.payload === payload && each.inflight === inflight)
  if (row == null) throw new Error(`no row for ${peer} ${payload} ${inflight}`)
  return row
}

interface Bar {
  name: string
  value: number
  bar: number
  met: boolean
}

/** The figures that the project holds itself to. */
export function bars (rows: Row[]): Bar[] {
  const mesh = (payload: PayloadName, inflight: number): Row => find(rows, 'braid-mesh', payload, inflight)
  const raw = (payload: PayloadName, inflight: number): Row => find(rows, 'raw libp2p', payload, inflight)
  // seconds for 100 000 calls are tens of microseconds for one
  const cpu = (payload: PayloadName): number => (mesh(payload, 64).cpu - raw('128 B', 64).cpu) * 10
  return [
    atLeast('64 in flight, 128 B: share of raw coalesced libp2p', mesh('128 B', 64).rate / raw('128 B', 64).rate, 0.45),
    atMost('64 in flight, 128 B: us of CPU per call beyond raw libp2p', cpu('128 B'), 4),
    atMost('64 in flight, object of 6 fields: us of CPU per call beyond raw libp2p with 128 B', cpu('object'), 4),
    atLeast('64 in flight, 4 KiB: share of raw coalesced libp2p', mesh('4 KiB', 64).rate / raw('4 KiB', 64).rate, 0.8),
    atMost('1 in flight, 128 B: p50 against raw libp2p', mesh('128 B', 1).p50 / raw('128 B', 1).p50, 1.3),
    atLeast('64 in flight, 128 B: rate with all interceptors, of that with none', find(rows, 'with all interceptors', '128 B', 64).rate / mesh('128 B', 64).rate, 0.85)
  ]
}

function atLeast (name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value >= bar }
}

function atMost (name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value <= bar }
}

export function table (rows: Row[]): string {
  const head = '| peer | payload | in flight | calls/s | p50 us | p99 us | client CPU s/100k |\n|---|---|---:|---:|---:|---:|---:|'
  const lines = rows.map(({ peer, payload, inflight, rate, p50, p99, cpu }) =>
    `| ${peer} | ${payload} | ${inflight} | ${rate.toFixed(0)} | ${p50.toFixed(0)} | ${p99.toFixed(0)} | ${cpu.toFixed(2)} |`)
  return [head, ...lines].join('\n')
}
