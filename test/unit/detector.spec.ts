import { expect } from 'chai'
import fc from 'fast-check'
import { createDetector } from '../../src/discovery/detector.core.ts'
import { suspicionTimeout } from '../../src/discovery/suspicion.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import type { Detector, DetectorConfig, DetectorInput, DetectorOutput } from '../../src/discovery/detector.core.ts'

type Of<T extends DetectorOutput['type']> = Extract<DetectorOutput, { type: T }>
/** An input without its time. */
type Timeless<T = DetectorInput> = T extends unknown ? Omit<T, 'now'> : never

/** A detector among scripted peers, on a clock that moves only when told. */
class Bench {
  now = 10_000
  readonly detector: Detector
  readonly log: Array<DetectorOutput & { at: number }> = []
  /** Peers that answer, and after how many ms. */
  readonly answers = new Map<string, number>()
  #due: Array<{ at: number, nonce: number }> = []

  constructor (peers: number, config: Partial<DetectorConfig> = {}) {
    this.detector = createDetector({ self: 'self', random: createRandom(1), ...config })
    this.input({ type: 'member', id: 'self', incarnation: 1, seq: 1 })
    for (let i = 0; i < peers; i++) this.join(`p${i}`)
  }

  join (id: string): void {
    this.input({ type: 'member', id, incarnation: 1, seq: 1 })
    this.input({ type: 'connected', id })
    this.answers.set(id, 1)
  }

  input (input: Timeless): DetectorOutput[] {
    const outputs = this.detector.step({ ...input, now: this.now } as DetectorInput)
    for (const output of outputs) {
      this.log.push({ ...output, at: this.now })
      const target = output.type === 'probe' ? output.to : output.type === 'probeRequest' ? output.target : undefined
      const delay = target === undefined ? undefined : this.answers.get(target)
      if (delay !== undefined) this.#due.push({ at: this.now + delay, nonce: (output as Of<'probe'>).nonce })
    }
    return outputs
  }

  suspicion (from: string, id: string, init: { seq?: number, incarnation?: number, refused?: boolean, gone?: boolean } = {}): DetectorOutput[] {
    return this.input({ type: 'suspicion', from, id, incarnation: 1, seq: 1, refused: false, ...init })
  }

  /** Lets time pass, in ticks; `each` runs before every tick. */
  run (ms: number, each: () => void = () => {}): this {
    for (const end = this.now + ms; this.now < end;) {
      this.now += this.detector.tickInterval
      this.answerDue()
      each()
      this.input({ type: 'tick', lag: 0 })
    }
    return this
  }

  answerDue (): void {
    const due = this.#due.filter(({ at }) => at <= this.now)
    this.#due = this.#due.filter(({ at }) => at > this.now)
    for (const { nonce } of due) this.input({ type: 'ack', nonce })
  }

  /** The process stands still; answers that came meanwhile wait in the sockets. */
  stall (ms: number): void {
    this.now += ms
    this.input({ type: 'tick', lag: ms - this.detector.tickInterval })
    this.answerDue()
  }

  all<T extends DetectorOutput['type']> (type: T): Array<Of<T> & { at: number }> {
    return this.log.filter((output): output is Of<T> & { at: number } => output.type === type)
  }

  /** Since the last call of it. */
  fresh (): string[] {
    return this.log.splice(0).map(output => `${output.type}${'id' in output ? ` ${output.id}` : ''}`)
  }
}

