/** A peer without a seat, and without scruples: it says whatever a message can say to whoever is connected. Until the world is healed. */
import { sealed } from '../../harness/seals.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type { Config, Entry, GroupKind, Rank, SignedConfig } from '../../../src/election/types.core.ts'
import type { Env, Process } from '../kernel/types.ts'

const DIAL_EVERY = 500
/** Versions that no honest leader comes to, and a group that none founds. */
const FORGED = 500_000
const KINDS: readonly GroupKind[] = ['default', 'expect', 'voters', 'recover']

/** What a peer said last: from that lies are made. */
interface Heard { group: number, epoch: number, term: number, incarnation: string, config: Config | undefined }

/** Whether nobody but a liar can have written it. */
export function isForged (config: Config | undefined): boolean {
  return config !== undefined && (config.version >= FORGED || config.group % FORGED === 7)
}

export class LiarProcess implements Process {
  #env!: Env
  readonly #healed: () => boolean
  readonly #heard = new Map<string, Heard>()
  #incarnation = ''
  /** It says that it has a group of its own: default groups must give way to that, and then it is their leader. */
  #founds = false

  constructor (healed: () => boolean) {
    this.#healed = healed
  }

  start (env: Env): void {
    this.#env = env
    this.#incarnation = env.random.int(0x1_0000).toString(16).padStart(32, 'f')
    this.#founds = env.random.chance(0.3)
    env.setTimer('dial', env.random.between(0, 100))
    env.setTimer('lie', 3_000)
  }

  connected (peer: string): void {
    this.#send(peer, this.#greeting(peer, undefined))
  }

  closed (peer: string): void {
    this.#heard.delete(peer)
  }

  receive (from: string, message: unknown): void {
    const { group, epoch, term, incarnation, ...rest } = message as Message
    const before = this.#heard.get(from)
    const config = 'config' in rest && rest.config !== undefined && 'voters' in rest.config ? rest.config : before?.config
    if (group !== 0) this.#heard.set(from, { group, epoch, term, incarnation, config })
  }

