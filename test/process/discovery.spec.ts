import { expect } from 'chai'
import { wallClock } from '../harness/ipc.ts'
import { freePort } from '../harness/ports.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import { allSeeAll, useProcesses } from '../harness/use-processes.ts'
import type { NodeInfo } from '../../src/index.ts'
import type { NodeProcess } from '../harness/processes.ts'

/** Milliseconds. */
const BLOCKED = 2_000

/** Milliseconds in which a way that was looked for in vain is looked for again. */
const AGAIN = 120_000

/** Resolves, when each of `nodes` was told from now on that `gone` is gone, to how it went. A busy machine may have told it before, of one that started slowly. */
async function removedByAll (nodes: readonly NodeProcess[], gone: NodeProcess, act: () => unknown): Promise<Array<NodeInfo['state']>> {
  const seen = nodes.map(node => node.events.length)
  await act()
  return Promise.all(nodes.map(async (node, i) => until(() => {
    const removal = node.events.slice(seen[i]).find(({ event, detail }) => event === 'node:remove' && (detail as NodeInfo).id === gone.id)
    return removal === undefined ? undefined : (removal.detail as NodeInfo).state
  }, { what: `${node.label} is told that ${gone.label} is gone` })))
}

describe('processes: ten nodes find and lose each other', function () {
  this.timeout(300_000)
  const processes = useProcesses({ per: 'suite' })
  let nodes: NodeProcess[]

  before(async () => {
    nodes = await processes.mesh(10, index => ({
      label: `n${index}`,
      options: { mesh: 'ten', name: `n${index}`, ...index < 3 ? { service: 'login' } : index < 5 ? { service: 'mail' } : {} }
    }))
  })

  it('everyone sees everyone, with name and service, and hears of each once', async () => {
    for (const node of nodes) {
      const seen = await until(async () => {
        const seen = await node.nodes()
        return seen.length === nodes.length ? seen : undefined
      })
      expect(seen.map(({ name }) => name).sort()).to.deep.equal(nodes.map(({ label }) => label).sort())
      expect(seen.filter(({ service }) => service === 'login').map(({ name }) => name).sort()).to.deep.equal(['n0', 'n1', 'n2'])
      expect((await node.nodes('mail')).map(({ name }) => name).sort()).to.deep.equal(['n3', 'n4'])
      expect(await node.services()).to.deep.equal(['login', 'mail'])
      const here = new Set<string>()
      for (const { event, detail } of node.events) {
        const { id } = detail as NodeInfo
        if (event === 'node:add' && id !== node.id) {
          expect(here.has(id), `${node.label} hears twice of ${id}`).to.equal(false)
          here.add(id)
        }
        // by one that starts slowly on a busy machine
        if (event === 'node:remove') here.delete(id)
      }
      expect([...here].sort()).to.deep.equal(nodes.filter(other => other !== node).map(({ id }) => id).sort())
    }
  })

  it('a node whose event loop is blocked for 2 s is removed by nobody, and removes nobody', async () => {
    const [blocked, ...others] = nodes as [NodeProcess, ...NodeProcess[]]
    const { removed } = await undisturbed(async () => {
      const since = wallClock()
      const before = nodes.map(node => node.eventsOf('node:remove').length)
      await blocked.block(BLOCKED)
      await until(async () => {
        const views = await Promise.all(nodes.map(async node => node.nodes()))
        return views.every(view => view.length === nodes.length && view.every(({ state }) => state === 'up'))
      }, { what: 'nobody suspects anybody' })
      return { since, removed: nodes.flatMap((node, i) => node.eventsOf('node:remove').slice(before[i]).map(({ detail: { name } }) => `${name} by ${node.label}`)) }
    }, ({ removed }) => removed.length === 0, ({ since }) => Math.max(blocked.stoodStill(since) - BLOCKED, ...others.map(other => other.stoodStill(since))))
    expect(removed).to.deep.equal([])
  })

  it('a stopped process (SIGSTOP) is removed by all, and is back with all after SIGCONT', async () => {
    const stopped = nodes[1] as NodeProcess
    const others = nodes.filter(node => node !== stopped)
    await removedByAll(others, stopped, () => { stopped.kill('SIGSTOP') })
    for (const other of others) expect((await other.nodes()).map(({ id }) => id)).not.to.include(stopped.id)
    stopped.kill('SIGCONT')
    await allSeeAll(nodes)
    expect(await others[0]?.invoke('login', 'who', {}, { node: stopped.id })).to.include({ pid: stopped.pid })
  })

  it('a node that stops is removed by all, as one that left, and its process ends by itself', async () => {
    const leaving = nodes.pop() as NodeProcess
    const states = await removedByAll(nodes, leaving, async () => { expect(await leaving.stop()).to.deep.equal({ code: 0, signal: null }) })
    expect(states).to.deep.equal(nodes.map(() => 'left'))
    await allSeeAll(nodes)
  })

  it('a killed process (SIGKILL) is removed by all, and its service with its last node', async () => {
    for (const name of ['n3', 'n4']) {
      const killed = nodes.find(({ label }) => label === name) as NodeProcess
      nodes = nodes.filter(node => node !== killed)
      await removedByAll(nodes, killed, () => { killed.kill('SIGKILL') })
    }
    await allSeeAll(nodes)
    for (const node of nodes) {
      await node.waitEvent<string>('service:remove', ({ detail }) => detail === 'mail')
      expect(await node.services()).to.deep.equal(['login'])
    }
  })

  it('the first node, every other one\'s bootstrap, is not special: the others go on without it, and take in new ones', async () => {
    const first = nodes.shift() as NodeProcess
    await removedByAll(nodes, first, () => { first.kill('SIGKILL') })
    nodes.push(await processes.spawn({ label: 'late', options: { mesh: 'ten', name: 'late', bootstrap: nodes[0]?.addresses ?? [] } }))
    await allSeeAll(nodes)
    for (const node of nodes) expect(await node.status(), node.label).to.equal('joined')
  })
})