describe('failure detector: probes', () => {
  it('asks every member within as many rounds as it takes at three a round, and not more than three', () => {
    for (const peers of [1, 2, 3, 4, 9, 10, 25]) {
      const bench = new Bench(peers).run(1_000)
      bench.log.length = 0
      const rounds = Math.ceil(peers / 3)
      bench.run(rounds * 1_000)
      const probed = bench.all('probe').map(probe => probe.to)
      expect(new Set(probed).size, `${peers} peers`).to.equal(peers)
      expect(probed.length).to.be.at.most(rounds * 3)
    }
  })

  it('asks a calm member every 5 s at most, and at once when there is a reason', () => {
    const bench = new Bench(2)
    bench.input({ type: 'member', id: 'p0', incarnation: 1, seq: 2, calm: true })
    const times = (): number[] => bench.log.filter(output => output.type === 'probe' && output.to === 'p0').map(({ at }) => at)
    bench.run(21_000)
    const calm = times()
    expect(calm).to.have.lengthOf.within(3, 5)
    calm.slice(1).forEach((at, i) => { expect(at - (calm[i] ?? 0)).to.be.at.least(5_000) })
    expect(bench.log.filter(output => output.type === 'probe' && output.to === 'p1')).to.have.lengthOf.at.least(19)
    bench.suspicion('p1', 'p0', { seq: 2 })
    bench.run(600)
    expect(times()).to.have.lengthOf.above(calm.length)
    bench.input({ type: 'member', id: 'p0', incarnation: 1, seq: 3 })
    bench.log.length = 0
    bench.run(10_000)
    expect(times()).to.have.lengthOf.at.least(9)
  })

  it('is calm with everybody when it is a tab', () => {
    const bench = new Bench(3, { calm: true, probes: 1 })
    bench.run(20_000)
    expect(bench.log.filter(({ type }) => type === 'probe')).to.have.lengthOf.within(9, 12)
  })

  it('goes round in another order on every node', () => {
    const order = (seed: number): string => new Bench(9, { random: createRandom(seed) }).run(4_000).all('probe').map(probe => probe.to).join()
    expect(new Set([1, 2, 3, 4].map(order)).size).to.equal(4)
  })

  it('suspects nobody who answers, and nobody who answers slowly but surely', () => {
    const bench = new Bench(9)
    for (const id of bench.answers.keys()) bench.answers.set(id, 450)
    bench.run(30_000)
    for (const id of bench.answers.keys()) bench.answers.set(id, 900)
    bench.run(60_000)
    expect(bench.all('suspect').length).to.equal(0)
  })

  it('asks three others before it suspects', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    bench.run(5_000)
    const [suspected] = bench.all('suspect')
    const probed = bench.all('probe').find(probe => probe.to === 'p4')!
    const asked = bench.all('probeRequest').filter(request => request.target === 'p4' && request.at < suspected!.at)
    expect(asked.map(({ nonce }) => nonce)).to.deep.equal([probed.nonce, probed.nonce, probed.nonce])
    expect(new Set(asked.map(({ via }) => via)).size).to.equal(3)
    expect(asked[0]!.at - probed.at).to.equal(500)
    expect(suspected!.at - probed.at).to.equal(1_000)
  })

  it('keeps a member that only others reach', () => {
    const bench = new Bench(3)
    bench.answers.delete('p0')
    bench.run(30_000, () => {
      for (const request of bench.all('probeRequest').filter(({ at }) => at > bench.now - 150)) bench.input({ type: 'ack', nonce: request.nonce })
    })
    expect(bench.all('down')).to.deep.equal([])
    expect(bench.all('suspect')).to.deep.equal([])
  })

  it('takes a late answer as well', () => {
    const bench = new Bench(1)
    bench.answers.set('p0', 1_500)
    bench.run(1_900)
    expect(bench.all('suspect').length).to.equal(1)
    bench.run(1_000)
    expect(bench.all('alive').length).to.equal(1)
    expect(bench.all('down').length).to.equal(0)
  })

  it('probes at once whom another room has trouble with', () => {
    const bench = new Bench(9).run(500)
    bench.now += 600
    bench.log.length = 0
    bench.input({ type: 'report', id: 'p5' })
    expect(bench.all('probe').map(probe => probe.to)).to.deep.equal(['p5'])
  })
})

