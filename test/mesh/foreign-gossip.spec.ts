/** Gossip, and what becomes of a publisher that is gone, for a peer made from doc/wire. */
import { expect } from 'chai'
import { cbor, message, Said } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import type { ForeignPeer } from './foreign-peer.ts'
import { until } from '../harness/until.ts'
import type { Mesh, Message } from '../../src/index.ts'

const WAIT = { timeout: 30_000 }
/** Kinds of frames. */
const [OPEN, ACK, ASSIGN, BATCH, OPENED_ALL] = [1, 3, 8, 19, 20]
const EMPTY = new Uint8Array(0)

interface Gossip { subscribe: (topic: string) => void, publish: (topic: string, data: Uint8Array) => Promise<unknown>, getSubscribers: (topic: string) => unknown[], addEventListener: (type: 'message', listener: (event: CustomEvent<{ topic: string, data: Uint8Array }>) => void) => void }

describe('mesh: gossip and generations for a peer made from the documents', function () {
  this.timeout(90_000)
  const land = useForeign()
  const node = async (): Promise<Mesh> => land.node({ service: 'login', election: false })

  async function abroad (init?: Parameters<typeof land.abroad>[0]): Promise<ForeignPeer> {
    const peer = await land.abroad(init)
    await until(() => land.meshes.every(({ discovery }) => discovery.node(peer.id) !== undefined))
    return peer
  }

  it('hears of nodes, and is heard', async () => {
    const mesh = await node()
    const got: Message[] = []
    const end = await mesh.pubsub.topic('bills').subscribe('print')
    end.onMessage(message => { got.push(message) })
    const peer = await abroad({ gossip: true, roles: ['topics'] })
    peer.onPubsub = said => {
      if (said.kinds[0] === OPEN && !said.in(OPEN).has(1)) void peer.tell(mesh.id, [[OPENED_ALL, message([[1, said.in(OPEN).in(2).text(1)]])]], 'pubsub')
      if (said.kinds[0] === ACK) acked.push(said.in(ACK))
    }
    const acked: Said[] = []
    const gossip = peer.libp2p.services['pubsub'] as Gossip
    const heard: Said[] = []
    gossip.addEventListener('message', ({ detail }) => {
      // the same frame as by stream, without a length
      if (detail.topic === 'braid/shop/nodes') heard.push(...new Said(detail.data).in(2).list(1).map(signed => new Said(signed).in(1)))
    })
    gossip.subscribe('braid/shop/nodes')
    await until(() => gossip.getSubscribers('braid/shop/nodes').length > 0 && gossip.getSubscribers('braid/shop/t/bills').length > 0, WAIT)
    const another = await abroad()
    await until(() => heard.some(record => record.text(1) === another.id), WAIT)

    const log = message([[1, 'bills'], [2, peer.id], [3, Date.now() * 1_024]])
    const one = message([[1, 1], [2, Date.now()], [5, message([[1, 1], [3, cbor({ sum: 12 })]])]])
    const channel = message([[1, 'bills/print'], [3, [mesh.id]], [4, Uint8Array.of(1)]])
    await gossip.publish('braid/shop/t/bills', message([[1, log], [2, message([[2, peer.id]])], [3, [one]], [4, [channel]]]))
    await until(() => got.length > 0, WAIT)
    expect(got[0]).to.deep.include({ topic: 'bills', body: { sum: 12 }, publisher: peer.id })
    await until(() => acked.length > 0)
  })

  it('is given what it has not handled by the keeper that takes over', async () => {
    const [publisher, keeper] = [await node(), await node()]
    await until(() => publisher.discovery.node(keeper.id) !== undefined)
    const peer = await abroad({ roles: ['topics'] })
    const opened = new Set<string>()
    /** Who gave what, by which generation. */
    const given: Array<{ from: string, seq: number, attempt: number, generation: number }> = []
    const channel = 'orders/billing'
    const at = Date.now()
    const spec = message([[1, channel], [2, 'orders'], [3, 'billing'], [4, at], [6, true], [7, 3_600_000], [8, 5], [9, 30_000], [10, [250]]])
    const open = (log: Uint8Array | undefined, fresh: boolean): Uint8Array =>
      message([...log === undefined ? [] : [[1, log] as const], [2, spec], [3, 1_024], [4, fresh], [5, 77], [6, 100], [7, 10], [10, EMPTY]])
    const highest = new Map<string, number>()
    peer.onPubsub = (said, from) => {
      const [kind = 0] = said.kinds
      if (kind === OPENED_ALL) opened.add(from)
      if (kind === BATCH) {
        const batch = said.in(BATCH).in(1)
        for (const bytes of batch.list(4)) {
          const of = new Said(bytes)
          of.bytes(4).forEach((to, i) => { if (of.texts(3)[to - 1] === peer.id) given.push({ from, seq: new Said(batch.list(3)[i] as Uint8Array).number(1), attempt: 1, generation: batch.in(2).number(1) }) })
        }
      }
      if (kind < 7 || kind > 11) return
      // whoever assigns by a higher generation is told that this consumer takes part
      const log = said.in(kind).bytes(1)
      const number = said.in(kind).in(kind === 11 ? 2 : 3).number(1)
      if (number > (highest.get(String(log)) ?? 0)) {
        highest.set(String(log), number)
        void peer.tell(from, [[OPEN, open(log, false)]], 'pubsub')
      }
      if (kind !== ASSIGN) return
      for (const item of said.in(ASSIGN).list(5).map(bytes => new Said(bytes))) {
        given.push({ from, seq: item.in(1).number(1), attempt: item.number(2), generation: number })
        if (number > 0) void peer.tell(from, [[ACK, message([[1, log], [2, channel], [3, message([[1, [item.in(1).number(1), item.in(1).number(1)]]])]])]], 'pubsub')
      }
    }
    const opening = message([[1, `${at}.${peer.id}.1`], [2, peer.id], [3, spec], [4, at], [5, 8]])
    const member = message([[1, peer.id], [2, peer.incarnation], [3, 1], [4, 1_024], [5, [channel]]])
    for (const { id } of land.meshes) {
      await peer.tell(id, [[18, message([[1, message([[1, [opening]], [3, [member]]])]])]], 'pubsub')
      await peer.tell(id, [[OPEN, open(undefined, true)]], 'pubsub')
      await peer.tell(id, [[21, message([[1, channel], [2, 1_024], [3, 77], [4, 100], [5, 10]])]], 'pubsub')
    }
    await until(() => opened.size === 2, WAIT)
    await publisher.pubsub.topic('orders').publish('kept', { confirm: 'sent' })
    await until(() => given.some(({ from, generation }) => from === publisher.id && generation === 0), WAIT)
    // it holds the message, and has not said what became of it
    await publisher.stop()
    await until(() => given.some(({ from, generation, seq }) => from === keeper.id && generation > 0 && seq === 1), WAIT)
    // and it is final once it was acked there
    await until(() => keeper.pubsub.info().topics.find(({ name }) => name === 'orders')?.channels.every(({ lag, pending }) => lag + pending === 0) ?? false, { ...WAIT, what: () => JSON.stringify(keeper.pubsub.info()) })
  })
})
