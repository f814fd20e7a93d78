import { expect } from 'chai'
import { MEMBER } from '../../src/pubsub/roles.ts'
import { Router } from '../../src/pubsub/router.ts'
import { MAX_PUBSUB_FRAMES } from '../../src/wire/limits.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
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

  it('only a keeper fetches', () => {
    const { router, heard } = bench()
    router.message('keeper', { type: 'fetch', log, ranges: [1, 1] })
    expect(heard).to.deep.equal(['keeper fetch'])
    expect(() => { router.message('peer', { type: 'fetch', log, ranges: [1, 1] }) }).to.throw().with.property('name', 'ProtocolError')
  })
})