describe('failure detector: suspicion', () => {
  it('gives up a silent member after 6 s when others could confirm and do not, after 2.5 s when three do', () => {
    const timeOf = (confirmations: number): number => {
      const bench = new Bench(9)
      bench.answers.delete('p4')
      while (bench.all('suspect').length === 0) bench.run(100)
      for (let i = 0; i < confirmations; i++) bench.suspicion(`p${i}`, 'p4')
      bench.run(9_000)
      return bench.all('down')[0]!.at - bench.all('suspect')[0]!.at
    }
    expect([0, 1, 2, 3, 4].map(timeOf)).to.deep.equal([6_000, 4_300, 3_300, 2_500, 2_500])
  })

  it('does not wait for confirmations that nobody could give', () => {
    const bench = new Bench(1)
    bench.answers.delete('p0')
    bench.run(9_000)
    expect(bench.all('down')[0]!.at - bench.all('suspect')[0]!.at).to.equal(2_500)
  })

  it('takes all its time when it is alone with silence: perhaps it is the one that is cut off', () => {
    const bench = new Bench(3)
    bench.answers.clear()
    bench.run(30_000)
    expect(bench.all('down').length).to.equal(3)
    expect(bench.all('down')[0]!.at - bench.all('suspect')[0]!.at).to.be.at.least(5_900)
  })

  it('counts each confirmer once, and only members', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    while (bench.all('suspect').length === 0) bench.run(100)
    for (let i = 0; i < 20; i++) {
      bench.suspicion('p1', 'p4')
      bench.suspicion(`stranger${i}`, 'p4')
      bench.suspicion('p4', 'p4')
    }
    bench.run(9_000)
    expect(bench.all('down')[0]!.at - bench.all('suspect')[0]!.at).to.equal(4_300)
  })

  it('tells the others once', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    bench.run(20_000)
    expect(bench.all('spread').map(({ at: _, ...output }) => output)).to.deep.equal([{ type: 'spread', id: 'p4', incarnation: 1, seq: 1, refused: false }])
  })

  it('ends with an answer, a frame, a connection or a newer record of the suspect', () => {
    const signs: Timeless[] = [
      { type: 'contact', id: 'p4' }, { type: 'connected', id: 'p4' }, { type: 'redialled', id: 'p4', ok: true, refused: false },
      { type: 'member', id: 'p4', incarnation: 1, seq: 2 }, { type: 'member', id: 'p4', incarnation: 2, seq: 1 }
    ]
    for (const sign of signs) {
      const bench = new Bench(9)
      bench.answers.delete('p4')
      while (bench.all('suspect').length === 0) bench.run(100)
      expect(bench.input(sign), sign.type).to.deep.equal([{ type: 'alive', id: 'p4' }])
      expect(bench.detector.stats()['suspects']).to.equal(0)
    }
  })

  it('does not end with a record that is not newer', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    while (bench.all('suspect').length === 0) bench.run(100)
    expect(bench.input({ type: 'member', id: 'p4', incarnation: 1, seq: 1 })).to.deep.equal([])
    expect(bench.input({ type: 'member', id: 'p4', incarnation: 0, seq: 9 })).to.deep.equal([])
  })

  it('makes the time shorter with every confirmation, between the two ends', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 }), (confirmed, able) => {
      const timing = { min: 2_500, max: 6_000, enough: 3 }
      const time = suspicionTimeout(timing, confirmed, able, false)
      expect(time).to.be.within(2_500, 6_000)
      expect(suspicionTimeout(timing, confirmed + 1, able, false)).to.be.at.most(time)
      if (confirmed >= Math.min(3, able)) expect(time).to.equal(2_500)
    }))
  })
})

