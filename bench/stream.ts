/**
 * Streaming calls against a raw libp2p stream (same encryption and window, two processes each, rounds interleaved), many
 * calls at once, and a reader that is slower than its sender: over TCP, WebSockets and a relay of ours.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from './lib/peers.ts'
import type { Burst, FlowOrder, FlowPath, Weight } from './lib/flow-process.ts'

const SCRIPT = fileURLToPath(new URL('./lib/flow-process.ts', import.meta.url))
const MiB = 1024 * 1024
/** Bytes. */
const MAX_SKEW = 128 * 1024

const PATHS: Array<{ path: FlowPath, chunks: number[] }> = [
  { path: 'TCP', chunks: [4 * 1024, 64 * 1024, 256 * 1024] },
  { path: 'WebSockets', chunks: [64 * 1024] },
  { path: 'relay', chunks: [64 * 1024] }
]

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export interface PathResult {
  path: FlowPath
  /** MiB per second by the size of the items. */
  throughput: Array<{ chunk: number, raw: number, mesh: number, share: number }>
  /** Of a reader of 64 MiB/s; `waiting`: bytes between the handler and the reader, both ends and the way between them, at most. */
  slow: { reader: Weight, sender: Weight, waiting: number }
}

export interface StreamResult {
  paths: PathResult[]
  burst: Burst
}

class Pair {
  readonly #server = new Worker<FlowOrder>({}, SCRIPT)
  readonly #client = new Worker<FlowOrder>({}, SCRIPT)

  async start (peer: 'libp2p' | 'mesh', path: FlowPath, relay: string | undefined): Promise<this> {
    const address = await this.#server.order<string>({ do: 'serve', peer, path, ...(relay !== undefined && { relay }) })
    await this.#client.order({ do: 'connect', peer, address })
    return this
  }

  async order<T> (order: FlowOrder): Promise<T> {
    return this.#client.order<T>(order)
  }

  async ask<T> (order: FlowOrder): Promise<T> {
    return this.#server.order<T>(order)
  }

  end (): void {
    this.#server.end()
    this.#client.end()
  }
}

async function slowReader (mesh: Pair, bytes: number): Promise<PathResult['slow']> {
  const reading = mesh.order<Weight>({ do: 'slow', chunk: 64 * 1024, bytes, rate: 64 * MiB })
  const taken = async (): Promise<number> => mesh.order<number>({ do: 'count' })
  let waiting = 0
  for (;;) {
    const reader = await Promise.race([reading, new Promise<undefined>(resolve => { setTimeout(resolve, 20) })])
    if (reader !== undefined) return { reader, sender: await mesh.ask<Weight>({ do: 'weight' }), waiting }
    const before = await taken()
    const made = await mesh.ask<number>({ do: 'count' })
    // two processes are not asked in one moment: what changed meanwhile tells how wrong it may be
    if (before > 0 && await taken() - before <= MAX_SKEW) waiting = Math.max(waiting, made - before)
  }
}

async function throughputOf (raw: Pair, mesh: Pair, chunk: number, rounds: number, ms: number): Promise<PathResult['throughput'][number]> {
  const rates = { raw: [] as number[], mesh: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    const one = await raw.order<number>({ do: 'pull', chunk, ms }) / MiB
    const two = await mesh.order<number>({ do: 'pull', chunk, ms }) / MiB
    // the first warms up
    if (round > 0) {
      rates.raw.push(one)
      rates.mesh.push(two)
    }
  }
  const [one, two] = [median(rates.raw), median(rates.mesh)]
  return { chunk, raw: one, mesh: two, share: two / one }
}

/** `slowBytes` are taken at 64 MiB/s; the whole bar is 1 GiB. */
export async function benchStream ({ rounds = 3, ms = 1_500, slowBytes = 1_024 * MiB, paths = PATHS } = {}): Promise<StreamResult> {
  const results: PathResult[] = []
  let burst: Burst = { lost: Number.NaN, p50: Number.NaN, p99: Number.NaN, grown: Number.NaN }
  for (const { path, chunks } of paths) {
    const between = path === 'relay' ? new Worker<FlowOrder>({}, SCRIPT) : undefined
    const relay = await between?.order<string>({ do: 'relay' })
    const raw = await new Pair().start('libp2p', path, relay)
    const mesh = await new Pair().start('mesh', path, relay)
    try {
      const throughput = []
      for (const chunk of chunks) throughput.push(await throughputOf(raw, mesh, chunk, rounds, ms))
      if (path === 'TCP') {
        await mesh.order({ do: 'burst', calls: 2_000 })
        burst = await mesh.order<Burst>({ do: 'burst', calls: 10_000 })
      }
      results.push({ path, throughput, slow: await slowReader(mesh, slowBytes) })
    } finally {
      raw.end()
      mesh.end()
      between?.end()
    }
  }
  return { paths: results, burst }
}

export function streamTable ({ paths, burst }: StreamResult): string {
  const mib = (bytes: number): string => `${(bytes / MiB).toFixed(2)} MiB`
  return [
    '| path | item | raw libp2p MiB/s | braid-mesh MiB/s | share |\n|---|---:|---:|---:|---:|',
    ...paths.flatMap(({ path, throughput }) => throughput.map(({ chunk, raw, mesh, share }) => `| ${path} | ${chunk / 1024} KiB | ${raw.toFixed(0)} | ${mesh.toFixed(0)} | ${share.toFixed(2)} |`)),
    '',
    `10 000 calls at once: ${burst.lost} lost, p50 ${burst.p50.toFixed(0)} ms, p99 ${burst.p99.toFixed(0)} ms, memory after ${mib(burst.grown)} more`,
    ...paths.map(({ path, slow }) => `${path}, a reader of 64 MiB/s, ${slow.reader.seconds.toFixed(1)} s: at most ${mib(slow.waiting)} between handler and reader; memory ${mib(slow.reader.grown)} and ${mib(slow.sender.grown)} more at most`)
  ].join('\n')
}

/** What the project holds itself to. */
export function streamBars ({ paths, burst }: StreamResult): Array<{ name: string, value: number, bar: number, met: boolean }> {
  return [
    { name: '10 000 calls at once: lost', value: burst.lost, bar: 0, met: burst.lost === 0 },
    ...paths.flatMap(({ path, throughput, slow }) => {
      const share = Math.max(...throughput.filter(({ chunk }) => chunk === 64 * 1024).map(row => row.share))
      const grown = Math.max(slow.reader.grown, slow.sender.grown) / MiB
      return [
        { name: `${path}, items of 64 KiB: share of a raw libp2p stream`, value: share, bar: 0.7, met: share >= 0.7 },
        { name: `${path}, slow reader: MiB between handler and reader`, value: slow.waiting / MiB, bar: 2, met: slow.waiting <= 2 * MiB },
        { name: `${path}, slow reader: MiB that the memory of one end grows`, value: grown, bar: 16, met: grown <= 16 }
      ]
    })
  ]
}
