import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until } from '../harness/until.ts'
import { useProcesses } from '../harness/use-processes.ts'
import type { Stored } from './links-dht-child.ts'
import type { ChildMeshOptions } from '../harness/ipc.ts'
import type { Lie } from '../harness/lying-dht.ts'
import type { NodeProcess } from '../harness/processes.ts'

const COMMANDS = fileURLToPath(new URL('./links-dht-child.ts', import.meta.url))
/** A quarter of twenty servers. */
const LIES: readonly Lie[] = ['accept', 'accept', 'refuse', 'refuse', 'garbage']
const TOKENS = ['ada', 'bob']
const SERVERS = 20
/** With the one that votes. */
const NODES = SERVERS + 1
/** Milliseconds between two puts of one liar, each to all servers. */
const REPLAY = 2_000

/** A node of a process with several. */
interface Seat { readonly node: NodeProcess, readonly index: number }

describe('processes: links in a DHT of twenty servers, of which five lie', function () {
  this.timeout(300_000)
  const processes = useProcesses()
  const cart = (election: NonNullable<ChildMeshOptions['election']>): ChildMeshOptions => ({ mesh: 'shop', service: 'cart', election })

  /** A process with so many nodes of these options. */
  async function host (label: string, all: readonly ChildMeshOptions[], bootstrap: readonly string[]): Promise<{ node: NodeProcess, ids: string[] }> {
    const options = all.map(one => ({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [...bootstrap], ...one }))
    const node = await processes.spawn({ label, commands: COMMANDS, options: options[0] ?? {} })
    const more = options.slice(1).map(one => ({ ...one, bootstrap: [...bootstrap, ...node.addresses] }))
    return { node, ids: await node.command<string[]>('more', [more], 60_000) }
  }

  async function knowing (seats: readonly Seat[]): Promise<void> {
    let known: number[] = []
    await until(async () => {
      known = await Promise.all(seats.map(async ({ node, index }) => node.command<number>('servers', [index, SERVERS])))
      return known.every(count => count >= SERVERS)
    }, { timeout: 60_000, interval: 500, what: () => `${seats.map(({ node }) => node.label).join()} know ${SERVERS} servers: ${known.join()}` })
  }

  it('once nobody votes any more each caller finds the newest link, and none goes back to an older one', async () => {
    const { node: voter, ids: authors } = await host('voter', [cart({})], [])
    const plain = { mesh: 'shop' }
    const [liars, honest] = await Promise.all([
      Promise.all(LIES.map(async (lie, i) => {
        const { node } = await host(`liar-${i}`, [plain], voter.addresses)
        await node.command('lie', [lie])
        return node
      })),
      Promise.all([0, 1, 2].map(async i => {
        // of one of them, two nodes may have tokens and have no vote
        const targets = i === 0 ? [cart(false), cart(false)] : [plain, plain]
        return host(`honest-${i}`, [...targets, plain, plain, plain], voter.addresses)
      }))
    ])
    const all = [voter, ...liars, ...honest.map(({ node }) => node)]
    let seen: number[] = []
    await until(async () => {
      seen = (await Promise.all(all.map(async node => node.command<number[]>('seen')))).flat()
      return seen.every(count => count === NODES)
    }, { timeout: 60_000, interval: 200, what: () => `all of ${NODES} see all: ${seen.join()}` })

    await knowing([{ node: voter, index: 0 }])
    const [former, owner] = honest[0]?.ids as [string, string]
    const [author = ''] = authors
    const writer = honest[1]?.node as NodeProcess
    const held = async (token: string): Promise<number[]> => (await Promise.all(honest.map(async ({ node }) => node.command<number[]>('held', [token, author])))).flat()
    const linkAll = async (tokens: readonly string[], to: string): Promise<void> => {
      for (const token of tokens) expect(await writer.command('link', [0, token, to])).to.equal(to)
      await until(async () => await voter.command('waiting') === 0, { timeout: 60_000, interval: 50, what: 'they are in the DHT' })
    }
    const stale = async (): Promise<number> => (await Promise.all(honest.map(async ({ node }) => node.command<number>('stale')))).reduce((sum, count) => sum + count)
    const lies = async (): Promise<Array<Record<'keys' | 'withheld' | 'lied', number>>> => Promise.all(liars.map(async node => node.command('lies')))
    await linkAll(TOKENS, former)
    await until(async () => (await lies()).every(({ keys }) => keys > 0), { timeout: 30_000, what: 'each liar has an old record' })
    const newest = new Map<string, number>()
    await until(async () => {
      const lacking = TOKENS.filter(token => !newest.has(token))
      await linkAll(lacking, owner)
      for (const token of lacking) {
        const [first = 0, ...others] = await held(token)
        if (first > 0 && others.every(index => index === first)) newest.set(token, first)
      }
      // on a busy machine a server may answer a put too late
      await linkAll(TOKENS.filter(token => !newest.has(token)), former)
      return newest.size === TOKENS.length
    }, { timeout: 60_000, what: () => `all that are honest have the newest: ${newest.size}` })
    expect((await lies()).every(({ withheld }) => withheld > 0), 'each held back a newer one').to.equal(true)
    await Promise.all(liars.map(async node => node.command('replay', [REPLAY])))
    await until(async () => await stale() > 0, { timeout: 30_000, what: 'old records are put again' })

    // one that comes now knows of the old ones only what is put to it
    const { node: late } = await host('late', [plain], honest[0]?.node.addresses ?? [])
    await until(async () => Math.max(...(await Promise.all(TOKENS.map(async token => late.command<number[]>('held', [token, author])))).flat()) > 0, { timeout: 30_000, what: 'it has an old record' })
    const callers: Seat[] = [{ node: late, index: 0 }, ...honest.slice(1).map(({ node }) => ({ node, index: 2 }))]
    await knowing(callers)
    // the group itself says who votes; of these tokens they know nothing
    for (const { node, index } of callers) expect(await node.command('target', [index, 'unknown'])).to.equal(undefined)
    voter.kill('SIGKILL')
    await voter.exit
    await until(async () => !(await Promise.all(honest.map(async ({ node }) => node.command<boolean>('knows', ['cart', authors])))).includes(true), { timeout: 60_000, interval: 100, what: 'the voter is gone' })

    const before = await stale()
    const read = async ({ node, index }: Seat, token: string): Promise<number> => {
      const { rank, node: home } = await node.command<Stored>('stored', [index, token, authors])
      expect([rank, home], `${node.label}: ${token}`).to.deep.equal([newest.get(token), owner])
      return rank
    }
    await Promise.all(callers.map(async caller => {
      const { node, index } = caller
      for (const token of TOKENS) {
        const first = await node.command<{ id: string, rank: string }>('home', [index, token])
        expect(first.id, `${node.label}: ${token}`).to.equal(owner)
        const rank = await read(caller, token)
        await node.command('doubt', [index])
        expect(await node.command('home', [index, token])).to.deep.equal(first)
        expect(await read(caller, token)).to.equal(rank)
      }
    }))
    await until(async () => await stale() > before, { timeout: 30_000, what: 'old records are put meanwhile' })
    await Promise.all(callers.flatMap(caller => TOKENS.map(async token => read(caller, token))))
    expect((await lies()).every(({ lied }) => lied > 0), 'each liar was asked').to.equal(true)
  })
})
