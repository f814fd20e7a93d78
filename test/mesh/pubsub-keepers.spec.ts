import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openStorage } from '../../src/storage/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh, Receipt } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

const WAIT = { timeout: 40_000 }
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)
const sorted = (values: unknown[]): number[] => (values as number[]).toSorted((a, b) => a - b)

describe('mesh: pub/sub keepers', function () {
  this.timeout(120_000)
  const running: TestMesh[] = []
  const directories: string[] = []

  function directory (): string {
    const made = mkdtempSync(join(tmpdir(), 'braid-keeper-'))
    directories.push(made)
    return made
  }

  async function meshOf (nodes: TestNodeOptions[]): Promise<TestMesh> {
    const mesh = await createTestMesh(nodes)
    running.push(mesh)
    await mesh.ready()
    await until(() => mesh.nodes.every(node => node.discovery.nodes().filter(({ roles }) => roles.includes('keeper')).length === nodes.filter(({ pubsub }) => pubsub?.keeper !== false).length), WAIT)
    return mesh
  }

  afterEach(async () => {
    // nobody did what it may not
    for (const node of running.flatMap(mesh => mesh.alive)) {
      expect(node.pubsub.info().counters).not.to.have.any.keys('refused', 'peers_cut', 'gossip_malformed')
    }
    await Promise.all(running.splice(0).map(async mesh => mesh.stop()))
    for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true })
  })

  it('stored means that two keepers have it', async () => {
    const mesh = await meshOf([{ pubsub: { keeper: false } }, {}, {}, {}])
    const [publisher, ...keepers] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh]
    const receipt = await publisher.pubsub.topic('orders').publish('x', { confirm: 'stored' })
    expect(receipt.reached).to.equal('stored')
    expect(receipt.storedBy.length).to.be.greaterThanOrEqual(2)
    expect(keepers.map(({ id }) => id)).to.include.members([...receipt.storedBy])
  })

  it('without keepers it is told what was reached instead', async () => {
    const mesh = await meshOf([{ pubsub: { keeper: false } }, { pubsub: { keeper: false } }])
    expect(await mesh.nodes[0]?.pubsub.topic('orders').publish('x', { confirm: 'stored' })).to.deep.include({ reached: 'sent', storedBy: [] })
  })

  it('a publisher is none of the two that have it, though it keeps for others', async () => {
    const mesh = await meshOf([{}, {}])
    const publish = async (): Promise<Receipt | undefined> => mesh.nodes[0]?.pubsub.topic('orders').publish('x', { confirm: 'stored', signal: AbortSignal.timeout(40_000) })
    expect(await publish()).to.deep.include({ reached: 'sent', storedBy: [] })
    const third = await mesh.add()
    await until(() => mesh.nodes[0]?.discovery.node(third.id), WAIT)
    const receipt = await publish()
    expect(receipt?.reached).to.equal('stored')
    expect(receipt?.storedBy).to.have.members([mesh.nodes[1]?.id, third.id])
  })

  it('who waits for two keepers waits no longer than there are two', async () => {
    const mesh = await meshOf([{}, {}, {}])
    const [publisher, , third] = mesh.nodes as [Mesh, Mesh, Mesh]
    mesh.kill(third)
    const receipt = await publisher.pubsub.topic('orders').publish('x', { confirm: 'stored', signal: AbortSignal.timeout(60_000) })
    expect(receipt).to.deep.include({ reached: 'sent', storedBy: [] })
  })

  it('what was published and not handled is handled when the publisher is gone for good', async () => {
    const mesh = await meshOf([{ pubsub: { keeper: false } }, {}, {}, {}])
    const [publisher, first, second] = mesh.nodes as [Mesh, Mesh, Mesh]
    const held: unknown[] = []
    const handled: unknown[] = []
    const slow = await first.pubsub.topic('orders').subscribe('billing')
    slow.onMessage(async ({ body }) => {
      held.push(body)
      await new Promise(() => {})
    })
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(50).map(async n => topic.publish(n, { confirm: 'stored' })))
    await until(() => held.length > 0, WAIT)
    mesh.kill(publisher)
    mesh.kill(first)
    const end = await second.pubsub.topic('orders').subscribe('billing')
    end.onMessage(({ body }) => { handled.push(body) })
    await until(() => new Set(handled).size >= 50, WAIT)
    expect(sorted([...new Set(handled)])).to.deep.equal(numbers(50))
  })

  it('a new channel gets what a publisher that is gone has published', async () => {
    const mesh = await meshOf([{ pubsub: { keeper: false } }, {}, {}, {}])
    const [publisher, , , late] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh]
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(50).map(async n => topic.publish(n, { confirm: 'stored' })))
    mesh.kill(publisher)
    await mesh.ready()
    const got: unknown[] = []
    const end = await late.pubsub.topic('orders').subscribe('billing', { from: 'beginning' })
    end.onMessage(({ body }) => { got.push(body) })
    await until(() => new Set(got).size >= 50, WAIT)
    expect(sorted(got)).to.deep.equal(numbers(50))
  })

  it('a node starts, says so and goes on when what it had stored cannot be read', async () => {
    const storage = directory()
    const before = await meshOf([{ storage }])
    const [id] = before.nodes.map(node => node.id) as [string]
    await before.nodes[0]!.pubsub.topic('orders').publish('x')
    await running.pop()!.stop()
    const stored = await openStorage(storage)
    const states = (await stored.log.logs()).filter(name => name.startsWith(`pubsub/own/${id}/`) && name.endsWith('/state'))
    expect(states).to.have.length(1)
    for (const name of [...states, 'pubsub/kept/12D3KooWx/7/orders/state', 'pubsub/kept/12D3KooWx/7/orders']) await stored.log.append(name, [Uint8Array.of(255)])
    await stored.close()
    const [node] = (await meshOf([{ storage }])).nodes as [Mesh]
    const faults: string[] = []
    for (let i = 0; i < 2; i++) node.pubsub.addEventListener('fault', ({ detail }) => { faults.push(`${i} ${detail.name}: ${detail.message}`) })
    expect(node.pubsub.info().counters['logs_damaged']).to.equal(2)
    await until(() => faults.length >= 4, WAIT)
    const fault = 'StorageError: what is stored of orders is damaged'
    expect(faults).to.deep.equal([`0 ${fault}`, `1 ${fault}`, `0 ${fault}`, `1 ${fault}`])
    node.pubsub.addEventListener('fault', () => { faults.push('told twice') })
    const handled: unknown[] = []
    const channel = await node.pubsub.topic('orders').subscribe('billing', { from: 'beginning' })
    channel.onMessage(({ body }) => { handled.push(body) })
    await node.pubsub.topic('orders').publish('y', { confirm: 'handled' })
    await until(() => handled.length === 2, WAIT)
    expect(handled.toSorted()).to.deep.equal(['x', 'y'])
    expect(faults).to.have.length(4)
  })

  it('keepers with a storage still have it after they were all restarted', async () => {
    const storages = [directory(), directory()]
    const mesh = await meshOf([{ pubsub: { keeper: false } }, ...storages.map(storage => ({ storage }))])
    const [publisher, ...keepers] = mesh.nodes as [Mesh, Mesh, Mesh]
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(30).map(async n => topic.publish(n, { confirm: 'stored' })))
    mesh.kill(publisher)
    await Promise.all(keepers.map(async keeper => keeper.stop()))
    for (const storage of storages) await mesh.add({ storage })
    await mesh.ready()
    const late = mesh.alive[0] as Mesh
    const got: unknown[] = []
    const end = await late.pubsub.topic('orders').subscribe('billing', { from: 'beginning' })
    end.onMessage(({ body }) => { got.push(body) })
    await until(() => new Set(got).size >= 30, { ...WAIT, what: () => `${got.length} of 30` })
    expect(sorted([...new Set(got)])).to.deep.equal(numbers(30))
  })
})
