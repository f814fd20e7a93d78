/** A page that publishes and consumes beside Node processes. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { decodeUpdateMsg } from '../../src/pubsub/index.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { Handled } from '../harness/pubsub-methods.ts'
import type { RemoteNode } from './nodes.ts'
import type { Channel, Mesh, MeshOptions } from '../../src/index.ts'

const WAIT = { timeout: 40_000 }
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)

describe('a page and the channels', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  const meshes: Mesh[] = []
  let relay: RemoteNode
  let worker: RemoteNode
  let topic = 0

  async function join (options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'channels', bootstrap: relay.addresses, rpc: PATIENT, ...options })
    meshes.push(mesh)
    return mesh
  }

  /** All see the page, so that it is asked where a channel begins. */
  async function known (mesh: Mesh): Promise<void> {
    await until(async () => (await relay.sees(mesh.id)) && await worker.sees(mesh.id), WAIT)
  }

  /** All have said in time where the channel begins: it has all that is published from here on. */
  async function channelOf (mesh: Mesh, name: string): Promise<Channel> {
    return until(async () => {
      const channel = await mesh.pubsub.topic(name).subscribe('billing')
      if (channel.unreached.length === 0) return channel
      await channel.close()
      return undefined
    }, WAIT)
  }

  /** The same of a process, which acks all that it gets. */
  async function consume (node: RemoteNode, name: string): Promise<void> {
    await until(async () => {
      const unreached: string[] = await node.command('subscribe', name, 'billing')
      if (unreached.length > 0) await node.command('closeChannel', name, 'billing')
      return unreached.length === 0
    }, WAIT)
  }

  async function handledBy (node: RemoteNode, name: string): Promise<Handled[]> {
    return node.command('handled', name, 'billing')
  }

  before(async () => {
    relay = await remote.spawn({ mesh: 'channels', name: 'relay', relay: true })
    worker = await remote.spawn({ mesh: 'channels', name: 'worker', bootstrap: relay.addresses })
  })

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('competes with a Node process in one channel: each gets some, together all, none twice', async () => {
    const name = `orders-${++topic}`
    const mesh = await join()
    await known(mesh)
    const got: number[] = []
    const channel = await channelOf(mesh, name)
    channel.onMessage(({ body }) => { got.push(body) })
    await consume(worker, name)
    await relay.command('publishMany', name, 100, { confirm: 'handled' })
    const there = (await handledBy(worker, name)).map(({ body }) => body as number)
    expect(got.length).to.be.within(1, 99)
    expect([...got, ...there].sort((a, b) => a - b)).to.deep.equal(numbers(100))
  })

  it('publishes to Node processes, and is told when they have handled it', async () => {
    const name = `orders-${++topic}`
    const mesh = await join()
    await known(mesh)
    await consume(worker, name)
    await until(async () => (await mesh.pubsub.topic(name).publish('ping', { confirm: 'handled' })).channels.includes('billing'), WAIT)
    const receipts = await Promise.all(numbers(50).map(async n => mesh.pubsub.topic(name).publish(n, { confirm: 'handled' })))
    expect(new Set(receipts.map(({ reached }) => reached))).to.deep.equal(new Set(['handled']))
    const bodies = (await handledBy(worker, name)).map(({ body }) => body).filter(body => body !== 'ping')
    expect(bodies.sort((a, b) => Number(a) - Number(b))).to.deep.equal(numbers(50))
  })

  it('that is closed in the middle of a handler loses nothing: another consumer gets it', async () => {
    const name = `orders-${++topic}`
    const page = await pages.open({ mesh: 'channels', bootstrap: relay.addresses })
    await known(page.mesh)
    const held: number[] = []
    const channel = await channelOf(page.mesh, name)
    channel.onMessage(async ({ body }) => {
      held.push(body)
      await new Promise(() => {})
    })
    await consume(worker, name)
    const published = relay.command('publishMany', name, 20, { confirm: 'handled' })
    await until(() => held.length > 0, WAIT)
    page.kill()
    await published
    const handled = await handledBy(worker, name)
    expect(handled.map(({ body }) => body as number).sort((a, b) => a - b)).to.deep.equal(numbers(20))
    expect(handled.filter(({ body }) => held.includes(body as number)).every(({ attempt }) => attempt === 2)).to.equal(true)
  })

  it('loads the node\'s own topics for who asks for one of them, and hears on them what it sees', async () => {
    const mesh = await join()
    const events: string[] = []
    mesh.pubsub.addEventListener('braid.topic.discover.service_update', ({ detail }) => { events.push(detail.Nod.Name) })
    const channel = await mesh.pubsub.topic('braid.topic.discover.service_update').subscribe('watch')
    const bodies: string[] = []
    channel.onMessage(({ body }) => { bodies.push(decodeUpdateMsg(body).Nod.Name) })
    await remote.spawn({ mesh: 'channels', name: 'mail', service: 'mail', bootstrap: relay.addresses })
    await until(() => events.includes('mail') && bodies.includes('mail'), WAIT)
    const tokens: string[] = []
    mesh.pubsub.addEventListener('braid.topic.linkcache.unlink', ({ detail }) => { tokens.push(detail) })
    await mesh.pubsub.topic('braid.topic.linkcache.unlink').publish(new TextEncoder().encode('ada'))
    expect(tokens).to.deep.equal(['ada'])
  })

  it('with a storage keeps what it publishes there', async () => {
    const name = `orders-${++topic}`
    const storage = `pubsub-${Date.now()}`
    const first = await join({ storage })
    const receipt = await first.pubsub.topic(name).publish('x')
    expect(receipt.reached).to.equal('outbox')
    await first.stop()
    const again = await join({ storage })
    expect(again.id).to.equal(first.id)
    const next = await again.pubsub.topic(name).publish('y')
    const [of, seq] = [receipt.id.slice(0, receipt.id.lastIndexOf('/')), next.id.split('/').pop()]
    expect(next.id.slice(0, next.id.lastIndexOf('/'))).to.equal(of)
    expect(seq).to.equal('2')
  })

  it('that was asleep catches up when it wakes', async () => {
    const name = `orders-${++topic}`
    const page = await pages.open({ mesh: 'channels', bootstrap: relay.addresses })
    await known(page.mesh)
    const got: number[] = []
    const channel = await channelOf(page.mesh, name)
    channel.onMessage(({ body }) => { got.push(body) })
    page.window.document.dispatchEvent(new Event('freeze'))
    await until(async () => (await relay.nodes()).some(({ id, state }) => id === page.mesh.id && state === 'away'), WAIT)
    await relay.command('publishMany', name, 20)
    page.window.document.dispatchEvent(new Event('resume'))
    await until(() => got.length >= 20, WAIT)
    expect(got.sort((a, b) => a - b)).to.deep.equal(numbers(20))
  })
})
