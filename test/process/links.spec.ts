import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { freePort } from '../harness/ports.ts'
import { spawnNode } from '../harness/processes.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { ChildMeshOptions } from '../harness/ipc.ts'
import type { NodeProcess } from '../harness/processes.ts'

const COMMANDS = fileURLToPath(new URL('./links-child.ts', import.meta.url))
const TOKENS = Array.from({ length: 30 }, (_, i) => `secret-token-${i}`)

describe('processes: links', function () {
  this.timeout(300_000)
  let directory: string
  let ports: number[]
  let nodes: NodeProcess[]
  let extra: NodeProcess[]
  let killed: Set<NodeProcess>

  const address = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`

  /** A node of `cart` in this seat, at the same address and with the same identity each time. */
  async function startTarget (seat: number, options: ChildMeshOptions = {}): Promise<NodeProcess> {
    const node = await spawnNode({
      label: `cart-${seat}`,
      commands: COMMANDS,
      options: {
        mesh: 'shop', service: 'cart', name: `cart-${seat}`, listen: [address(ports[seat] as number)],
        bootstrap: ports.filter((_, other) => other !== seat).map(address), storage: join(directory, String(seat)), election: { expect: 3 }, ...options
      }
    })
    nodes[seat] = node
    return node
  }

  async function startClient (): Promise<NodeProcess> {
    const client = await spawnNode({ label: 'client', commands: COMMANDS, options: { mesh: 'shop', bootstrap: nodes.flatMap(node => node.addresses) } })
    extra.push(client)
    return client
  }

  async function homes (client: NodeProcess, tokens = TOKENS): Promise<Map<string, string>> {
    return new Map(await Promise.all(tokens.map(async token => [token, await client.command<string>('where', ['cart', token])] as const)))
  }

  async function leader (): Promise<NodeProcess> {
    return until(async () => {
      for (const node of nodes) if (node.alive && await node.command<boolean>('leads')) return node
      return undefined
    }, { what: 'somebody keeps the links' })
  }

  async function kill (node: NodeProcess): Promise<void> {
    killed.add(node)
    node.kill('SIGKILL')
    await node.exit
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'braid-links-'))
    ports = await Promise.all([0, 1, 2].map(freePort))
    nodes = []
    extra = []
    killed = new Set()
    await Promise.all([0, 1, 2].map(async seat => startTarget(seat)))
  })

  afterEach(async () => {
    const all = [...nodes, ...extra]
    try {
      for (const node of all) if (!killed.has(node)) node.expectClean()
      // tokens are secrets: whatever a process prints or reports must not hold one
      for (const node of all) {
        for (const token of TOKENS) expect(`${node.stdout}${node.stderr}${JSON.stringify(node.events)}`).to.not.include(token)
      }
    } finally {
      await Promise.all(all.map(async node => node[Symbol.asyncDispose]()))
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('the leader is killed while tokens are linked: each has one home, also for a caller that comes later', async () => {
    const client = await startClient()
    await client.command('where', ['cart', 'warm'])
    const leading = await leader()
    // a call that runs on the leader as it dies fails, rightly
    const linking = Promise.all(TOKENS.map(async token => client.command<string>('where', ['cart', token]).catch(({ code }: { code?: string }) => code)))
    await kill(leading)
    const first = new Map((await linking).map((home, i) => [TOKENS[i], home]))
    const again = await homes(client)
    const later = await startClient()
    const fresh = await homes(later)
    for (const token of TOKENS) {
      // what ran on the leader before it died, or as it did, is linked anew
      if (![leading.id, 'UNAVAILABLE'].includes(first.get(token) ?? '')) expect(again.get(token), token).to.equal(first.get(token))
      expect(again.get(token)).to.not.equal(leading.id)
      expect(fresh.get(token), token).to.equal(again.get(token))
    }
  })

  it('in memory the leader of two that is stopped amid writes hands over what it holds, also to one that has just come', async () => {
    await Promise.all(nodes.map(async node => kill(node)))
    for (const age of [0, 4_000]) {
      // who stops has 2 s to be let go by the other
      const { epoch, last, held, count, found } = await undisturbed(async () => handedOver(age), ({ epoch, last }) => last === epoch, ({ stood }) => stood)
      // who is left alone founds a group of another epoch
      expect(last).to.be.above(0).and.equal(epoch)
      expect(held.length).to.be.above(0)
      expect(count).to.be.at.least(held.length)
      expect(found).to.deep.equal(held)
    }
  })

  let groups = 0

  /** The group of two before and after its leader was stopped; the links to the other one, how many it knows, and where they lead. */
  async function handedOver (age: number): Promise<{ epoch: number, last: number, held: string[][], count: number, found: string[][], stood: number }> {
    const service = `basket-${++groups}`
    const port = await freePort()
    const start = async (label: string, listen: string[], bootstrap: string[]): Promise<NodeProcess> => {
      const node = await spawnNode({ label, commands: COMMANDS, options: { mesh: 'shop', service, name: label, listen, bootstrap, election: {} } })
      extra.push(node)
      return node
    }
    const first = await start('first', [address(port)], [])
    const client = await spawnNode({ label: 'client', commands: COMMANDS, options: { mesh: 'shop', bootstrap: [address(port)] } })
    extra.push(client)
    const where = async (token: string): Promise<string> => client.command('where', [service, token])
    await where('warm')
    const second = await start('second', ['/ip4/127.0.0.1/tcp/0'], [address(port)])
    await until(async () => (await client.nodes()).some(({ id }) => id === second.id))
    const steady = await Promise.all(TOKENS.map(async token => [token, await where(token)] as const))
    await new Promise(resolve => setTimeout(resolve, age))
    const enough = new AbortController()
    let written = 0
    const writes = Promise.all(Array.from({ length: 32 }, async () => {
      while (!enough.signal.aborted) await where(`late-${written++}`).catch(() => {})
    }))
    await until(() => written > 200)
    // the first one, unless the machine was so busy that the other was elected
    const [leading, heir] = await until(async () => await first.command('leads') ? [first, second] as const : await second.command('leads') ? [second, first] as const : undefined)
    const epoch = await leading.command<number>('epoch')
    const stopping = leading.stop()
    await until(async () => heir.command<boolean>('leads'))
    enough.abort()
    await Promise.all([stopping, writes])
    const last = await heir.command<number>('epoch')
    const held = steady.filter(([, id]) => id === heir.id).map(([token, id]) => [token, id])
    const count = await heir.command<number>('count', [service])
    const found: string[][] = []
    for (const [token = ''] of held) found.push([token, await where(token)])
    const stood = Math.max(...[first, second, client].map(node => node.stoodStill()))
    for (const node of [first, second, client]) node.expectClean()
    killed.add(leading)
    await Promise.all([heir.stop(), client.stop()])
    return { epoch, last, held, count, found, stood }
  }

  it('one of three is killed and only its third moves; it comes back with its identity and its old links are dead', async () => {
    const client = await startClient()
    const before = await homes(client)
    const leading = await leader()
    const victim = nodes.find(node => node !== leading && [...before.values()].includes(node.id)) as NodeProcess
    const seat = nodes.indexOf(victim)
    const life = await victim.command<number>('incarnation')
    await kill(victim)
    const after = await homes(client)
    for (const token of TOKENS) {
      if (before.get(token) === victim.id) expect(after.get(token)).to.not.equal(victim.id)
      else expect(after.get(token), token).to.equal(before.get(token))
    }
    const again = await startTarget(seat)
    expect(again.id).to.equal(victim.id)
    expect(await again.command<number>('incarnation')).to.be.greaterThan(life)
    const back = await homes(client)
    for (const token of TOKENS) expect(back.get(token), token).to.equal(after.get(token))
    expect(await client.command<number>('count', ['cart'])).to.equal(TOKENS.length)
  })

  it('a node that is restarted before anybody asks has none of its former tokens by right', async () => {
    const client = await startClient()
    const home = await client.command<string>('where', ['cart', TOKENS[0]])
    const victim = nodes.find(({ id }) => id === home) as NodeProcess
    const seat = nodes.indexOf(victim)
    await kill(victim)
    const again = await startTarget(seat)
    expect(again.id).to.equal(home)
    // its caller still knows the way to the former life
    const now = await client.command<string>('where', ['cart', TOKENS[0]])
    expect(await client.command<string>('target', [TOKENS[0], 'cart'])).to.equal(now)
    await leader()
    expect(await client.command<number>('count', ['cart'])).to.equal(1)
  })
})
