/** A peer that knows the documents and nothing of src/ meets nodes in the DHT, and finds there where a token is. */
import { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { CID } from 'multiformats/cid'
import { hex, join, Said, tokenId } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import { ForeignPeer } from './foreign-peer.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'

const utf8 = new TextEncoder()
const sha256 = async (text: string): Promise<Uint8Array> => new Uint8Array(await crypto.subtle.digest('SHA-256', utf8.encode(text)))

/** RFC 4648, lower case, no padding. */
function base32 (bytes: Uint8Array): string {
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map(five => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five.padEnd(5, '0'), 2)]).join('')
}

describe('mesh: the DHT for a peer made from the documents', function () {
  this.timeout(90_000)
  const { meshes, peers, node } = useForeign()

  it('is where it meets the nodes of a service, and finds what the leader has signed of a token', async () => {
    for (const service of ['cart', 'cart', 'gate']) await node({ service })
    const [one, two, gate] = meshes as [Mesh, Mesh, Mesh]
    for (const mesh of [one, two]) mesh.rpc.handle('where', () => mesh.id)
    const owner = await gate.rpc.invoke('cart', 'where', undefined, { token: 'ada', timeout: 30_000 })
    const peer = await ForeignPeer.start({ mesh: 'shop', dht: true })
    peers.push(peer)
    await peer.join(String(gate.libp2p.getMultiaddrs()[0]))

    const cid = CID.decode(join([Uint8Array.of(0x01, 0x55, 0x12, 0x20), await sha256('braid/shop/cart')]))
    const found = new Set<string>()
    await until(async () => {
      for await (const { id } of peer.libp2p.contentRouting.findProviders(cid, { signal: AbortSignal.timeout(3_000) })) found.add(id.toString())
      return found.has(one.id) && found.has(two.id)
    }, { timeout: 40_000 })
    expect(found).to.not.include(gate.id)

    const key = await sha256(['link', 'gate', 'cart', (await tokenId('ada', 'shop')).hex].join('\0'))
    const leader = await until(() => one.election.leader?.id)
    const bytes = await until(async () => peer.libp2p.contentRouting.get(utf8.encode(`/braid/shop/${leader}/${base32(key)}`), { signal: AbortSignal.timeout(3_000) }), { timeout: 40_000 })
    const signed = new Said(bytes)
    const record = signed.in(1)
    expect([record.text(1), hex(record.bytes(2)), record.text(3)]).to.deep.equal(['shop', hex(key), leader])
    expect(record.number(8)).to.be.within(Date.now(), Date.now() + 6 * 3_600_000 + 60_000)
    // an id of Ed25519 carries its key
    const author = publicKeyFromProtobuf(peerIdFromString(leader).toMultihash().digest)
    expect(await author.verify(join([utf8.encode('braid-mesh/ranked-record/v1\0'), signed.bytes(1)]), signed.bytes(2))).to.equal(true)
    const place = record.in(7)
    expect([place.text(1), place.number(2), place.has(3)]).to.deep.equal([owner, one.discovery.node(String(owner))?.incarnation, false])
  })
})
