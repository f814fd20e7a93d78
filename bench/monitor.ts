/**
 * What the monitor costs: calls with it, without it, and while it is asked every second. Each round runs all of them, the
 * first one another each time, and is compared with itself. The processes of one start keep their luck (what the engine
 * makes of the code, into how many writes the calls under way fall), and two of the same differ by more than a monitor
 * costs. So there are many starts, of each the median counts once, and there are two pairs without a monitor: their mean is
 * what the others are compared with, and how far they are from it tells what a ratio is worth.
 */
import { median, quantile } from './lib/figures.ts'
import { PeerPair } from './lib/peers.ts'
import type { Sample } from './lib/measure.ts'
import type { PayloadName } from './lib/peer-process.ts'

/** Milliseconds of one run: those of a round are close to each other, as machines change by the second. */
const RUN = 250
const ROUNDS = 4
const LEAST_STARTS = 7
/** Of the rate without the monitor. */
const BAR = 0.95

const WITHOUT = ['monitor off', 'off, a second pair'] as const
const WITH = ['monitor on', 'asked every second'] as const
const PEERS = [[WITHOUT[0], 'mesh-unwatched'], [WITHOUT[1], 'mesh-unwatched'], [WITH[0], 'mesh'], [WITH[1], 'mesh-scraped']] as const
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
  /** Of the starts: a quarter had a lower rate ratio than the first, a quarter a higher one than the second. */
  quartiles: [number, number]
}

/** Of each peer, one sample of each round. */
type Round = ReadonlyMap<string, Sample>

async function compare (pairs: readonly PeerPair[], payload: PayloadName, inflight: number): Promise<Round[]> {
  for (const pair of pairs) await pair.warm(payload, inflight)
  const samples: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const results = new Map<string, Sample>()
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[(round + i) % pairs.length]
      if (pair !== undefined) results.set(pair.name, await pair.run(payload, inflight, RUN))
    }
    samples.push(results)
  }
  return samples
}

/** @param starts - of each, its rounds */
function rowsOf (starts: ReadonlyArray<readonly Round[]>, payload: PayloadName, inflight: number): MonitorRow[] {
  const each = (peer: string, value: (sample: Sample, without: readonly Sample[]) => number): number[] =>
    starts.map(rounds => median(rounds.flatMap(results => {
      const sample = results.get(peer)
      return sample === undefined ? [] : [value(sample, WITHOUT.flatMap(peer => results.get(peer) ?? []))]
    })))
  return PEERS.map(([peer]) => {
    const ratios = each(peer, ({ rate }, without) => rate / mean(without.map(({ rate }) => rate)))
    return {
      peer, payload, inflight,
      rate: median(each(peer, ({ rate }) => rate)),
      rateRatio: median(ratios),
      cpuRatio: median(each(peer, ({ cpu }, without) => cpu / mean(without.map(({ cpu }) => cpu)))),
      quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)]
    }
  })
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Who is warmed up first, while the others are idle, is another one each time. */
async function startAll (start: number): Promise<PeerPair[]> {
  const started = await Promise.allSettled(PEERS.map(async (_, i) => {
    const [name, peer] = PEERS[(start + i) % PEERS.length] ?? PEERS[0]
    return PeerPair.start(name, peer)
  }))
  const pairs = started.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
  for (const result of started) {
    if (result.status === 'rejected') {
      for (const pair of pairs) pair.end()
      throw result.reason
    }
  }
  return pairs
}

/** `rounds`: starts, if they are more than the least. */
export async function run ({ rounds = LEAST_STARTS } = {}): Promise<MonitorRow[]> {
  const samples = CASES.map((): Round[][] => [])
  for (let start = 0; start < Math.max(rounds, LEAST_STARTS); start++) {
    const pairs = await startAll(start)
    try {
      for (const [i, { payload, inflight }] of CASES.entries()) samples[i]?.push(await compare(pairs, payload, inflight))
    } finally {
      for (const pair of pairs) pair.end()
    }
  }
  const rows = CASES.flatMap(({ payload, inflight }, i) => rowsOf(samples[i] ?? [], payload, inflight))
  console.log('\n| peer | payload | in flight | calls/s | rate, of that without | of half the starts | CPU per call, of that without |\n|---|---|---:|---:|---:|---:|---:|')
  for (const { peer, payload, inflight, rate, rateRatio, quartiles, cpuRatio } of rows) {
    console.log(`| ${peer} | ${payload} | ${inflight} | ${rate.toFixed(0)} | ${rateRatio.toFixed(3)} | ${quartiles.map(ratio => ratio.toFixed(2)).join(' to ')} | ${cpuRatio.toFixed(3)} |`)
  }
  for (const { peer, payload, inflight, rateRatio } of rows) {
    if (WITH.some(name => name === peer)) console.log(`${rateRatio >= BAR ? 'met   ' : 'MISSED'} ${peer}, ${payload}, ${inflight} in flight: rate of that without: ${rateRatio.toFixed(3)} (bar ${BAR})`)
  }
  return rows
}
