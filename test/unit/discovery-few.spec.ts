import { expect } from 'chai'
import { createDetector } from '../../src/discovery/detector.core.ts'
import { createView } from '../../src/discovery/view.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import type { Detector, DetectorInput, DetectorOutput } from '../../src/discovery/detector.core.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { View } from '../../src/discovery/view.core.ts'

type Timeless<T = DetectorInput> = T extends unknown ? Omit<T, 'now'> : never
interface Word { id: string, incarnation: number, seq: number, refused: boolean, gone?: boolean }

const LINK = 10
const TICK = 100
const EXCHANGE = 30_000
const MINUTES = 60_000

/** The detectors and the views of a mesh, joined as discovery joins them, on one clock: all are linked, but one with a few alone. */
class Mesh {
  readonly nodes: Node[]
  readonly random: () => number
  now = 0
  readonly #few: number
  readonly #due = new Map<number, Array<() => void>>()

  /** The first node is the one that only the next `few` can reach. */
  constructor (count: number, few: number, seed: number) {
    this.random = createRandom(seed)
    this.#few = few
    this.nodes = Array.from({ length: count }, (_, i) => new Node(this, i))
    for (const node of this.nodes) {
      for (const other of this.nodes) node.take(other.record, other)
      for (const other of this.linked(node)) node.tell({ type: 'connected', id: other.id })
    }
    for (const node of this.nodes) node.forgetEvents()
    this.#due.clear()
  }

  areLinked (a: Node, b: Node): boolean {
    return a !== b && ((a.index > 0 && b.index > 0) || a.index + b.index <= this.#few)
  }

  linked (node: Node): Node[] {
    return this.nodes.filter(other => this.areLinked(node, other))
  }

  find (id: string): Node {
    return this.nodes.find(node => node.id === id)!
  }

  later (act: () => void): void {
    const at = this.now + LINK
    const acts = this.#due.get(at)
    if (acts == null) this.#due.set(at, [act])
    else acts.push(act)
  }

  run (ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now += LINK) {
      for (const act of this.#due.get(this.now) ?? []) act()
      this.#due.delete(this.now)
      if (this.now % TICK === 0) for (const node of this.nodes) node.tick()
    }
  }
}

class Node {
  readonly id: string
  readonly index: number
  readonly detector: Detector
  readonly view: View
  record: { info: NodeInfo, signed: Uint8Array }
  dead = false
  /** Passes on probes, and what is not `gone`. */
  helps = true
  /** Ids, in order. */
  added: string[] = []
  removed: string[] = []
  readonly #mesh: Mesh
  readonly #disputed = new Map<string, Node>()
  #exchangeAt: number

  constructor (mesh: Mesh, index: number) {
    this.#mesh = mesh
    this.index = index
    this.id = `n${index}`
    this.detector = createDetector({ self: this.id, random: mesh.random })
    this.view = createView({ self: this.id })
    this.record = this.#sign(1)
    this.#exchangeAt = mesh.random() * EXCHANGE
  }

  get seq (): number { return this.record.info.seq }

  forgetEvents (): void { this.added = []; this.removed = [] }

  #sign (seq: number): Node['record'] {
    return { info: { id: this.id, incarnation: 1, seq, state: 'up', addresses: [] } as unknown as NodeInfo, signed: new Uint8Array(1) }
  }

  tell (input: Timeless): void {
    for (const output of this.detector.step({ ...input, now: this.#mesh.now } as DetectorInput)) this.#carryOut(output)
  }

  tick (): void {
    if (this.dead) return
    this.tell({ type: 'tick', lag: 0 })
    let words = 3
    for (const [id, from] of this.#disputed) {
      if (words-- === 0) break
      this.#disputed.delete(id)
      const grave = this.view.disputed(id, this.#mesh.now)
      if (grave != null) this.#say(from, { ...grave, refused: false, gone: true })
    }
    if (this.#mesh.now < this.#exchangeAt) return
    this.#exchangeAt = this.#mesh.now + EXCHANGE * (0.8 + 0.4 * this.#mesh.random())
    const others = this.#mesh.linked(this)
    this.#exchange(others[Math.floor(this.#mesh.random() * others.length)] as Node)
  }

  #send (to: Node, act: () => void): void {
    if (!this.#mesh.areLinked(this, to)) return
    this.#mesh.later(() => {
      if (to.dead) return
      to.tell({ type: 'contact', id: this.id })
      act()
    })
  }

  #exchange (other: Node): void {
    const digest = this.view.digest()
    this.#send(other, () => {
      const { send, fetch } = other.view.compare(digest)
      for (const id of send) other.#pass(this, id)
      other.#send(this, () => { for (const id of fetch) this.#pass(other, id) })
    })
  }