describe('processes: the way in', function () {
  this.timeout(300_000)
  const processes = useProcesses()

  it('an unreachable bootstrap: starts isolated, says why, and joins when the bootstrap comes', async () => {
    const port = await freePort()
    const early = await processes.spawn({ label: 'early', options: { bootstrap: [`/ip4/127.0.0.1/tcp/${port}`] } })
    expect(early.statusAtStart).to.equal('isolated')
    const { detail } = await early.waitEvent<Array<{ message: string }>>('isolated')
    expect(detail[0]?.message).to.include(`/tcp/${port}`)
    const bootstrap = await processes.spawn({ label: 'bootstrap', options: { listen: [`/ip4/127.0.0.1/tcp/${port}`] } })
    await early.waitEvent('resumed', () => true, { timeout: AGAIN })
    await allSeeAll([early, bootstrap])
    expect(await early.status()).to.equal('joined')
    expect(await bootstrap.status()).to.equal('joined')
  })

  it('a bootstrap that restarts under another identity at the same address is joined again', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const first = await processes.spawn({ label: 'first', options: { listen } })
    const node = await processes.spawn({ label: 'node', options: { bootstrap: listen } })
    await allSeeAll([first, node])
    first.kill('SIGKILL')
    await node.waitEvent('isolated')
    const second = await processes.spawn({ label: 'second', options: { listen } })
    await node.waitEvent('resumed', () => true, { timeout: AGAIN })
    await allSeeAll([second, node])
  })

  it('two nodes that never heard of each other meet through a third, and stay when it goes', async () => {
    const middle = await processes.spawn({ label: 'middle' })
    const bootstrap = middle.addresses
    const [left, right] = await Promise.all([
      processes.spawn({ label: 'left', options: { bootstrap } }),
      processes.spawn({ label: 'right', options: { bootstrap, service: 'login' } })
    ])
    await allSeeAll([left, middle, right])
    await middle.stop()
    await allSeeAll([left, right])
    expect(await left.invoke('login', 'who')).to.include({ id: right.id })
  })
})
