/** What doc/WIRE.md calls malformed, too much or too late is cut, byte by byte. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { frame, join, message, varint } from './foreign-bytes.ts'
import { ForeignPeer, ForeignStream } from './foreign-peer.ts'
import { until } from '../harness/until.ts'
import type { Fields } from './foreign-bytes.ts'
import type { Mesh } from '../../src/index.ts'

const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const request = (...fields: Fields): Uint8Array => frame(message([[1, message([[1, 1], [2, 'any'], ...fields, [10, 'login']])]]))
const log = message([[1, 'orders'], [2, 'A'], [3, 1]])
/** By rooms. */
const MALFORMED: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  rpc: {
    'a length that is not in its shortest form': bytes(0x81, 0x00, 0x01),
    'a length of five bytes': bytes(0x80, 0x80, 0x80, 0x80, 0x01),
    'a frame that is too large': varint(1024 * 1024 + 64 * 1024 + 1),
    'a frame without a message': frame(bytes(0x78, 0x01)),
    'two messages in one frame': frame(message([[1, message([[2, 'any']])], [3, message([[1, 1]])]])),
    'a response, of the opener': frame(message([[2, message([[1, 1]])]])),
    'a sequence on the stream for calls': request([11, 1]),
    'a codec that there is not': request([4, 4]),
    'a number of more than 32 bits': request([3, 2 ** 32]),
    'a timeout of more than a day': request([3, 86_400_001]),
    'a token of another length': request([6, new Uint8Array(31)]),
    'the key __proto__': request([8, message([[1, '__proto__'], [2, 'x']])]),
    'a text that is no UTF-8': request([8, message([[1, 'a'], [2, bytes(0xff)]])]),
    'headers of more than 16 KiB': request([8, message([[1, 'a'], [2, 'x'.repeat(16 * 1024)]])]),
    'a ninth set of headers': request([8, message([[1, 'a'], [2, 'b']])], [13, 9]),
    'a method of more than 64 bytes': frame(message([[1, message([[2, 'x'.repeat(65)]])]])),
    'a group': frame(bytes(0x0b, 0x0c)),
    'a field of number 0': frame(bytes(0x02, 0x00)),
    'a varint of eleven bytes': frame(bytes(0x78, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01))
  },
  election: {
    'a frame without a message': frame(message([[1, 'login'], [5, new Uint8Array(16)]])),
    'a heartbeat without the version of a config': frame(message([[1, 'login'], [5, new Uint8Array(16)], [15, message([[1, 1]])]])),
    'an incarnation of another length': frame(message([[1, 'login'], [5, new Uint8Array(15)], [23, new Uint8Array(0)]])),
    'a known field of another type': frame(message([[1, 'login'], [2, 'x'], [23, new Uint8Array(0)]]))
  },
  pubsub: {
    'an ack of no log': frame(message([[3, message([[2, 'orders/billing'], [3, new Uint8Array(0)]])]])),
    'an ack without outcomes': frame(message([[3, message([[1, log], [2, 'orders/billing']])]])),
    'ranges that are packed': frame(message([[4, message([[1, log], [2, 'orders/billing'], [3, bytes(1, 2)]])]])),
    'ranges that overlap': frame(message([[4, message([[1, log], [2, 'orders/billing'], [3, [1, 4, 4, 5]]])]])),
    'a batch of another publisher': frame(message([[19, message([[1, message([[1, log], [2, message([[2, 'A']])], [3, [message([[1, 1], [2, 1]])]]])]])]])),
    'what only an assigner says': frame(message([[11, message([[1, log], [2, message([[2, 'A']])], [3, 1]])]]))
  }
}

describe('mesh: what the documents call malformed', function () {
  this.timeout(120_000)
  let mesh: Mesh
  const peers: ForeignPeer[] = []

  before(async () => {
    mesh = await createMesh({ mesh: 'shop', service: 'login', election: { expect: 3 }, listen: ['/ip4/127.0.0.1/tcp/0'] })
    mesh.rpc.handle('any', () => 1)
    mesh.rpc.handleStream('unread', 'clientStream', async () => new Promise(() => {}))
  })

  afterEach(async () => {
    // whoever else asks is answered
    const peer = await abroad()
    expect((await peer.call(mesh.id, [[1, 1], [2, 'any'], [10, 'login']])).number(2)).to.equal(0)
    await Promise.all(peers.splice(0).map(async peer => peer.leave()))
  })

  after(async () => { await mesh.stop() })

  /** Each is somebody else: who is cut is not listened to for a while. */
  async function abroad (): Promise<ForeignPeer> {
    const peer = await ForeignPeer.start({ mesh: 'shop', roles: ['topics'] })
    peers.push(peer)
    await peer.join(String(mesh.libp2p.getMultiaddrs()[0]))
    return peer
  }

  for (const [room, cases] of Object.entries(MALFORMED)) {
    it(`${room}: ends the stream`, async () => {
      for (const [what, wrong] of Object.entries(cases)) {
        const peer = await abroad()
        await until(() => mesh.discovery.node(peer.id))
        const stream = await peer.open(mesh.id, room)
        stream.raw(wrong)
        await until(() => stream.ended === 'reset', { what })
      }
    })
  }

  it('more streams, items and silence than are allowed', async () => {
    const peer = await abroad()
    const streams = await Promise.all(Array.from({ length: 8 }, async () => peer.open(mesh.id, 'rpc')))
    expect(await peer.open(mesh.id, 'rpc').then(() => 'open', () => 'refused')).to.equal('refused')
    expect(streams.every(({ ended }) => ended === undefined)).to.equal(true)

    const call = new ForeignStream(await peer.connection(mesh.id).newStream(peer.protocol('stream')))
    const item = frame(message([[5, message([[1, 3], [2, new Uint8Array(300 * 1024)]])]]))
    call.raw(frame(message([[1, message([[2, 'unread'], [10, 'login'], [11, 2]])]])))
    expect((await call.next()).in(6).number(1)).to.equal(256 * 1024)
    // the first takes what was granted below 0, the second is beyond
    call.raw(join([item, item]))
    await until(() => call.ended === 'reset')

    const silent = await peer.open(mesh.id, 'stream')
    const cut = new ForeignStream(await peer.connection(mesh.id).newStream(peer.protocol('rpc')))
    for (const stream of streams) await stream.close()
    await until(() => silent.ended === 'reset' && cut.ended === 'reset', { what: 'no request, no first frame' })
  })

  it('discovery: forgives three frames, and listens no more to who sends a fourth', async () => {
    const peer = await abroad()
    const stream = await peer.own(mesh.id)
    const wrong = frame(bytes(0xff, 0xff, 0xff, 0x01))
    for (let i = 0; i < 3; i++) stream.raw(wrong)
    await until(() => mesh.discovery.node(peer.id))
    expect(stream.ended).to.equal(undefined)
    // one is forgiven every two seconds: of so many enough are left on a slow machine, too
    for (let i = 0; i < 8; i++) stream.raw(wrong)
    await until(() => stream.ended === 'reset')
    const again = await peer.open(mesh.id, 'discovery').then(async stream => until(() => stream.ended === 'reset').then(() => 'reset'), () => 'refused')
    expect(['reset', 'refused']).to.include(again)
  })
})