  timer (name: string): void {
    const env = this.#env
    if (name === 'dial') {
      for (const id of env.ids) if (id !== env.id && !env.connections().includes(id)) env.dial(id)
      env.setTimer('dial', DIAL_EVERY)
      return
    }
    const victim = env.random.pick(env.connections())
    if (victim !== undefined && !this.#healed()) this.#lie(victim)
    env.setTimer('lie', env.random.between(10, 400))
  }

  #lie (to: string): void {
    const { random } = this.#env
    const heard = this.#heard.get(to)
    if (heard === undefined) return this.#send(to, this.#greeting(to, undefined))
    this.#env.count('lies')
    const term = heard.term + (random.pick([0, 0, 1, 1, 2, 1_000, 900_000, 2_000_000]) ?? 0)
    const incarnation = random.pick([this.#incarnation, heard.incarnation, random.pick(heard.config?.voters ?? [])?.incarnation ?? '']) ?? ''
    const lie = random.pick(this.#lies(to, heard, term))!()
    this.#send(to, { group: heard.group, epoch: heard.epoch, term, incarnation, ...lie } as Message)
  }

  #lies (to: string, heard: Heard, term: number): Array<() => Partial<Message>> {
    const version = { term, version: heard.config?.version ?? 1 }
    const request = (type: 'prevote' | 'vote') => (): Partial<Message> => ({ type, config: this.#config(to, heard), transfer: this.#coin() })
    const response = (type: 'prevote-response' | 'vote-response') => (): Partial<Message> => ({ type, asked: term, granted: true, config: this.#coin() ? this.#config(to, heard) : undefined })
    const rank = (of: number): Rank => this.#rank(heard, of)
    return [
      request('prevote'), request('vote'), response('prevote-response'), response('vote-response'),
      () => ({ type: 'heartbeat', round: 1, config: { term, version: FORGED }, floor: rank(term), standby: true }),
      () => ({ type: 'heartbeat-response', round: 1, config: version, synced: rank(term), leaving: this.#coin(), promise: 1e6, highestEpoch: this.#epoch(heard) }),
      () => ({ type: 'config', config: this.#config(to, heard), founded: true }),
      () => ({ type: 'config-response', config: version }),
      () => ({ type: 'append', from: rank(0), to: rank(term), reset: this.#coin(), part: 0, last: this.#coin(), entries: this.#entries(heard, term) }),
      () => ({ type: 'append-response', synced: rank(term), part: 0 }),
      () => ({ type: 'read', since: rank(0), part: 0 }),
      () => ({ type: 'table', since: rank(0), synced: rank(term), part: 0, last: true, entries: this.#entries(heard, term) }),
      () => ({ type: 'timeout-now' }),
      () => ({ type: 'bye', seat: this.#coin() }),
      () => ({ type: 'yield', to: this.#newGroup(heard) }),
      () => ({ type: 'propose', config: this.#founding(to, heard), size: 2, firm: this.#coin() }),
      () => ({ type: 'pledge', proposed: heard.group, ok: this.#coin(), why: '', firm: this.#coin() }),
      () => ({ type: 'lineage', configs: this.#lineage(to, heard) }),
      () => this.#greeting(to, heard)
    ]
  }

  /** It must not be taken for a node that may vote: then it would be a member, whom Raft believes. */
  #greeting (to: string, heard: Heard | undefined): Message {
    const forged = heard !== undefined && this.#coin() ? (this.#founds && this.#coin() ? this.#founding(to, heard) : this.#config(to, heard)) : undefined
    return {
      type: 'hello', group: forged?.group ?? 0, epoch: forged?.epoch ?? 0, term: forged?.term ?? 0, incarnation: this.#incarnation, config: forged, founded: forged !== undefined,
      leader: this.#coin() ? this.#env.id : undefined, eligible: false, kind: 'default', size: 1, highestEpoch: heard === undefined ? 0 : this.#epoch(heard), ask: true
    }
  }

  /** Of the victim's own group, with other voters, or of the future. */
  #config (to: string, heard: Heard): Config {
    const { random, id } = this.#env
    const self = { id, incarnation: this.#incarnation }
    const known = heard.config ?? { group: heard.group, epoch: heard.epoch, kind: 'default' as const, term: heard.term, version: 1, voters: [], replaces: 0 }
    if (known.voters.length > 0 && random.chance(0.3)) return known
    const voters = random.pick([[self], [{ id: to, incarnation: heard.incarnation }], [...known.voters.slice(0, 1)], [...known.voters.slice(1), self]])!
    return {
      ...known, term: known.term + random.int(2), version: known.version + FORGED,
      voters: [...voters.length === 0 ? [self] : voters].sort((a, b) => a.id < b.id ? -1 : 1)
    }
  }

  /** It can sign for itself only, and change what others have signed. */
  #lineage (to: string, heard: Heard): SignedConfig[] {
    const config = this.#config(to, heard)
    const by = this.#env.random.pick([this.#env.id, to, heard.config?.voters[0]?.id ?? to]) ?? to
    return this.#env.random.chance(0.2) ? [] : [{ ...sealed(this.#env.id, config), by }]
  }

  /** Of a group that is to take the place of the victim's. */
  #founding (to: string, heard: Heard): Config {
    const { random, id } = this.#env
    const group = this.#newGroup(heard)
    const seats = [{ id, incarnation: this.#incarnation }, { id: to, incarnation: heard.incarnation }].sort((a, b) => a.id < b.id ? -1 : 1)
    return { group, epoch: group, kind: random.pick(KINDS) ?? 'recover', term: 0, version: 1, voters: seats, replaces: this.#coin() ? heard.group : 0 }
  }

  #newGroup (heard: Heard): number {
    return (Math.floor(heard.epoch / FORGED) + 1 + this.#env.random.int(50)) * FORGED + 7
  }

  #epoch (heard: Heard): number {
    return this.#env.random.pick([0, heard.epoch + 1, heard.epoch + 1_000_000, Number.MAX_SAFE_INTEGER]) ?? 0
  }

  #rank (heard: Heard, term: number): Rank {
    return { epoch: heard.epoch, term, index: this.#env.random.int(1_000) }
  }

  #entries (heard: Heard, term: number): Entry[] {
    return [{ key: 'a', value: new TextEncoder().encode('a lie'), rank: this.#rank(heard, term) }]
  }

  #coin (): boolean {
    return this.#env.random.chance(0.5)
  }

  #send (to: string, message: Message): void {
    this.#env.send(to, message)
  }
}
