import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { ElectionGroup } from '../harness/election-group.ts'
import { faultProxy } from '../harness/fault-proxy.ts'
import { freePort } from '../harness/ports.ts'
import { spawnNode } from '../harness/processes.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { FaultProxy } from '../harness/fault-proxy.ts'
import type { ElectionGroupInit } from '../harness/election-group.ts'
import type { ChildMeshOptions } from '../harness/ipc.ts'
import type { NodeProcess } from '../harness/processes.ts'
import type { ElectionState, Leader } from '../../src/index.ts'

const COMMANDS = fileURLToPath(new URL('./election-links-child.ts', import.meta.url))
/** Milliseconds from one restart to the next, whatever has become of the last one. */
const APART = 10_000
/** An address that nobody can be reached at. */
const NOWHERE = '/ip4/127.0.0.1/tcp/1'

interface Status { state: ElectionState, voters: Array<{ id: string }>, fault: string | undefined, epoch: number }

const status = async (node: NodeProcess): Promise<Status> => node.command<Status>('election')
const voters = async (node: NodeProcess): Promise<string> => (await status(node)).voters.map(({ id }) => id).sort().join()
const idsOf = (nodes: readonly NodeProcess[]): string => nodes.map(({ id }) => id).sort().join()
const address = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`

describe('processes: a group that loses a part of itself', function () {
  this.timeout(300_000)
  const groups: ElectionGroup[] = []
  const proxies: FaultProxy[] = []
  const clients: NodeProcess[] = []

  async function start (init: ElectionGroupInit): Promise<ElectionGroup> {
    const group = new ElectionGroup(init)
    groups.push(group)
    await group.start()
    return group
  }

  afterEach(async () => {
    await Promise.all(groups.splice(0).map(async group => group[Symbol.asyncDispose]()))
    await Promise.all(clients.splice(0).map(async node => node[Symbol.asyncDispose]()))
    await Promise.all(proxies.splice(0).map(async proxy => proxy.close()))
  })

  it('two of five behind lines that carry nothing, or one way only: the three elect, the two never do, and no lease overlaps', async () => {
    const ports = await Promise.all(Array.from({ length: 5 }, freePort))
    const far = ports.slice(2)
    // the two know the three by lines of their own, and cannot be dialled by them
    const lines = await Promise.all(far.map(async port => faultProxy({ port })))
    proxies.push(...lines)
    const optionsOf = (index: number): ChildMeshOptions => index < 2
      ? { listen: [address(ports[index] as number)], announce: [NOWHERE], bootstrap: [address(ports[1 - index] as number), ...lines.map(({ port }) => address(port))] }
      : { listen: [address(ports[index] as number)], bootstrap: far.filter(port => port !== ports[index]).map(address) }
    const group = await start({ voters: 5, election: { targetVoters: 5 }, options: optionsOf })
    const [node, beside, ...others] = group.nodes as [NodeProcess, NodeProcess, ...NodeProcess[]]
    await until(() => lines.every(({ connections }) => connections.length >= 2), { what: 'the two are connected by their lines' })
    for (const way of [undefined, 'down', 'up'] as const) {
      const leader = await group.handOver(node)
      const told = node.eventsOf('lead:end').length
      await until(() => node.eventsOf('lead:start').length > told, { what: 'it runs its task' })
      for (const line of lines) line.set({ blackhole: true }, way)
      await until(() => node.eventsOf('lead:end').length > told, { what: `its lease ends, ${way ?? 'both ways'}` })
      const next = await group.agreed(leader, others)
      expect(others.map(({ id }) => id)).to.include(next.id)
      // whom they hear they may follow; nobody of the two leads, and none of their terms overlaps
      for (const cut of [node, beside]) await until(async () => (await status(cut)).state !== 'leader', { what: `${cut.label} does not lead` })
      await Promise.all(lines.map(async line => line.heal()))
      await group.agreed(leader)
    }
    await group.expectSafe()
  })

  it('three nodes in memory are restarted 10 s apart, however far they are, while links are made: what is linked stays, and the group', async function () {
    this.timeout(600_000)
    // who leaves has 2 s to be let go by the others
    const { epoch, last, kept, found } = await undisturbed(restarts, ({ epoch, last, kept, found }) => last === epoch && isDeepStrictEqual(found, kept), ({ group }) => group.stoodStill())
    expect(last, 'it is the group of the beginning').to.equal(epoch)
    expect(kept.length, 'links to those that are there still').to.be.above(20)
    expect(found).to.deep.equal(kept)
  })

  /** The group before and after its nodes were restarted; the links to those that are there still, and where they lead. */
  async function restarts (): Promise<{ group: ElectionGroup, epoch: number, last: unknown, kept: string[][], found: string[][] }> {
    const group = await start({ voters: 3, storage: false, election: {}, commands: COMMANDS })
    const { epoch } = (await group.agreed()).token
    const client = await spawnNode({ label: 'client', commands: COMMANDS, options: { mesh: 'bench', name: 'client', service: 'shop', bootstrap: group.nodes.flatMap(({ addresses }) => addresses) } })
    clients.push(client)
    const linked = new Map<string, string>()
    const ended = new AbortController()
    const writing = (async () => {
      for (let n = 0; !ended.signal.aborted; n++) {
        const node = group.alive[n % group.alive.length]?.id ?? ''
        const at = performance.now()
        // who just leaves is no place for a link, and who leads may do so
        const id = await client.command<string>('link', [`token-${n}`, node]).catch(() => undefined)
        if (id !== undefined) linked.set(`token-${n}`, id)
        await until(() => performance.now() - at >= 50)
      }
    })()
    for (let index = 0, next = performance.now() + APART; index < 3; index++, next += APART) {
      await until(() => performance.now() >= next, { timeout: 2 * APART, interval: 50 })
      await group.nodes[index]?.stop()
      await group.startNode(index)
    }
    ended.abort()
    await writing
    const last = await group.agreed().then(({ token }) => token.epoch, (error: Error) => error.message)
    const there = new Set(group.alive.map(({ id }) => id))
    const kept = [...linked].filter(([, id]) => there.has(id))
    const found: string[][] = []
    for (const [token] of kept) found.push([token, await client.command<string>('target', [token, 'login'], 30_000).catch((error: Error) => error.message)])
    await group.expectSafe()
    client.expectClean()
    return { group, epoch, last, kept, found }
  }

  it('a leader with storage that is drained gives its office and its seat away, and a standby takes the seat', async () => {
    const { next, last } = await undisturbed(drainedLeader, ({ next, last }) => isDeepStrictEqual(last.token, next.token), ({ group }) => group.stoodStill())
    expect(last.token).to.deep.equal(next.token)
  })

  /** Who leads after it was drained, and who does when it has stopped. */
  async function drainedLeader (): Promise<{ group: ElectionGroup, next: Leader, last: Leader }> {
    const group = await start({ voters: 4, election: { expect: 3 } })
    const leader = await group.agreed()
    const drained = group.node(leader.id)
    expect(await voters(drained)).to.include(drained.id)
    await drained.command('drain', [5_000])
    const others = group.alive.filter(node => node !== drained)
    const next = await group.agreed(leader, others)
    expect(next.id).not.to.equal(drained.id)
    // it is told to stop long before anybody would give it up
    await until(async () => (await voters(group.node(next.id))) === idsOf(others), { timeout: 30_000, what: 'the three others vote' })
    expect((await status(drained)).state).not.to.equal('leader')
    await drained.stop()
    const last = await group.agreed()
    await group.expectSafe()
    return { group, next, last }
  }

  it('two sets of voters that contradict each other: none is founded, the right one is once both agree, and a later wrong one changes nothing', async () => {
    const sets: string[][] = []
    const group = await start({ voters: 3, idle: true, options: index => ({ election: sets[index] === undefined ? false : { voters: sets[index] } }) })
    const ids = group.nodes.map(({ id }) => id)
    const stranger = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    const again = async (index: number, set: string[]): Promise<NodeProcess> => {
      if (group.nodes[index]?.alive === true) await group.nodes[index].stop()
      sets[index] = set
      const node = await group.startNode(index)
      await node.command('lead')
      return node
    }
    await Promise.all(ids.map(async (_, index) => again(index, index === 2 ? [ids[2] as string, stranger] : ids)))
    await until(async () => (await Promise.all(group.nodes.map(status))).some(({ fault }) => fault === 'VotersError'), { what: 'they are told' })
    for (const node of group.nodes) expect(node.eventsOf('lead:start')).to.deep.equal([])
    await again(2, ids)
    const leader = await group.agreed()
    // one that follows comes back with the wrong set
    const index = group.nodes.findIndex(({ id }) => id !== leader.id)
    const odd = await again(index, ids.filter(id => id !== leader.id))
    expect((await group.agreed()).token.epoch).to.equal(leader.token.epoch)
    await group.kill(group.node((await group.agreed()).id))
    const next = await group.agreed(leader)
    expect(next.token.epoch).to.equal(leader.token.epoch)
    expect((await status(odd)).voters.map(({ id }) => id).sort()).to.deep.equal([...ids].sort())
    await group.expectSafe()
  })
})