describe('failure detector: what others say', () => {
  it('is never believed alone: the member is asked, and while it answers nothing happens but that it hears of it', () => {
    const bench = new Bench(9).run(1_000)
    bench.now += 600
    bench.log.length = 0
    for (let i = 0; i < 8; i++) bench.suspicion(`p${i}`, 'p8', { refused: true })
    expect(bench.all('probe').map(probe => probe.to)).to.deep.equal(['p8'])
    bench.run(10_000)
    expect(bench.fresh().filter(what => !what.startsWith('probe'))).to.deep.equal(['warn p8'])
  })

  it('is passed on to a connected member that this node does not suspect, twice a second at most', () => {
    const bench = new Bench(9).run(1_000)
    for (let i = 0; i < 10; i++, bench.now += 100) bench.suspicion('p1', 'p8', { refused: true })
    expect(bench.all('warn').map(({ at, ...warn }) => warn)).to.deep.equal(Array(2).fill({ type: 'warn', id: 'p8', incarnation: 1, seq: 1, refused: true, gone: false }))
    bench.now += 600
    bench.log.length = 0
    bench.suspicion('stranger', 'p8')
    bench.suspicion('p1', 'p8', { incarnation: 2 })
    bench.suspicion('p1', 'p8', { seq: 0 })
    bench.answers.delete('p7')
    while (!bench.all('suspect').some(({ id }) => id === 'p7')) bench.run(100)
    bench.suspicion('p1', 'p7')
    expect(bench.all('warn')).to.deep.equal([])
    // who gave it up, and asks, is answered by it
    bench.suspicion('p1', 'p7', { gone: true })
    expect(bench.all('warn').map(({ id, gone }) => ({ id, gone }))).to.deep.equal([{ id: 'p7', gone: true }])
  })

  it('about a member without a connection asks third parties all the same, and is no accusation when it is what was', () => {
    for (const gone of [true, false]) {
      const bench = new Bench(9).run(1_000)
      bench.input({ type: 'member', id: 'far', incarnation: 1, seq: 1 })
      bench.now += 600
      bench.log.length = 0
      for (const from of ['p1', 'p2', 'p3']) bench.suspicion(from, 'far', { gone })
      const heard = bench.now
      bench.run(600)
      expect(bench.all('probeRequest').filter(({ target }) => target === 'far')).to.have.length(3)
      bench.run(10_000)
      const took = bench.all('down')[0]!.at - heard
      expect(took).to.be.within(gone ? 6_000 : 2_500, gone ? 8_000 : 3_000)
      expect(bench.all('warn')).to.deep.equal([])
    }
  })

  it('that it is gone is passed on to a member without a connection once there is one, the newest such word alone', () => {
    const bench = new Bench(9).run(1_000)
    bench.input({ type: 'member', id: 'far', incarnation: 1, seq: 1 })
    bench.now += 600
    bench.log.length = 0
    bench.suspicion('p1', 'far')
    expect(bench.all('redial').map(({ id }) => id)).to.deep.equal(['far'])
    bench.input({ type: 'redialled', id: 'far', ok: true, refused: false })
    expect(bench.all('warn')).to.deep.equal([])
    bench.input({ type: 'closed', id: 'far' })
    bench.suspicion('p1', 'far', { gone: true })
    bench.suspicion('p2', 'far', { gone: true, seq: 3 })
    bench.suspicion('p2', 'far')
    expect(bench.all('warn')).to.deep.equal([])
    bench.input({ type: 'redialled', id: 'far', ok: false, refused: false })
    bench.now += 100
    bench.input({ type: 'connected', id: 'far' })
    bench.input({ type: 'connected', id: 'far' })
    expect(bench.all('warn').map(({ at, ...warn }) => warn)).to.deep.equal([{ type: 'warn', id: 'far', incarnation: 1, seq: 3, refused: false, gone: true }])
  })

  it('asks first who brought the last answer, until the member is known to have closed', () => {
    const bench = new Bench(60).run(1_000)
    bench.input({ type: 'member', id: 'far', incarnation: 1, seq: 1 })
    let asked: string[] = []
    const askOnce = (): void => {
      bench.log.length = 0
      while (bench.all('probeRequest').length === 0) bench.run(100)
      asked = bench.all('probeRequest').map(({ via }) => via)
      bench.input({ type: 'ack', nonce: bench.all('probeRequest')[0]!.nonce, from: 'p44' })
    }
    askOnce()
    for (let i = 0; i < 10; i++) {
      askOnce()
      expect(asked[0]).to.equal('p44')
    }
    bench.input({ type: 'connected', id: 'far' })
    bench.input({ type: 'closed', id: 'far' })
    const again: string[] = []
    for (let i = 0; i < 10; i++) {
      askOnce()
      again.push(asked[0]!)
    }
    expect(new Set(again).size).to.be.greaterThan(5)
  })

  it('saves asking third parties when the member does not answer', () => {
    const bench = new Bench(9).run(1_000)
    bench.now += 600
    bench.answers.delete('p8')
    bench.log.length = 0
    bench.suspicion('p1', 'p8')
    const heard = bench.now
    bench.run(600)
    expect(bench.all('probeRequest').filter(({ at }) => at <= heard + 500)).to.deep.equal([])
    expect(bench.all('suspect')[0]?.at).to.equal(heard + 500)
    expect(bench.all('spread').length).to.equal(1)
    bench.suspicion('p2', 'p8')
    bench.suspicion('p3', 'p8')
    bench.run(5_000)
    expect(bench.all('down')[0]?.at).to.equal(heard + 2_500)
  })

  it('is ignored when it is about something older than what is known', () => {
    const bench = new Bench(9)
    bench.input({ type: 'member', id: 'p8', incarnation: 1, seq: 5 })
    bench.now += 600
    expect(bench.suspicion('p1', 'p8', { seq: 4 })).to.deep.equal([])
    expect(bench.suspicion('p1', 'p8', { incarnation: 0, seq: 9 })).to.deep.equal([])
    expect(bench.suspicion('p1', 'nobody')).to.deep.equal([])
    expect(bench.detector.stats()['ignored']).to.equal(3)
  })

  it('removes nobody, however often one liar says it of everybody, and costs a bounded number of probes', () => {
    const bench = new Bench(50)
    let lies = 0
    bench.run(30_000, () => {
      for (let i = 1; i < 50; i++, lies++) bench.suspicion('p0', `p${i}`, { seq: 1 + lies % 3, refused: true })
      bench.suspicion('p0', 'self', { seq: Number.MAX_SAFE_INTEGER })
    })
    expect(bench.all('suspect')).to.deep.equal([])
    expect(bench.all('down')).to.deep.equal([])
    // each member twice a second at most, besides the rounds
    expect(bench.all('probe').length).to.be.at.most(30 * 2 * 49 + 30 * 3)
    expect(bench.detector.stats()['outstanding']).to.be.at.most(100)
  })

  it('of this node is answered with a higher seq, not too often, and the last word is not lost', () => {
    const bench = new Bench(3)
    expect(bench.suspicion('p0', 'self')).to.deep.equal([{ type: 'refute', seq: 2 }])
    expect(bench.suspicion('p1', 'self'), 'answered already').to.deep.equal([])
    expect(bench.suspicion('p1', 'self', { seq: 2 }), 'too soon').to.deep.equal([])
    bench.log.length = 0
    bench.run(600)
    expect(bench.all('refute').map(({ seq }) => seq)).to.deep.equal([3])
    expect(bench.suspicion('p1', 'self', { incarnation: 2, seq: 9 }), 'not this life').to.deep.equal([])
  })

  it('cannot make the own seq run away', () => {
    const bench = new Bench(1)
    bench.run(60_000, () => bench.suspicion('p0', 'self', { seq: Number.MAX_SAFE_INTEGER }))
    expect(Math.max(...bench.all('refute').map(({ seq }) => seq))).to.be.at.most(121 * 17 + 1)
    expect(bench.all('refute').length).to.be.within(100, 121)
  })
})

