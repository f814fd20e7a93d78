import { expect } from 'chai'
import { LogAssigner } from '../../src/pubsub/assigner.core.ts'
import { MEMBER } from '../../src/pubsub/roles.ts'
import { Router } from '../../src/pubsub/router.ts'
import { MAX_PUBSUB_FRAMES } from '../../src/wire/limits.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { Timeless } from '../../src/pubsub/loop.ts'
import type { AssignerInput } from '../../src/pubsub/types.core.ts'
import type { RouterInit } from '../../src/pubsub/router.ts'
import type { WireMessage } from '../../src/pubsub/announced.ts'

const log = { topic: 'orders', publisher: 'me', epoch: 1 }

describe('pub/sub: what comes from a peer', () => {
  function bench (queued = 0): { router: Router, counts: string[], heard: string[] } {
    const counts: string[] = []
    const heard: string[] = []
    const init = {
      context: { self: 'me', count: (what: string) => { counts.push(what) }, net: { queued: () => queued }, mayAssign: (from: string) => from === 'keeper' },
      registry: {}, subscriptions: {}, kept: undefined,
      logs: { message: (from: string, { type }: { type: string }) => { heard.push(`${from} ${type}`) }, has: () => true }
    }
    return { router: new Router(init as unknown as RouterInit), counts, heard }
  }

  it('more frames a second than anybody needs are too many', () => {
    const { router, heard } = bench()
    const message: WireMessage = { type: 'lacks', log, channel: 'orders/billing', ranges: [1, 1] }
    expect(() => { for (let i = 0; i < 3 * MAX_PUBSUB_FRAMES; i++) router.message('peer', message) }).to.throw('too many frames').with.property('name', 'ProtocolError')
    expect(heard.length).to.be.at.least(MAX_PUBSUB_FRAMES)
    router.message('other', message)
    expect(heard.at(-1)).to.equal('other lacks')
  })

  it('who asks faster than it reads is not answered until it has read', () => {
    const { router, counts, heard } = bench(16 * 1024 * 1024)
    router.message('keeper', { type: 'fetch', log, ranges: [1, 1] })
    router.message('peer', { type: 'lacks', log, channel: 'orders/billing', ranges: [1, 1] })
    expect(counts).to.deep.equal(['fetches_refused', 'fetches_refused'])
    expect(heard).to.deep.equal([])
  })

  /** What the registry is told of nodes. */
  function nodes (): { router: Router, said: string[], node: (roles: string[], removed?: boolean) => void } {
    const said: string[] = []
    const noop = (): void => {}
    let info: NodeInfo | undefined
    const init = {
      context: { self: 'me', net: { changed: noop }, connected: () => true, nodesChanged: noop, discovery: { node: () => info } },
      registry: { hello: noop, back: (id: string) => { said.push(`${id} back`) }, gone: (id: string) => { said.push(`${id} gone`) } },
      logs: { input: noop, available: noop, nodesChanged: noop, announced: { gone: noop } },
      subscriptions: { connected: noop },
      kept: undefined
    }
    const router = new Router(init as unknown as RouterInit)
    const node = (roles: string[], removed = false): void => {
      info = { id: 'peer', state: 'up', roles } as unknown as NodeInfo
      router.node(info, removed)
    }
    return { router, said, node }
  }

  it('a node that discovery has again consumes again, though it noticed nothing and says nothing', () => {
    const { said, node } = nodes()
    node([MEMBER])
    node([MEMBER], true)
    node([MEMBER])
    expect(said).to.deep.equal(['peer back', 'peer gone', 'peer back'])
  })

  it('a node that takes no part in topics consumes nothing of what its former life did, before it does', () => {
    const { said, node } = nodes()
    node([MEMBER])
    node([MEMBER], true)
    node([])
    node(['other', MEMBER])
    // it was started anew before anybody missed it
    node(['other'])
    expect(said).to.deep.equal(['peer back', 'peer gone', 'peer gone', 'peer back', 'peer gone'])
  })

  it('of nodes that come and go for ever a log remembers nothing, and one that comes back takes part', () => {
    const core = new LogAssigner({ self: 'me', log, random: () => 0.5, time: { now: 0, wall: 0 } })
    const step = (input: Timeless<AssignerInput>): void => { core.step({ ...input, now: 0, wall: 0 }) }
    const noop = (): void => {}
    const init = {
      context: { self: 'me', net: { changed: noop }, connected: () => false, nodesChanged: noop, discovery: { node: noop } },
      registry: { hello: noop, back: noop, gone: noop },
      logs: { input: step, available: (peer: string, available: boolean) => { step({ type: 'available', peer, available }) }, nodesChanged: noop, announced: { gone: noop } },
      subscriptions: {},
      kept: undefined
    }
    const router = new Router(init as unknown as RouterInit)
    const spec = { channel: 'orders/billing', pattern: 'orders', name: 'billing', opened: 1, start: 'latest' as const, durable: true, expire: 1_000, maxDeliver: 5, ackWait: 30_000, backoff: [] }
    step({ type: 'channel', spec, members: Array.from({ length: 100 }, (_, i) => ({ id: `tab${i}`, weight: 1 })) })
    for (let i = 0; i < 1_000; i++) {
      for (const state of ['up', 'left'] as const) router.node({ id: `tab${i}`, state, roles: [MEMBER] } as unknown as NodeInfo, false)
      expect(core.unavailable.size).to.equal(1)
      router.node({ id: `tab${i}`, state: 'left', roles: [MEMBER] } as unknown as NodeInfo, true)
    }
    expect(core.unavailable.size).to.equal(0)
    expect([...core.sorted[0]!.seats.values()].filter(({ available }) => available)).to.have.length(100)
  })

  it('only a keeper fetches', () => {
    const { router, heard } = bench()
    router.message('keeper', { type: 'fetch', log, ranges: [1, 1] })
    expect(heard).to.deep.equal(['keeper fetch'])
    expect(() => { router.message('peer', { type: 'fetch', log, ranges: [1, 1] }) }).to.throw().with.property('name', 'ProtocolError')
  })
})
