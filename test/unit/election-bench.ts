/** A few election cores on a table, a millisecond at a time, told what to do by lines of text; see election-transcripts.ts. */
import { createElection } from '../../src/election/election.core.ts'
import { compareTokens } from '../../src/election/tokens.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Durable, ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, Entry, HardState, Time, Token } from '../../src/election/types.core.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

interface Node {
  core: ElectionCore
  options: Partial<ElectionConfig>
  up: boolean
  asleep: boolean
  rate: number
  now: number
  wall: number
  saved: number
  durable: Durable | undefined
  saves: Array<{ id: number, at: number, state: Durable }>
  held: Array<{ to: string, message: Message, after: number }>
  hard: HardState
  entries: Map<string, Entry>
  synced: Durable['synced']
  lease: { token: Token, until: Time } | undefined
  heard: string[]
}

const NONE = { epoch: 0, term: 0, index: 0 }

export class Bench {
  readonly nodes = new Map<string, Node>()
  readonly #names = new Map<string, string>()
  readonly #cuts = new Set<string>()
  readonly #random = createRandom(1)
  readonly #mail: Array<{ at: number, from: string, to: string, message: Message }> = []
  #at = 0
  #fsync = 1
  #terms = new Map<string, number>()
  /** Under which somebody led when it was last marked. */
  #tokens: Token[] = []

  /** Runs one line. @throws when what it expects is not so */
  line (text: string): void {
    const [verb = '', ...words] = text.trim().split(/\s+/)
    const rest = words.map(word => this.#names.get(word) ?? word)
    const [a = '', b = ''] = rest
    switch (verb) {
      case 'voters': for (const id of rest) this.#add(id, { voters: rest, targetVoters: 0 }); this.#run(3_000); this.#mark(); break
      case 'default': for (const id of rest) this.#add(id, {}); break
      case 'learner': this.#add(a, { targetVoters: Number(b || 3) }); break
      case 'run': this.#run(Number(a)); break
      case 'mark': this.#mark(); break
      case 'fsync': this.#fsync = Number(a); break
      case 'cut': this.#cut(a, rest.slice(1), true); break
      case 'heal': this.#cut(a, rest.slice(1), false); break
      case 'kill': this.#kill(a); break
      case 'wipe': this.#kill(a); this.nodes.get(a)!.durable = undefined; break
      case 'start': this.#start(a); break
      case 'aged': this.#aged(a, Number(b)); break
      case 'sleep': this.nodes.get(a)!.asleep = true; break
      case 'wake': this.nodes.get(a)!.asleep = false; this.#step(a, { type: 'tick' }); break
      case 'jump': this.nodes.get(a)!.wall += Number(b); this.#step(a, { type: 'tick' }); break
      case 'rate': this.nodes.get(a)!.rate = Number(b); break
      case 'transfer': this.#step(a, { type: 'transfer', id: 3, ...b === '' ? {} : { to: b } }); break
      case 'leave': this.#step(a, { type: 'leave' }); break
      case 'farewell': this.#step(a, { type: 'leave', last: true }); this.#run(3); break
      case 'conflict': this.#step(a, { type: 'identity-conflict', active: b !== 'over' }); break
      case 'recover': this.#step(a, { type: 'recover', id: 4, voters: rest }); break
      case 'see': this.#step(a, { type: 'candidates', candidates: rest.slice(1).map(id => ({ id, eligible: true })) }); break
      case 'write': this.#step(a, { type: 'propose', id: 1, writes: [{ key: b, value: new TextEncoder().encode(rest[2]) }] }); break
      case 'erase': this.#step(a, { type: 'propose', id: 1, writes: Array.from({ length: Number(rest[2]) }, (_, i) => ({ key: `${b}${i}`, value: undefined })) }); break
      case 'read': this.#step(a, { type: 'read', id: 2, key: b }); break
      case 'ask': this.#ask(a, b, rest[2] as 'vote', Number(rest[3]), rest.slice(4)); break
      case 'expect': this.#expect(text, rest); break
      default: throw new Error(`no such line: ${text}`)
    }
  }

  #add (id: string, options: Partial<ElectionConfig>): void {
    const node = { options, up: false, asleep: false, rate: 1, now: 1_000, wall: 1_700_000_000_000 } as Node
    this.nodes.set(id, node)
    this.#start(id)
  }

