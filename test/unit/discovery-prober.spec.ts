import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Counters } from '../../src/discovery/counters.ts'
import { Prober } from '../../src/discovery/prober.ts'
import { now } from '../../src/discovery/timing.ts'
import { decodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import { until } from '../harness/until.ts'
import type { Dialler } from '../../src/discovery/dialler.ts'
import type { Peers } from '../../src/discovery/peers.ts'

const TICK = 2

/** A prober whose only member is heard at the ticks that the test says; resolves to the signs of life it was sent by then. */
class Bench {
  readonly prober: Prober
  /** As if each tick came in time, however late it is. */
  now = 10_000
  /** When something was last sent to the member. */
  sentAt = -Infinity
  #ticks: boolean[] = []
  #signs = 0

  constructor () {
    const peers = {
      heard: () => {
        this.now += TICK
        return this.#ticks.shift() === true ? [{ peer: 'a', sentAt: this.sentAt }] : []
      },
      post: (_: string, frame: Uint8Array) => {
        if (decodeDiscoveryFrame(frame).ack?.nonce === 0) this.#signs++
        this.sentAt = this.now
      }
    }
    this.prober = new Prober({
      self: 'self', detector: { tick: TICK }, peers: peers as unknown as Peers, dialler: {} as Dialler,
      members: () => ['a'], knows: () => true, onOpinion: () => {}, onRefute: () => {},
      counters: new Counters(), random: Math.random, now: () => this.now, log: defaultLogger().forComponent('test')
    })
    this.prober.start(() => {})
  }

  async signs (...ticks: boolean[]): Promise<number> {
    this.#signs = 0
    this.#ticks = ticks
    await until(() => this.#ticks.length === 0)
    return this.#signs
  }
}

describe('discovery: members that others gave up', () => {
  const MANY = Array.from({ length: 100 }, (_, i) => `m${i}`)
  let told: Array<{ to: string, seq: number, gone: boolean }>
  let prober: Prober

  beforeEach(() => {
    told = []
    const counts = new Map<string, number>()
    const peers = {
      heard: () => [],
      allow: (id: string, kind: string, most: number) => {
        const count = (counts.get(id + kind) ?? 0) + 1
        counts.set(id + kind, count)
        return count <= most
      },
      post: (to: string, frame: Uint8Array) => {
        const { suspicion } = decodeDiscoveryFrame(frame)
        if (suspicion?.id === to) told.push({ to, seq: suspicion.seq, gone: suspicion.gone })
      }
    }
    prober = new Prober({
      self: 'self', detector: {}, peers: peers as unknown as Peers, dialler: {} as Dialler,
      members: () => ['a', 'b', 'c', ...MANY], knows: () => true, onOpinion: () => {}, onRefute: () => {},
      counters: new Counters(), random: Math.random, now, log: defaultLogger().forComponent('test')
    })
    for (const id of ['a', 'b', 'c', 'd', 'e', 'far', ...MANY]) {
      prober.tell({ type: 'member', id, incarnation: 1, seq: 7 })
      if (id !== 'far') prober.tell({ type: 'connected', id })
    }
  })

  const hear = (from: string, id: string, gone = true, seq = 7): void => { prober.onSuspicion(from, { id, incarnation: 1, seq, refused: false, gone }) }

  it('are told, if there is a connection, and so are those that are only suspected', () => {
    hear('a', 'b')
    hear('a', 'far')
    hear('a', 'self')
    hear('a', 'c', false)
    expect(told).to.deep.equal([{ to: 'b', seq: 7, gone: true }, { to: 'c', seq: 7, gone: false }])
  })

  it('are told nothing that is old, or comes from a stranger: it would use up what we may say to them', () => {
    for (let i = 0; i < 64; i++) hear('stranger', 'b')
    for (let i = 0; i < 60; i++) hear('a', 'b', true, 0)
    expect(told).to.deep.equal([])
    hear('a', 'b')
    expect(told).to.have.length(1)
  })

  it('are not told by us more than 64 times a second because of one peer', () => {
    for (const id of MANY) hear('d', id)
    expect(told).to.have.length(64)
    hear('e', 'b')
    expect(told).to.have.length(65)
  })
})

describe('discovery: signs of life', () => {
  let bench: Bench

  beforeEach(() => { bench = new Bench() })
  afterEach(() => { bench.prober.stop() })

  it('go to a member that sends on and on and is sent nothing, as a line that is full holds back what could be answered', async () => {
    expect(await bench.signs(true, true, true, true)).to.equal(1)
    bench.sentAt -= 1_000
    expect(await bench.signs(true, false, true, true)).to.equal(1)
  })

  it('answer nobody who said one thing: two nodes that answered each other would never be quiet again', async () => {
    expect(await bench.signs(false, true, false, false)).to.equal(0)
    // one was sent since, as the answer to a probe
    bench.sentAt = bench.now += 1
    bench.now += 600
    expect(await bench.signs(true, false, false)).to.equal(0)
  })
})