  #pass (to: Node, id: string): void {
    const info = this.view.get(id)
    if (info != null) this.#send(to, () => { to.take({ info, signed: new Uint8Array(1) }, this) })
  }

  take (record: Node['record'], from: Node): void {
    const { id, incarnation, seq } = record.info
    if (!this.view.wants(id, incarnation, seq)) {
      if (this.view.disputed(id, this.#mesh.now) != null) this.#disputed.set(id, from)
      return
    }
    const known = this.view.get(id) != null
    this.view.step({ type: 'record', record, now: this.#mesh.now })
    if (!known) this.added.push(id)
    this.tell({ type: 'member', id, incarnation, seq, calm: id === 'n0' })
    for (const other of this.#mesh.linked(this)) if (other !== from && other.id !== id) this.#send(other, () => { other.take(record, this) })
  }

  #probe (to: Node, onAck: () => void): void {
    this.#send(to, () => {
      to.#send(this, onAck)
      const grave = to.view.tombstone(this.id)
      if (grave != null) to.#say(this, { ...grave, refused: false, gone: true })
    })
  }

  #say (to: Node, word: Word): void {
    this.#send(to, () => { to.tell({ ...word, type: 'suspicion', from: this.id }) })
  }

  #carryOut (output: DetectorOutput): void {
    const mesh = this.#mesh
    switch (output.type) {
      case 'probe':
        this.#probe(mesh.find(output.to), () => { this.tell({ type: 'ack', nonce: output.nonce, from: output.to }) })
        break
      case 'probeRequest': {
        const via = mesh.find(output.via)
        this.#send(via, () => {
          if (!via.helps || via.view.get(output.target) == null) return
          via.#probe(mesh.find(output.target), () => { via.#send(this, () => { this.tell({ type: 'ack', nonce: output.nonce, from: via.id }) }) })
        })
        break
      }
      case 'redial':
        mesh.later(() => { this.tell({ type: 'redialled', id: output.id, ok: mesh.areLinked(this, mesh.find(output.id)) && !mesh.find(output.id).dead, refused: false }) })
        break
      case 'spread':
        for (const other of mesh.linked(this)) if (this.view.get(other.id) != null) this.#say(other, output)
        break
      case 'warn':
        if (this.helps || output.gone) this.#say(mesh.find(output.id), output)
        break
      case 'refute':
        this.record = this.#sign(output.seq)
        this.take(this.record, this)
        break
      default:
        if (output.type === 'down') this.removed.push(output.id)
        this.view.step({ type: 'opinion', id: output.id, opinion: output.type, now: mesh.now })
    }
  }
}

describe('discovery: a node that only a few of the mesh can reach', () => {
  const count = (nodes: Node[], kind: 'added' | 'removed'): number[] => nodes.map(node => node[kind].filter(id => id === 'n0').length)
  const most = (counts: number[]): number => Math.max(...counts)

  for (const [size, few] of [[20, 1], [20, 3], [40, 2]] as const) {
    it(`stays where it is when ${few} of ${size} can, and has little to refute`, () => {
      const mesh = new Mesh(size, few, 7)
      mesh.run(10 * MINUTES)
      const [one, ...others] = mesh.nodes as [Node, ...Node[]]
      expect(most(count(others, 'added'))).to.be.at.most(3)
      expect(most(count(others, 'removed'))).to.be.at.most(3)
      expect(others.filter(({ view }) => view.get(one.id) != null)).to.have.length.of.at.least(size - 3)
      expect(one.seq).to.be.at.most(60)
      expect(others.flatMap(({ removed }) => removed).filter(id => id !== one.id)).to.deep.equal([])
    })
  }

  it('is brought back ever less often when those few do not help', () => {
    const mesh = new Mesh(20, 1, 7)
    for (const node of mesh.nodes) node.helps = false
    mesh.run(10 * MINUTES)
    const [one, ...others] = mesh.nodes as [Node, ...Node[]]
    expect(most(count(others, 'removed'))).to.be.within(1, 7)
    const before = count(others, 'added').reduce((sum, n) => sum + n)
    mesh.run(10 * MINUTES)
    expect(count(others, 'added').reduce((sum, n) => sum + n) - before).to.be.at.most(2 * others.length)
    expect(one.seq).to.be.at.most(60)
  })

  it('is given up by all once it is dead', () => {
    const mesh = new Mesh(20, 1, 7)
    mesh.run(2 * MINUTES)
    const [one, ...others] = mesh.nodes as [Node, ...Node[]]
    one.dead = true
    mesh.run(MINUTES)
    expect(others.filter(({ view }) => view.get(one.id) != null)).to.have.length(0)
  })
})