  #start (id: string): void {
    const node = this.nodes.get(id)!
    const { durable } = node
    Object.assign(node, { up: true, saved: 0, saves: [], held: [], lease: undefined, heard: [], synced: durable?.synced ?? NONE })
    node.entries = new Map((durable?.entries ?? []).map(entry => [entry.key, entry]))
    if (durable !== undefined) node.hard = durable.hard
    node.core = createElection({ self: id, service: 'login', random: this.#random.fork(`${id} ${this.#at}`), time: this.#time(node), durable, ...node.options })
    this.#step(id, { type: 'tick' })
    for (const [peer, other] of this.nodes) {
      if (peer === id || !other.up) continue
      this.#step(id, { type: 'connected', peer })
      this.#step(peer, { type: 'connected', peer: id })
    }
  }

  #kill (id: string): void {
    this.nodes.get(id)!.up = false
    this.nodes.get(id)!.lease = undefined
    for (const [peer, other] of this.nodes) if (other.up) this.#step(peer, { type: 'closed', peer: id })
  }

  /** What it stored says that it went through many terms. */
  #aged (id: string, terms: number): void {
    const { durable } = this.nodes.get(id)!
    this.nodes.get(id)!.durable = { ...durable!, hard: { ...durable!.hard, term: durable!.hard.term + terms, vote: undefined } }
  }

  #time ({ now, wall }: Node): Time {
    return { now, wall }
  }

  #step (id: string, input: Untimed<ElectionInput>): void {
    const node = this.nodes.get(id)!
    if (!node.up || node.asleep) return
    for (const output of node.core.step({ ...input, ...this.#time(node) })) this.#obey(id, node, output)
  }

  #obey (id: string, node: Node, output: ElectionOutput): void {
    if (output.type === 'send') {
      if (output.after > node.saved) node.held.push(output)
      else this.#mail.push({ at: this.#at + 1, from: id, to: output.to, message: output.message })
    } else if (output.type === 'save') {
      if (output.hard !== undefined) node.hard = output.hard
      if (output.register !== undefined) {
        if (output.register.reset) node.entries = new Map()
        for (const entry of output.register.entries) node.entries.set(entry.key, entry)
        for (const key of output.register.drop) node.entries.delete(key)
        node.synced = output.register.synced
      }
      node.saves.push({ id: output.id, at: this.#at + this.#fsync, state: { hard: node.hard, entries: [...node.entries.values()], synced: node.synced } })
    } else if (output.type === 'lease') node.lease = output
    else if (output.type === 'lease-end') node.lease = undefined
    else if (output.type === 'value') node.heard.push(`value=${output.entry?.value === undefined ? '' : new TextDecoder().decode(output.entry.value)}`)
    else if (output.type === 'problem') node.heard.push(output.problem)
    else if (output.type === 'transferred' || output.type === 'recovered') node.heard.push(`${output.type}=${output.ok}`)
    else node.heard.push(output.type === 'group' ? output.what : output.type)
  }

  #run (ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.#at++
      for (const [id, node] of this.nodes) {
        if (!node.asleep) node.now += node.rate
        node.wall += node.rate
        while (node.up && !node.asleep && node.saves[0] !== undefined && node.saves[0].at <= this.#at) this.#saved(id, node)
        if (node.up && node.core.due <= node.now) this.#step(id, { type: 'tick' })
      }
      const due = this.#mail.filter(mail => mail.at <= this.#at)
      this.#mail.splice(0, this.#mail.length, ...this.#mail.filter(mail => mail.at > this.#at))
      for (const { from, to, message } of due) if (!this.#cuts.has(`${from} ${to}`)) this.#step(to, { type: 'message', from, message })
      const leased = [...this.nodes.keys()].filter(id => this.#leased(id))
      const groups = leased.map(id => this.#status(id).group)
      if (new Set(groups).size < groups.length) throw new Error(`two leases at ${this.#at}: ${leased.join(', ')}`)
    }
  }

  #saved (id: string, node: Node): void {
    const { id: save, state } = node.saves.shift()!
    node.saved = save
    node.durable = state
    for (const { to, message } of node.held.filter(held => held.after <= save)) this.#mail.push({ at: this.#at + 1, from: id, to, message })
    node.held = node.held.filter(held => held.after > save)
    this.#step(id, { type: 'saved', id: save })
  }

  #cut (id: string, others: readonly string[], cut: boolean): void {
    for (const other of others.length > 0 ? others : [...this.nodes.keys()]) {
      for (const link of [`${id} ${other}`, `${other} ${id}`]) cut ? this.#cuts.add(link) : this.#cuts.delete(link)
    }
  }

  /** L is the leader from now on, A, B, C … are the others, in order. */
  #mark (): void {
    const leader = [...this.nodes.keys()].find(id => this.#leased(id))
    if (leader === undefined) throw new Error('nobody leads')
    this.#names.clear()
    this.#names.set('L', leader)
    const others = [...this.nodes.keys()].filter(id => id !== leader)
    others.forEach((id, i) => this.#names.set('ABCDEFG'[i]!, id))
    this.#terms = new Map([...this.nodes.keys()].map(id => [id, this.#status(id).term]))
    this.#tokens = [...this.nodes.keys()].filter(id => this.#leased(id)).map(id => this.nodes.get(id)!.lease!.token)
    for (const node of this.nodes.values()) node.heard = []
  }

  #leased (id: string): boolean {
    const { lease, now, wall, up } = this.nodes.get(id)!
    return up && lease !== undefined && now < lease.until.now && wall < lease.until.wall
  }

  #status (id: string): ReturnType<ElectionCore['status']> {
    return this.nodes.get(id)!.core.status(this.#time(this.nodes.get(id)!))
  }

  /** A request for a vote, so many terms above the asked one's; `old`: with a config older than it has; `stranger`: of another incarnation. */
  #ask (from: string, to: string, type: 'prevote' | 'vote', ahead: number, how: readonly string[]): void {
    const { config, term, epoch, group } = this.#status(to)
    const { incarnation } = this.nodes.get(from)!.hard
    this.#step(to, {
      type: 'message',
      from,
      message: {
        type, group, epoch, term: term + ahead, incarnation: how.includes('stranger') ? '0'.repeat(32) : incarnation, transfer: how.includes('transfer'),
        config: { ...config!, version: config!.version - (how.includes('old') ? 1 : 0) }
      }
    })
  }

  #expect (text: string, [what, a = '', b = '', c = '']: string[]): void {
    const fail = (got: unknown): never => { throw new Error(`${text}: ${String(got)}`) }
    const leased = [...this.nodes.keys()].filter(id => this.#leased(id))
    switch (what) {
      case 'leaders': if (leased.length !== Number(a)) fail(leased.join()); break
      case 'leader': if (leased.join() !== a) fail(leased.join()); break
      case 'lease': if (this.#leased(a) !== (b === 'yes')) fail(this.#leased(a)); break
      case 'tokens': {
        const token = this.nodes.get(leased[0] ?? '')?.lease?.token
        if (token === undefined || this.#tokens.length !== Number(a) || this.#tokens.some(old => compareTokens(token, old) <= 0)) fail(JSON.stringify([token, this.#tokens]))
        break
      }
      case 'state': if (this.#status(a).state !== b) fail(this.#status(a).state); break
      case 'size': if (this.#status(a).voters.length !== Number(b)) fail(this.#status(a).voters.join()); break
      case 'voting': if (this.#status(a).voting !== (b === 'yes')) fail(this.#status(a).voting); break
      case 'term': {
        const risen = this.#status(a).term - (this.#terms.get(a) ?? 0)
        if (b === 'same' ? risen !== 0 : risen < Number(c || b)) fail(`+${risen}`)
        break
      }
      case 'vote': if (this.nodes.get(a)!.hard.vote !== b) fail(this.nodes.get(a)!.hard.vote); break
      case 'no-vote': if (this.nodes.get(a)!.hard.vote === b) fail('voted'); break
      // may have been deleted of late, as that node knows
      case 'deleted': if (this.nodes.get(a)!.core.wasDeleted(b) !== (c === 'yes')) fail(c === 'yes' ? 'no' : 'yes'); break
      case 'unheard': if (this.nodes.get(a)!.heard.includes(b)) fail(this.nodes.get(a)!.heard.join()); break
      case 'heard': if (!this.nodes.get(a)!.heard.includes(b)) fail(this.nodes.get(a)!.heard.join()); break
      default: fail('what?')
    }
  }
}
