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
const SERVERS = 20
/** With the one that votes. */
const NODES = SERVERS + 1
/** Servers that a read may have asked when it has heard enough. */
const FIRST = 10
/** Milliseconds between two puts of one liar, each to all servers. */
const REPLAY = 2_000

/** A node of a process with several. */
interface Seat { readonly node: NodeProcess, readonly index: number }

describe('processes: links in a DHT of twenty servers, of which five lie', function () {
  this.timeout(600_000)
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
    }, { timeout: 90_000, interval: 500, what: () => `${seats.map(({ node }) => node.label).join()} know ${SERVERS} servers: ${known.join()}` })
  }

  /**
   * Two tokens of which no more than three liars are among those that are asked first. With a server that has just come, and
   * has old records only, all five are more than a quarter, who may hide what is newest.
   */
  async function tokensFor (node: NodeProcess, author: string, liars: readonly string[], honest: readonly string[]): Promise<string[]> {
    const names = Array.from({ length: 200 }, (_, i) => `token-${i}`)
    const closest = await node.command<string[][]>('closest', [names, author, [...liars, ...honest], FIRST])
    const fit = names.filter((_, i) => liars.filter(id => closest[i]?.includes(id)).length <= 3).slice(0, 2)
    expect(fit).to.have.length(2)
    return fit
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
    }, { timeout: 90_000, interval: 200, what: () => `all of ${NODES} see all: ${seen.join()}` })

    await knowing([{ node: voter, index: 0 }])
    const [former, owner] = honest[0]?.ids as [string, string]
    const [author = ''] = authors
    const tokens = await tokensFor(voter, author, liars.map(({ id }) => id), honest.flatMap(({ ids }) => ids))
    const writer = honest[1]?.node as NodeProcess
    const held = async (token: string): Promise<number[]> => (await Promise.all(honest.map(async ({ node }) => node.command<number[]>('held', [token, author])))).flat()
    const linkAll = async (some: readonly string[], to: string): Promise<void> => {
      for (const token of some) expect(await writer.command('link', [0, token, to])).to.equal(to)
      await until(async () => await voter.command('waiting') === 0, { timeout: 90_000, interval: 50, what: 'they are in the DHT' })
    }
    const stale = async (): Promise<number> => (await Promise.all(honest.map(async ({ node }) => node.command<number>('stale')))).reduce((sum, count) => sum + count)
    const lies = async (): Promise<Array<Record<'keys' | 'withheld' | 'lied', number>>> => Promise.all(liars.map(async node => node.command('lies')))
    await linkAll(tokens, former)
    await until(async () => {
      if ((await lies()).every(({ keys }) => keys > 0)) return true
      for (const to of [owner, former]) await linkAll(tokens, to)
      return false
    }, { timeout: 90_000, what: 'each liar has an old record' })
    const newest = new Map<string, number>()
    await until(async () => {
      const lacking = tokens.filter(token => !newest.has(token))
      await linkAll(lacking, owner)
      // on a busy machine a server may take a put too late, or hear nothing of it
      for (const token of lacking) {
        await until(async () => {
          const [first = 0, ...others] = await held(token)
          return first > 0 && others.every(index => index === first) && newest.set(token, first)
        }, { timeout: 10_000, interval: 200 }).catch(() => {})
      }
      if (!(await lies()).every(({ withheld }) => withheld > 0)) newest.clear()
      await linkAll(tokens.filter(token => !newest.has(token)), former)
      return newest.size === tokens.length
    }, { timeout: 200_000, what: () => `all that are honest have the newest, and each liar held one back: ${newest.size}` })
    await Promise.all(liars.map(async node => node.command('replay', [REPLAY])))
    await until(async () => await stale() > 0, { timeout: 90_000, what: 'old records are put again' })

    // one that comes now knows of the old ones only what is put to it
    const { node: late } = await host('late', [plain], honest[0]?.node.addresses ?? [])
    await until(async () => Math.max(...(await Promise.all(tokens.map(async token => late.command<number[]>('held', [token, author])))).flat()) > 0, { timeout: 90_000, what: 'it has an old record' })
    const callers: Seat[] = [{ node: late, index: 0 }, ...honest.slice(1).map(({ node }) => ({ node, index: 2 }))]
    await knowing(callers)
    // the group itself says who votes; of these tokens they know nothing
    for (const { node, index } of callers) expect(await node.command('target', [index, 'unknown'])).to.equal(undefined)
    voter.kill('SIGKILL')
    await voter.exit
    await until(async () => !(await Promise.all(honest.map(async ({ node }) => node.command<boolean>('knows', ['cart', authors])))).includes(true), { timeout: 90_000, interval: 100, what: 'the voter is gone' })

    const before = await stale()
    const read = async ({ node, index }: Seat, token: string): Promise<number> => {
      const { rank, node: home } = await node.command<Stored>('stored', [index, token, authors, SERVERS - 1])
      expect([rank, home], `${node.label}: ${token}`).to.deep.equal([newest.get(token), owner])
      return rank
    }
    await Promise.all(callers.map(async caller => {
      const { node, index } = caller
      for (const token of tokens) {
        const first = await node.command<{ id: string, rank: string }>('home', [index, token])
        expect(first.id, `${node.label}: ${token}`).to.equal(owner)
        const rank = await read(caller, token)
        await knowing([caller])
        await node.command('doubt', [index])
        expect(await node.command('home', [index, token])).to.deep.equal(first)
        expect(await read(caller, token)).to.equal(rank)
      }
    }))
    await until(async () => await stale() > before, { timeout: 90_000, what: 'old records are put meanwhile' })
    await Promise.all(callers.flatMap(caller => tokens.map(async token => read(caller, token))))
    // each is asked: of these two, or of others of which there is none
    for (let n = 0; !(await lies()).every(({ lied }) => lied > 0); n++) {
      expect(n, 'reads that ask each liar').to.be.below(100)
      for (const { node, index } of callers) expect(await node.command('stored', [index, `other-${n}`, authors, SERVERS - 1])).to.equal(undefined)
    }
  })
})
