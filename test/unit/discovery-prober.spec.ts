import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Counters } from '../../src/discovery/counters.ts'
import { Prober } from '../../src/discovery/prober.ts'
import { now } from '../../src/discovery/timing.ts'
import { decodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import { until } from '../harness/until.ts'
import type { Dialler } from '../../src/discovery/dialler.ts'
import type { Peers } from '../../src/discovery/peers.ts'

/** A prober whose only member is heard at the ticks that the test says; resolves to the signs of life it was sent by then. */
class Bench {
  readonly prober: Prober
  /** When something was last sent to the member. */
  sentAt = -Infinity
  #ticks: boolean[] = []
  #signs = 0

  constructor () {
    const peers = {
      heard: () => this.#ticks.shift() === true ? [{ peer: 'a', sentAt: this.sentAt }] : [],
      post: (_: string, frame: Uint8Array) => {
        if (decodeDiscoveryFrame(frame).ack?.nonce === 0) this.#signs++
        this.sentAt = now()
      }
    }
    this.prober = new Prober({
      self: 'self', detector: { tick: 2 }, peers: peers as unknown as Peers, dialler: {} as Dialler,
      members: () => ['a'], knows: () => true, onOpinion: () => {}, onRefute: () => {},
      counters: new Counters(), random: Math.random, now, log: defaultLogger().forComponent('test')
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
    bench.sentAt = now()
    await until(() => now() - bench.sentAt > 600)
    expect(await bench.signs(true, false, false)).to.equal(0)
  })
})
