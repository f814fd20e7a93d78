/** A peer that knows doc/WIRE.md and nothing of src/ is a node like any other. */
import { expect } from 'chai'
import { cbor, message, readCbor, Said, tokenId } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import { ForeignStream } from './foreign-peer.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'

/** Statuses, and kinds of frames of calls. */
const [DEADLINE_EXCEEDED, NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION, UNIMPLEMENTED] = [4, 5, 7, 9, 12]
const [ITEM, CREDIT, END] = [5, 6, 7]

describe('mesh: a peer made from the documents', function () {
  this.timeout(120_000)
  const { node, abroad, end } = useForeign()

  it('is seen, learns who is there, is kept while it answers probes, and is gone when it says so', async () => {
    // who stands still answers none
    const { states, suspectedBy } = await undisturbed(kept, ({ states, suspectedBy }) => states.length === 0 && suspectedBy.length === 0)
    expect([states, suspectedBy]).to.deep.equal([[], []])
  })

  /** As what else than `up` it was known for four seconds, and who suspected it. */
  async function kept (): Promise<{ states: string[], suspectedBy: readonly string[] }> {
    await end()
    const one = await node({ service: 'login', name: 'login-1' })
    const two = await node({ service: 'gate' })
    const peer = await abroad({ methods: ['greet'] })
    for (const mesh of [one, two]) {
      const seen = await until(() => mesh.discovery.node(peer.id))
      expect(seen).to.deep.include({ service: 'abroad', name: 'abroad', methods: ['greet'], incarnation: peer.incarnation })
    }
    await until(() => [one, two].every(({ discovery }) => discovery.node(peer.id)?.state === 'up'))
    const states: string[] = []
    for (const type of ['node:update', 'node:remove'] as const) one.discovery.addEventListener(type, ({ detail: { id, state } }) => { if (id === peer.id && state !== 'up') states.push(state) })
    await until(() => peer.records.has(one.id) && peer.records.has(two.id))
    expect(peer.records.get(one.id)?.text(4)).to.equal('login-1')
    expect(peer.records.get(two.id)?.text(3)).to.equal('gate')
    const sent = Date.now()
    await until(() => Date.now() - sent > 4_000)
    const found = { states: [...states], suspectedBy: [...peer.suspectedBy] }
    await peer.leave()
    await until(() => one.discovery.node(peer.id) === undefined && two.discovery.node(peer.id) === undefined)
    return found
  }

  it('refutes what is said of it, as others do', async () => {
    const mesh = await node({ service: 'login' })
    const peer = await abroad()
    const record = await until(() => peer.records.get(mesh.id))
    // nobody but the suspected answers a suspicion: with a newer record
    await peer.tell(mesh.id, [[6, message([[1, mesh.id], [2, record.number(5)], [3, record.number(6)]])]])
    await until(() => (peer.records.get(mesh.id)?.number(6) ?? 0) > record.number(6))
    peer.cut()
    await until(() => mesh.discovery.node(peer.id) === undefined)
    // who was given up, and says what it said before, is told so
    expect(peer.suspectedBy).to.deep.equal([])
    const { seq } = peer
    await peer.join(String(mesh.libp2p.getMultiaddrs()[0]))
    await until(() => mesh.discovery.node(peer.id)?.seq === seq + 1)
    expect(peer.suspectedBy).to.include(mesh.id)
  })

  it('calls and is called', async () => {
    const mesh = await node({ service: 'login' })
    mesh.rpc.handle('welcome', ({ name }: { name: string }, ctx) => `welcome ${name} from ${ctx.caller.name}`)
    const peer = await abroad({ methods: ['greet'] })
    peer.handlers.set('greet', ({ request, respond }) => { respond([[3, 1], [4, cbor({ hello: readCbor(request.bytes(5)).name })]]) })
    await until(() => mesh.discovery.node(peer.id))
    const response = await peer.call(mesh.id, [[1, 1], [2, 'welcome'], [3, 5_000], [4, 1], [5, cbor({ name: 'ada' })], [10, 'login']])
    expect(response.number(2)).to.equal(0)
    expect(readCbor(response.bytes(4))).to.equal('welcome ada from abroad')
    expect(await mesh.rpc.invoke('abroad', 'greet', { name: 'bob' })).to.deep.equal({ hello: 'bob' })
    // errors travel both ways: another node may take what is retryable
    const refused = await peer.call(mesh.id, [[1, 7], [2, 'nothing'], [10, 'login']])
    expect([refused.number(1), refused.number(2), refused.number(6)]).to.deep.equal([7, UNIMPLEMENTED, 0])
    const elsewhere = await peer.call(mesh.id, [[1, 8], [2, 'welcome'], [10, 'gate']])
    expect([elsewhere.number(2), elsewhere.number(6)]).to.deep.equal([NOT_FOUND, 1])
    peer.handlers.set('fail', ({ respond }) => { respond([[2, 9], [3, 1], [4, cbor({ left: 3 })], [5, 'no more']]) })
    const failed = await mesh.rpc.invoke('abroad', 'fail', undefined, { node: peer.id }).then(() => undefined, (err: unknown) => err)
    expect(failed).to.deep.include({ code: 'FAILED_PRECONDITION', details: { left: 3 }, retryable: false })
    expect((failed as Error).message).to.match(/: no more$/)
  })

  it('sends headers once, and is cut when it means some that it never sent, or uses an id twice', async () => {
    const mesh = await node({ service: 'login' })
    mesh.rpc.handle('lang', (_: unknown, { headers }) => headers?.['lang'])
    mesh.rpc.handle('never', async () => new Promise(() => {}))
    const peer = await abroad()
    const stream = await peer.open(mesh.id, 'rpc')
    stream.send([[1, message([[1, 1], [2, 'lang'], [8, message([[1, 'lang'], [2, 'de']])], [10, 'login'], [13, 2]])]])
    stream.send([[1, message([[1, 2], [2, 'lang'], [10, 'login'], [13, 2]])]])
    for (const id of [1, 2]) {
      const response = (await stream.next()).in(2)
      expect([response.number(1), response.number(2), readCbor(response.bytes(4))]).to.deep.equal([id, 0, 'de'])
    }
    stream.send([[1, message([[1, 3], [2, 'lang'], [10, 'login'], [13, 3]])]])
    await until(() => stream.ended === 'reset')
    const other = await peer.open(mesh.id, 'rpc')
    for (let i = 0; i < 2; i++) other.send([[1, message([[1, 9], [2, 'never'], [10, 'login']])]])
    await until(() => other.ended === 'reset')
  })

  it('is told what runs no more, and cancels', async () => {
    const mesh = await node({ service: 'login' })
    const aborted: string[] = []
    mesh.rpc.handle('slow', async (name: string, { signal }) => new Promise(resolve => {
      signal.addEventListener('abort', () => {
        aborted.push(name)
        resolve(undefined)
      })
    }))
    mesh.rpc.handle('fast', () => 1)
    const peer = await abroad()
    const stream = await peer.open(mesh.id, 'rpc')
    stream.send([[1, message([[1, 1], [2, 'slow'], [4, 1], [5, cbor('cancelled')], [10, 'login']])]])
    stream.send([[1, message([[1, 2], [2, 'slow'], [3, 300], [4, 1], [5, cbor('late')], [10, 'login']])]])
    stream.send([[3, message([[1, 1]])]])
    await until(() => aborted.includes('cancelled') && aborted.includes('late'))
    expect([(await stream.next()).in(2).number(2), aborted.length]).to.deep.equal([DEADLINE_EXCEEDED, 2])
    // its id is free again, and no answer comes to what was cancelled
    stream.send([[1, message([[1, 1], [2, 'fast'], [10, 'login']])]])
    const response = (await stream.next()).in(2)
    expect([response.number(1), readCbor(response.bytes(4))]).to.deep.equal([1, 1])
    const stopped = mesh.stop()
    expect((await stream.next()).kinds, 'goodbye').to.deep.equal([4])
    await stream.close()
    await stopped
  })

  it('sends and takes sequences as it is granted', async () => {
    const mesh = await node({ service: 'login' })
    mesh.rpc.handleStream('double', 'bidi', async function * (input: AsyncIterable<number>) {
      for await (const n of input) yield 2 * n
    })
    const peer = await abroad({ methods: ['count'] })
    const call = new ForeignStream(await peer.connection(mesh.id).newStream(peer.protocol('stream')))
    // need not wait for the greeting
    call.send([[1, message([[2, 'double'], [10, 'login'], [11, 3]])]])
    const first = await call.next()
    expect(first.kinds).to.deep.equal([CREDIT])
    expect(first.in(CREDIT).number(1)).to.equal(262_144)
    for (const n of [1, 2, 3]) call.send([[ITEM, message([[1, 1], [2, cbor(n)]])]])
    // nothing comes that was not granted
    call.send([[CREDIT, message([[1, 1]])]])
    expect(readCbor((await call.next()).in(ITEM).bytes(2))).to.equal(2)
    call.send([[CREDIT, message([[1, 10_000]])]])
    call.send([[END, new Uint8Array(0)]])
    expect(readCbor((await call.next()).in(ITEM).bytes(2))).to.equal(4)
    expect(readCbor((await call.next()).in(ITEM).bytes(2))).to.equal(6)
    expect((await call.next()).in(2).number(2)).to.equal(0)
    await until(() => call.ended === 'closed')

    peer.onCall = stream => { void counts(stream) }
    await until(() => mesh.discovery.node(peer.id))
    const got: unknown[] = []
    for await (const n of mesh.rpc.stream('abroad', 'count', 'serverStream', 40)) got.push(n)
    expect(got).to.deep.equal(Array.from({ length: 40 }, (_, n) => ({ n, pad: 'x'.repeat(16_384) })))
  })

  it('learns who leads from node records, and where a token is', async () => {
    const nodes = [await node({ service: 'cart' }), await node({ service: 'cart' })]
    for (const mesh of nodes) mesh.rpc.handle('where', () => mesh.id)
    const peer = await abroad()
    const [some] = nodes as [Mesh]
    const asked = await peer.call(some.id, [[1, 1], [2, 'braid.leader'], [4, 1], [5, cbor('cart')], [10, 'cart']])
    expect(asked.number(2)).to.equal(0)
    const leading = (): { leader: string, rank: number[] } | undefined => {
      const told = [...peer.records.values()].filter(record => record.text(3) === 'cart' && record.has(15) && record.in(15).texts(4).includes(record.text(1)))
      const [best] = told.map(record => ({ leader: record.in(15).text(3), rank: [record.in(15).number(1), record.in(15).number(2)] })).sort((a, b) => b.rank[0]! - a.rank[0]! || b.rank[1]! - a.rank[1]!)
      return best !== undefined && best.leader !== '' ? best : undefined
    }
    const { leader, rank } = await until(leading, { timeout: 40_000 })
    expect(nodes.map(({ id }) => id)).to.include(leader)
    const view = readCbor((await peer.call(leader, [[1, 1], [2, 'braid.leader'], [4, 1], [5, cbor('cart')]])).bytes(4))
    expect(view).to.deep.include({ state: 'leader', leader: { id: leader, token: { epoch: rank[0], term: rank[1] } } })
    expect(view.voters).to.include(leader)

    const { bytes, hex } = await tokenId('ada', 'shop')
    const ask = [{ k: 0, p: 'abroad', t: hex, n: [leader] }]
    const answered = async (): Promise<any> => readCbor((await peer.call(leader, [[1, 1], [2, 'braid.links.ask'], [4, 1], [5, cbor(ask)]])).bytes(4))
    const { a: [link] } = await until(async () => (await answered()).a?.[0]?.n !== undefined && answered(), { timeout: 40_000 })
    expect(link.n).to.equal(leader)
    // who asks changes links of its own service's calls only
    const others = await peer.call(leader, [[1, 1], [2, 'braid.links.ask'], [4, 1], [5, cbor([{ ...ask[0], p: 'gate' }])]])
    expect([others.number(2), others.number(6)]).to.deep.equal([PERMISSION_DENIED, 0])
    const claim = message([[1, 'abroad'], [2, link.r[0]], [3, link.r[1]], [4, link.r[2]]])
    const call = async (id: string): Promise<Said> => peer.call(id, [[1, 1], [2, 'where'], [6, bytes], [10, 'cart'], [14, claim]])
    expect(readCbor((await call(leader)).bytes(4))).to.equal(leader)
    const wrong = nodes.find(({ id }) => id !== leader) as Mesh
    const refused = await call(wrong.id)
    expect([refused.number(2), refused.number(6)]).to.deep.equal([FAILED_PRECONDITION, 1])
    const { owner, rank: known, record } = readCbor(refused.bytes(4))
    expect([owner, known, new Said(record).in(1).text(1)]).to.deep.equal([leader, link.r, leader])
  })
})

/** As many results as are asked for, each as soon as it may be sent. */
async function counts (stream: ForeignStream): Promise<void> {
  const request = (await stream.next()).in(1)
  expect([request.text(2), request.number(11)]).to.deep.equal(['count', 1])
  // it takes the call, and no input
  stream.send([[CREDIT, new Uint8Array(0)]])
  let granted = 0
  for (let n = 0; n < readCbor(request.bytes(5));) {
    if (granted <= 0) {
      granted += (await stream.next()).in(CREDIT).number(1)
      continue
    }
    const body = cbor({ n: n++, pad: 'x'.repeat(16_384) })
    stream.send([[ITEM, message([[1, 1], [2, body]])]])
    granted -= body.length + 64
  }
  stream.send([[2, new Uint8Array(0)]])
  await stream.close()
}