describe('failure detector: connections', () => {
  it('suspects at once when the last one closes, dials again and asks others', () => {
    const bench = new Bench(9)
    bench.log.length = 0
    bench.input({ type: 'closed', id: 'p4' })
    expect(bench.fresh()).to.deep.equal(['suspect p4', 'redial p4', 'probeRequest', 'probeRequest', 'probeRequest'])
    bench.input({ type: 'connected', id: 'p4' })
    expect(bench.fresh()).to.deep.equal(['alive p4'])
  })

  it('does not believe frames that were read before the close', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    bench.input({ type: 'closed', id: 'p4' })
    bench.log.length = 0
    bench.input({ type: 'contact', id: 'p4' })
    expect(bench.fresh()).to.deep.equal([])
  })

  it('gives a member up at once when two are refused', () => {
    for (const otherFirst of [true, false]) {
      const bench = new Bench(3)
      bench.answers.delete('p0')
      if (otherFirst) bench.suspicion('p1', 'p0', { refused: true })
      bench.input({ type: 'closed', id: 'p0' })
      bench.input({ type: 'redialled', id: 'p0', ok: false, refused: true })
      if (!otherFirst) {
        expect(bench.all('spread').at(-1)?.refused).to.equal(true)
        expect(bench.all('down').length).to.equal(0)
        bench.suspicion('p1', 'p0', { refused: true })
      }
      expect(bench.all('down').map(({ id, at }) => `${id} ${at - bench.now}`)).to.deep.equal(['p0 0'])
    }
  })

  it('waits 2.5 s with a refusal that nobody can confirm', () => {
    const bench = new Bench(1)
    bench.answers.clear()
    bench.input({ type: 'closed', id: 'p0' })
    bench.input({ type: 'redialled', id: 'p0', ok: false, refused: true })
    const since = bench.now
    bench.run(5_000)
    expect(bench.all('down')[0]!.at - since).to.equal(2_500)
  })

  it('does not end a member on the word of others that were refused', () => {
    const bench = new Bench(3)
    bench.answers.delete('p0')
    bench.input({ type: 'closed', id: 'p0' })
    bench.suspicion('p1', 'p0', { refused: true })
    bench.suspicion('p2', 'p0', { refused: true })
    bench.input({ type: 'redialled', id: 'p0', ok: false, refused: false })
    expect(bench.all('down')).to.deep.equal([])
  })

  it('tries a suspect again every second, by every way', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    bench.input({ type: 'closed', id: 'p4' })
    bench.run(3_500)
    expect(bench.all('redial').length).to.be.within(3, 4)
    expect(bench.all('probeRequest').length).to.be.within(9, 12)
  })
})

