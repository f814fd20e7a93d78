/**
 * What the monitor costs: calls with it, without it, and while it is asked every second. Each round runs all of them, the
 * first one another each time, and is compared with itself; the median of those ratios counts. All processes are started
 * several times, as what the engine makes of the code differs from process to process by more than a monitor costs.
 */
import { median } from './lib/figures.ts'
import { PeerPair } from './lib/peers.ts'
import type { Sample } from './lib/measure.ts'
import type { PayloadName } from './lib/peer-process.ts'

/** Milliseconds of one run. */
const RUN = 1_000
const LEAST_ROUNDS = 5
const STARTS = 3
/** Of the rate without the monitor. */
const BAR = 0.95

const OFF = 'monitor off'
const PEERS = [[OFF, 'mesh-unwatched'], ['monitor on', 'mesh'], ['asked every second', 'mesh-scraped']] as const
const CASES: ReadonlyArray<{ payload: PayloadName, inflight: number }> = [{ payload: '128 B', inflight: 64 }, { payload: 'object', inflight: 64 }, { payload: '128 B', inflight: 1 }]

interface MonitorRow {
  peer: string
  payload: PayloadName
  inflight: number
  /** Calls per second. */
  rate: number
  /** Of the rate, and of the client's CPU per call, to those without a monitor. */
  rateRatio: number
  cpuRatio: number
}

/** Of each peer, one sample of each round. */
type Round = ReadonlyMap<string, Sample>

async function compare (pairs: readonly PeerPair[], payload: PayloadName, inflight: number, rounds: number): Promise<Round[]> {
  for (const pair of pairs) await pair.warm(payload, inflight)
  const samples: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const results = new Map<string, Sample>()
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[(round + i) % pairs.length]
      if (pair !== undefined) results.set(pair.name, await pair.run(payload, inflight, RUN))
    }
    samples.push(results)
  }
  return samples
}

function rowsOf (samples: readonly Round[], payload: PayloadName, inflight: number): MonitorRow[] {
  const each = (peer: string, value: (sample: Sample, off: Sample) => number): number =>
    median(samples.flatMap(results => {
      const [sample, off] = [results.get(peer), results.get(OFF)]
      return sample === undefined || off === undefined ? [] : [value(sample, off)]
    }))
  return PEERS.map(([peer]) => ({
    peer, payload, inflight,
    rate: each(peer, ({ rate }) => rate),
    rateRatio: each(peer, ({ rate }, off) => rate / off.rate),
    cpuRatio: each(peer, ({ cpu }, off) => cpu / off.cpu)
  }))
}

export async function run ({ rounds = LEAST_ROUNDS } = {}): Promise<MonitorRow[]> {
  const samples = CASES.map((): Round[] => [])
  for (let start = 0; start < STARTS; start++) {
    const pairs: PeerPair[] = []
    try {
      for (const [name, peer] of PEERS) pairs.push(await PeerPair.start(name, peer))
      for (const [i, { payload, inflight }] of CASES.entries()) samples[i]?.push(...await compare(pairs, payload, inflight, Math.max(rounds, LEAST_ROUNDS)))
    } finally {
      for (const pair of pairs) pair.end()
    }
  }
  const rows = CASES.flatMap(({ payload, inflight }, i) => rowsOf(samples[i] ?? [], payload, inflight))
  console.log('\n| peer | payload | in flight | calls/s | rate, of that without | CPU per call, of that without |\n|---|---|---:|---:|---:|---:|')
  for (const { peer, payload, inflight, rate, rateRatio, cpuRatio } of rows) {
    console.log(`| ${peer} | ${payload} | ${inflight} | ${rate.toFixed(0)} | ${rateRatio.toFixed(3)} | ${cpuRatio.toFixed(3)} |`)
  }
  for (const { peer, payload, inflight, rateRatio } of rows) {
    if (peer !== OFF) console.log(`${rateRatio >= BAR ? 'met   ' : 'MISSED'} ${peer}, ${payload}, ${inflight} in flight: rate of that without: ${rateRatio.toFixed(3)} (bar ${BAR})`)
  }
  return rows
}
