/** Node processes that publish and consume under load. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode } from '../../test/harness/processes.ts'
import { until } from '../../test/harness/until.ts'
import { allSeeAll } from '../../test/harness/use-processes.ts'
import type { ChildMeshOptions } from '../../test/harness/ipc.ts'
import type { NodeProcess } from '../../test/harness/processes.ts'
import type { Again, Load, LoadOptions, LoadSubscribeOptions, Seen } from './pubsub-load.ts'

const COMMANDS = fileURLToPath(new URL('./pubsub-load.ts', import.meta.url))
const GOSSIP = fileURLToPath(new URL('./gossip-process.ts', import.meta.url))
/** Milliseconds; a load runs as long as it takes. */
const LONG = 30 * 60_000
/** Of node, for a profile of each process when it ends: BENCH_PROFILE=<directory>. */
const profile = process.env['BENCH_PROFILE']
const PROFILING = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]

export class LoadNode {
  readonly process: NodeProcess

  constructor (process: NodeProcess) {
    this.process = process
  }

  async consume (topic: string, channel: string, options: LoadSubscribeOptions = {}): Promise<void> {
    await this.process.command('load:consume', [topic, channel, options], 30_000)
  }

  async publish (topic: string, options: LoadOptions): Promise<Load> {
    return this.process.command('load:publish', [topic, options], LONG)
  }

  async acked (topic: string): Promise<void> {
    await this.process.command('load:acked', [topic], LONG)
  }

  /** Messages that it holds as the publisher. */
  async length (topic: string): Promise<number> {
    return this.process.command('load:length', [topic])
  }

  /** Messages that its channels were told to have lost. */
  async lost (): Promise<number> {
    return this.process.command('load:lost')
  }

  async seen (channel: string): Promise<Seen> {
    return this.process.command('load:seen', [channel], 30_000)
  }

  async total (channel: string): Promise<number> {
    return this.process.command('load:total', [channel], 30_000)
  }

  /** How often it handled each message, by number. */
  async times (channel: string): Promise<Uint8Array> {
    return this.process.command('load:times', [channel], 30_000)
  }

  async again (channel: string): Promise<Again[]> {
    return this.process.command('load:again', [channel], 30_000)
  }

  async memory (): Promise<{ used: number, rss: number }> {
    return this.process.command('load:memory', [], 30_000)
  }

  /** Seconds of CPU so far. */
  async cpu (): Promise<number> {
    const { cpu } = await this.process.command<{ cpu: NodeJS.CpuUsage }>('usage')
    return (cpu.user + cpu.system) / 1e6
  }
}

export class LoadGroup implements AsyncDisposable {
  readonly nodes: LoadNode[] = []
  #directory = ''

  /** @param options - by index; `storage: 'yes'` becomes a directory of its own */
  static async start (count: number, options: (index: number) => ChildMeshOptions = () => ({})): Promise<LoadGroup> {
    const group = new LoadGroup()
    group.#directory = await mkdtemp(join(tmpdir(), 'braid-pubsub-'))
    await group.add(options(0))
    await Promise.all(Array.from({ length: count - 1 }, async (_, index) => group.add(options(index + 1), index + 1)))
    await allSeeAll(group.nodes.map(({ process }) => process))
    return group
  }

  get publisher (): LoadNode {
    return this.node(0)
  }

  node (index: number): LoadNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`no node ${index}`)
    return node
  }

  async add ({ storage, ...options }: ChildMeshOptions = {}, index: number = this.nodes.length): Promise<LoadNode> {
    const bootstrap = this.nodes[0]?.process.addresses ?? []
    const process = await spawnNode({
      label: `n${index}`,
      commands: COMMANDS,
      execArgv: ['--expose-gc', ...PROFILING],
      options: { mesh: 'bench', name: `n${index}`, bootstrap, ...options, ...storage === undefined ? {} : { storage: join(this.#directory, `n${index}`) } }
    })
    const node = new LoadNode(process)
    this.nodes[index] = node
    return node
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    for (const { process } of this.nodes) process.expectClean()
    if (profile !== undefined) await Promise.all(this.nodes.map(async ({ process }) => process.alive ? process.stop() : undefined))
    await Promise.all(this.nodes.map(async ({ process }) => process[Symbol.asyncDispose]()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Messages per second that raw gossipsub brings to all of its subscribers. */
export async function rawGossip (subscribers: number, ms: number): Promise<{ delivered: number, lost: number }> {
  const nodes: NodeProcess[] = []
  const spawn = async (label: string): Promise<void> => {
    nodes.push(await spawnNode({ label, script: GOSSIP, options: { bootstrap: nodes.flatMap(({ addresses }) => addresses) } }))
  }
  try {
    for (let i = 0; i <= subscribers; i++) await spawn(`gossip${i}`)
    const [publisher, ...others] = nodes as [NodeProcess, ...NodeProcess[]]
    await Promise.all(others.map(async node => node.command('subscribe')))
    await until(async () => await publisher.command<number>('subscribers') === subscribers)
    // meshes are grafted at a heartbeat
    await publisher.command('publish', [2_000], LONG)
    const counts = async (): Promise<number> => (await Promise.all(others.map(async node => node.command<number>('count')))).reduce((sum, n) => sum + n, 0)
    const settled = async (): Promise<number> => {
      let last = -1
      await until(async () => {
        const now = await counts()
        const same = now === last
        last = now
        return same
      }, { interval: 300, timeout: 60_000 })
      return last
    }
    const before = await settled()
    const begin = performance.now()
    const published = await publisher.command<number>('publish', [ms], LONG)
    let at = performance.now()
    let last = await counts()
    // to the last one that arrives
    for (let quiet = 0; quiet < 10;) {
      const now = await counts()
      quiet = now === last ? quiet + 1 : 0
      if (now !== last) at = performance.now()
      last = now
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
    return { delivered: (last - before) / (at - begin) * 1_000, lost: published * subscribers - (last - before) }
  } finally {
    await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]()))
  }
}