describe('failure detector: a sick node accuses nobody', () => {
  it('listens first when it wakes from a stall of any length', () => {
    for (const stall of [700, 2_000, 10_000, 600_000]) {
      for (let phase = 0; phase < 20; phase++) {
        const bench = new Bench(9).run(5_000 + phase * 100)
        bench.stall(stall)
        bench.run(5_000)
        expect(bench.all('suspect'), `${stall} ms`).to.deep.equal([])
      }
    }
  })

  it('lets a suspect keep the time that it had left', () => {
    const bench = new Bench(9)
    bench.answers.delete('p4')
    while (bench.all('suspect').length === 0) bench.run(100)
    bench.stall(20_000)
    bench.run(1_000)
    expect(bench.all('down')).to.deep.equal([])
    bench.input({ type: 'contact', id: 'p4' })
    expect(bench.all('alive').length).to.equal(1)
  })

  it('gives nobody up for what it hears between a stall and the tick that tells of it', () => {
    for (const hear of ['suspicion', 'redialled', 'closed', 'report'] as const) {
      const bench = new Bench(9)
      bench.answers.delete('p4')
      while (bench.all('suspect').length === 0) bench.run(100)
      bench.now += 60_000
      if (hear === 'suspicion') bench.suspicion('p5', 'p4', { refused: true })
      else if (hear === 'redialled') bench.input({ type: 'redialled', id: 'p4', ok: false, refused: false })
      else bench.input({ type: hear, id: 'p4' })
      bench.input({ type: 'tick', lag: 60_000 - bench.detector.tickInterval })
      expect(bench.all('down'), hear).to.deep.equal([])
      bench.run(20_000)
      expect(bench.all('down').map(({ id }) => id), `${hear}: but does in the end`).to.deep.equal(['p4'])
    }
  })

  it('does not put off what it finds out between a stall and the tick that tells of it', () => {
    const bench = new Bench(9)
    bench.run(1_000)
    bench.answers.delete('p4')
    bench.now += 60_000
    bench.input({ type: 'closed', id: 'p4' })
    bench.input({ type: 'tick', lag: 60_000 - bench.detector.tickInterval })
    bench.run(20_000)
    expect(bench.all('down').map(({ id }) => id)).to.deep.equal(['p4'])
  })

  it('accuses nobody though its timers fire once a minute, as in a tab that was hidden for long', () => {
    for (const answer of [1, 300]) {
      const bench = new Bench(9, { tick: 500, probes: 1, calm: true, calmInterval: 10_000 })
      for (const id of bench.answers.keys()) bench.answers.set(id, answer)
      const throttled = (minutes: number, each: (ms: number) => void = () => {}): void => {
        for (let ms = 0; ms < minutes * 60_000; ms += 100) {
          bench.now += 100
          bench.answerDue()
          each(ms)
          if (ms % 60_000 === 59_900) bench.input({ type: 'tick', lag: 59_500 })
        }
      }
      throttled(120)
      expect(bench.all('probe').length).to.be.above(10)
      // others wrongly suspect some of them, connections come and go
      throttled(120, ms => {
        if (ms % 7_000 === 0) bench.suspicion('p1', `p${2 + ms / 7_000 % 7}`)
        if (ms % 11_000 === 0) bench.input({ type: 'closed', id: 'p8' })
        if (ms % 11_000 === 200) bench.input({ type: 'connected', id: 'p8' })
      })
      expect(bench.all('spread')).to.deep.equal([])
      expect(bench.all('down')).to.deep.equal([])
      expect(new Set(bench.all('suspect').map(({ id }) => id))).to.deep.equal(new Set(['p8']))
    }
  })

  it('judges in the end although every tick is late', () => {
    const bench = new Bench(2)
    bench.answers.clear()
    for (let i = 0; i < 600; i++) {
      bench.now += 1_000
      bench.input({ type: 'tick', lag: 900 })
    }
    expect(bench.all('down').length).to.equal(2)
  })

  it('gives more time when it is late, or nobody answers, or others suspect it, and recovers', () => {
    const health = (bench: Bench): number => bench.detector.stats()['health']!
    const late = new Bench(9)
    late.stall(2_000)
    expect(health(late)).to.be.above(0)
    const deaf = new Bench(9)
    for (let i = 0; i < 6; i++) deaf.answers.delete(`p${i}`)
    deaf.run(3_000)
    expect(health(deaf)).to.be.above(0)
    const accused = new Bench(9)
    accused.run(60_000, () => accused.suspicion('p0', 'self', { seq: 9_999 }))
    expect(health(accused), 'a liar must not blind it').to.be.within(1, 3)
    for (const bench of [late, accused]) expect(health(bench.run(10_000))).to.equal(0)
  })

  it('accuses nobody after a sleep in which its clock stood still, and gives suspects all their time again', () => {
    for (let phase = 0; phase < 20; phase++) {
      const bench = new Bench(9).run(5_000 + phase * 100)
      bench.answers.delete('p4')
      while (bench.all('suspect').length === 0) bench.run(100)
      bench.run(2_000)
      bench.log.length = 0
      // the answers to what was asked before the sleep are lost, and all connections with it
      bench.answers.clear()
      bench.input({ type: 'woken' })
      for (let i = 0; i < 9; i++) bench.input({ type: 'closed', id: `p${i}` })
      for (let i = 0; i < 9; i++) bench.input({ type: 'redialled', id: `p${i}`, ok: false, refused: true })
      bench.suspicion('p1', 'p2', { refused: true })
      bench.run(2_900)
      expect([...bench.all('spread'), ...bench.all('down')]).to.deep.equal([])
      // the network is back
      for (let i = 0; i < 9; i++) if (i !== 4) bench.join(`p${i}`)
      bench.run(1_000)
      expect(new Set(bench.all('alive').map(({ id }) => id)).size).to.equal(8)
      expect(bench.all('down')).to.deep.equal([])
      bench.run(20_000)
      expect(bench.all('down').map(({ id }) => id)).to.deep.equal(['p4'])
      expect(bench.all('spread').filter(({ id }) => id !== 'p4')).to.deep.equal([])
    }
  })

  it('does not let others remove a node that stood still for 2 s', () => {
    for (const peers of [1, 2, 9]) {
      for (let phase = 0; phase < 30; phase++) {
        const bench = new Bench(peers, { random: createRandom(phase) }).run(3_000 + phase * 50)
        bench.answers.delete('p0')
        bench.run(2_000, () => {
          // the others see the same as this node, at the same time
          if (bench.all('suspect').length > 0) for (let i = 1; i < peers; i++) bench.suspicion(`p${i}`, 'p0')
        })
        bench.answers.set('p0', 1)
        bench.input({ type: 'contact', id: 'p0' })
        bench.run(5_000)
        expect(bench.all('down')).to.deep.equal([])
        expect(bench.detector.stats()['suspects']).to.equal(0)
      }
    }
  })
})

describe('failure detector: bounds', () => {
  it('watches so many members and no more', () => {
    const bench = new Bench(0, { maxMembers: 10 })
    for (let i = 0; i < 1_000; i++) bench.join(`p${i}`)
    expect(bench.detector.stats()['members']).to.equal(10)
  })

  it('forgets all of a member', () => {
    const bench = new Bench(5)
    bench.answers.clear()
    bench.run(3_000)
    for (let i = 0; i < 5; i++) bench.detector.step({ type: 'forget', id: `p${i}` })
    const { members, suspects, outstanding } = bench.detector.stats()
    expect({ members, suspects, outstanding }).to.deep.equal({ members: 0, suspects: 0, outstanding: 0 })
  })

  it('tells a story without contradictions, whatever comes in', () => {
    const id = fc.constantFrom('p0', 'p1', 'p2', 'stranger', 'self')
    const input = fc.oneof(
      fc.record({ type: fc.constant('woken' as const) }),
      fc.record({ type: fc.constant('tick' as const), lag: fc.constantFrom(0, 0, 0, 400, 3_000) }),
      fc.record({ type: fc.constant('member' as const), id, incarnation: fc.integer({ min: 1, max: 2 }), seq: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ type: fc.constantFrom('forget' as const, 'connected' as const, 'closed' as const, 'contact' as const, 'report' as const), id }),
      fc.record({ type: fc.constant('redialled' as const), id, ok: fc.boolean(), refused: fc.boolean() }),
      fc.record({
        type: fc.constant('suspicion' as const), from: id, id, incarnation: fc.integer({ min: 0, max: 3 }), seq: fc.integer({ min: 0, max: 6 }), refused: fc.boolean()
      }),
      fc.record({ type: fc.constant('ack' as const), nonce: fc.integer({ min: -1, max: 5 }) })
    )
    fc.assert(fc.property(fc.array(fc.tuple(input, fc.integer({ min: 0, max: 700 })), { maxLength: 200 }), fc.integer(), (inputs, seed) => {
      const bench = new Bench(3, { random: createRandom(seed) })
      bench.answers.clear()
      const members = new Set(['p0', 'p1', 'p2'])
      const suspects = new Set<string>()
      for (const [input, wait] of inputs) {
        bench.now += wait
        if (input.type === 'member' && input.id !== 'self') members.add(input.id)
        if (input.type === 'forget') for (const set of [members, suspects]) set.delete(input.id)
        for (const output of bench.input(input)) {
          if (!('id' in output)) continue
          expect(members.has(output.id), `${output.type} of a member`).to.equal(true)
          if (output.type === 'suspect') expect(suspects.has(output.id)).to.equal(false)
          if (output.type === 'alive' || output.type === 'spread' || output.type === 'down') expect(suspects.has(output.id) || output.type === 'spread').to.equal(true)
          if (output.type === 'suspect') suspects.add(output.id)
          if (output.type === 'alive') suspects.delete(output.id)
          if (output.type === 'down') for (const set of [members, suspects]) set.delete(output.id)
        }
        expect(bench.detector.stats()['suspects']).to.equal(suspects.size)
        expect(bench.detector.stats()['outstanding']).to.be.at.most(2 * members.size)
      }
    }), { numRuns: 300 })
  })
})
