/**
 * Which channels there are and who consumes from them, as one node knows it. A channel is there while one of its openings
 * was not removed (an OR-set: who opens it anew while somebody deletes it, wins); what a node consumes from, only that node
 * says. Joining what others know is idempotent, in any order. Pure.
 */
import { noteEnded } from './ended.core.ts'
import { matches } from './names.core.ts'
import { EPHEMERAL_GRACE, MAX_AHEAD, MAX_CHANNELS, MAX_HEARSAY, MAX_OPENINGS, MAX_REMOVED } from './numbers.core.ts'
import { addition, dropSuperseded, isLater, mergedSpec } from './settings.core.ts'
import { MAX_NODES } from '../wire/limits.ts'
import type { ChannelSpec, Member, Membership, Opening, RegistryConfig, RegistryCore, RegistryDelta, RegistryInput, RegistryOutput } from './types.core.ts'

interface Entry {
  readonly openings: Map<string, Opening>
  /** Since when nobody consumes; undefined: somebody does. */
  idleSince: number | undefined
  /** Its last consumer was lost, it did not leave. */
  lost: boolean
  /** What was told last. */
  told: string
}

class Registry implements RegistryCore {
  readonly #self: string
  readonly #random: () => number
  readonly #isKnown: (id: string) => boolean
  readonly #entries = new Map<string, Entry>()
  /** Tags of what was deleted, oldest first. */
  readonly #removed = new Set<string>()
  /** Openings of channels that ran out of consumers, as far as this node can see, oldest first: should one turn up, it goes on. */
  readonly #idle = new Map<string, Opening>()
  /** Deleted channels, and when the deleted one was opened. */
  readonly #ended = new Map<string, number>()
  readonly #members = new Map<string, Membership>()
  /** Discovery took them away, or has not seen them: they do not consume, whatever others remember. */
  readonly #absent = new Set<string>()
  #mine: Membership
  #now: number
  #wall: number
  #out: RegistryOutput[] = []

  constructor ({ self, incarnation, random, isKnown = () => true, time }: RegistryConfig) {
    this.#self = self
    this.#random = random
    this.#isKnown = isKnown
    ;({ now: this.#now, wall: this.#wall } = time)
    this.#mine = { id: self, incarnation, version: 0, weight: 1_024, channels: [] }
  }

  get due (): number {
    let due = Infinity
    for (const entry of this.#entries.values()) if (entry.idleSince !== undefined) due = Math.min(due, entry.idleSince + graceOf(entry))
    return due
  }

  step (input: RegistryInput): RegistryOutput[] {
    this.#now = Math.max(this.#now, input.now)
    this.#wall = input.wall
    this.#out = []
    switch (input.type) {
      case 'tick': break
      case 'open': this.#open(input); break
      case 'close': this.#close(input.channel); break
      case 'delete': this.#delete(input.channel); break
      case 'message': this.#join(input.from, input.delta); break
      case 'gone': this.#gone(input.peer); break
      case 'back': this.#back(input.peer); break
    }
    this.#end()
    return this.#out
  }

  whole (): RegistryDelta {
    return {
      openings: [...this.#entries.values()].flatMap(({ openings }) => [...openings.values()]),
      removed: [...this.#removed],
      // who never saw a node would never see it go
      members: [...this.#members.values()].filter(({ id }) => !this.#absent.has(id))
    }
  }

  matching (topic?: string): Array<{ spec: ChannelSpec, members: Member[] }> {
    const found: Array<{ spec: ChannelSpec, members: Member[] }> = []
    for (const [channel, entry] of this.#entries) {
      const spec = specOf(entry)
      if (topic === undefined || matches(spec.pattern, topic)) found.push({ spec, members: this.#membersOf(channel) })
    }
    return found.sort((a, b) => a.spec.channel < b.spec.channel ? -1 : 1)
  }

  // --- what this node does

  #open ({ spec, stated, weight }: Extract<RegistryInput, { type: 'open' }>): void {
    const { channel } = spec
    const known = [...this.#entries.get(channel)?.openings.values() ?? []]
    // clocks differ: it is newer than what it adds to, and told by its time from the deleted channel of its name
    const at = Math.max(spec.opened, 1 + Math.max(this.#ended.get(channel) ?? 0, ...known.map(({ at }) => at)))
    const added = addition(known, { tag: '', by: this.#self, spec: { ...spec, opened: at }, at, stated })
    const openings = added === undefined ? [] : [{ ...added, tag: `${at}.${this.#self}.${Math.floor(this.#random() * 2 ** 32).toString(36)}` }].filter(opening => this.#add(opening))
    const entry = this.#entries.get(channel)
    // there is no place for one more: it is not answered
    if (entry === undefined) return
    // all nodes pass on what is new of a member, with all its channels: many may subscribe to one
    const { channels, weight: told } = this.#mine
    const isNew = weight !== told || !channels.includes(channel)
    if (isNew) this.#update({ channels: [...new Set([...channels, channel])].sort(), weight })
    this.#spread({ openings, members: isNew ? [this.#mine] : [] })
    this.#change(channel)
    this.#out.push({ type: 'opened', spec: specOf(entry), fresh: known.length === 0 })
  }

  #close (channel: string): void {
    if (!this.#mine.channels.includes(channel)) return
    this.#update({ channels: this.#mine.channels.filter(other => other !== channel) })
    this.#spread({ members: [this.#mine] })
    const entry = this.#entries.get(channel)
    if (entry !== undefined) entry.lost = false
    this.#change(channel)
  }

  #update (change: Partial<Membership>): void {
    this.#mine = { ...this.#mine, ...change, version: this.#mine.version + 1 }
    this.#members.set(this.#self, this.#mine)
  }

  /** All openings that are known: one that is not known wins. */
  #delete (channel: string): void {
    const entry = this.#entries.get(channel)
    // it may be stored still
    if (entry === undefined) return this.#remove(channel, 0)
    const removed = [...entry.openings.keys()]
    for (const tag of removed) this.#bury(tag)
    this.#spread({ removed })
    this.#remove(channel, specOf(entry).opened)
  }

  #remove (channel: string, opened: number): void {
    this.#entries.delete(channel)
    if (opened > 0) noteEnded(this.#ended, channel, opened)
    if (this.#mine.channels.includes(channel)) {
      this.#update({ channels: this.#mine.channels.filter(other => other !== channel) })
      this.#spread({ members: [this.#mine] })
    }
    this.#out.push({ type: 'ended', channel, opened })
  }

  #bury (tag: string): void {
    this.#removed.add(tag)
    if (this.#removed.size <= MAX_REMOVED) return
    const { value: oldest } = this.#removed.values().next()
    if (oldest !== undefined) this.#removed.delete(oldest)
  }

  // --- what others say

  #join (from: string, delta: RegistryDelta): void {
    const openings: Opening[] = []
    const changed = new Set<string>()
    const removed = delta.removed.filter(tag => !this.#removed.has(tag))
    for (const tag of removed) {
      this.#bury(tag)
      this.#drop(tag, changed)
    }
    const members = delta.members.filter(membership => this.#learn(from, membership, changed))
    for (const said of delta.openings) {
      const { tag, spec: { channel, opened } } = said
      // it may be told without a time
      const opening = { ...said, at: Math.max(said.at, opened) }
      if (opening.at > this.#wall + MAX_AHEAD) continue
      if (this.#removed.has(tag) || this.#idle.has(tag) || this.#entries.get(channel)?.openings.has(tag) === true) continue
      if (isLater(opening) && opened <= (this.#ended.get(channel) ?? 0)) {
        // it adds to a channel that was deleted meanwhile
        this.#bury(tag)
        this.#spread({ removed: [tag] })
        continue
      }
      if (this.#add(opening, from)) openings.push(opening)
      changed.add(channel)
    }
    this.#back(from)
    this.#spread({ openings, removed, members }, from)
    for (const channel of changed) this.#change(channel)
  }

  #learn (from: string, membership: Membership, changed: Set<string>): boolean {
    const { id } = membership
    const known = this.#members.get(id)
    // of others a peer may say anything: it must not use up the numbers with which they are believed
    if (from !== id && Math.max(membership.incarnation, membership.version) > MAX_HEARSAY) return false
    if (id === this.#self) {
      // a former life of this node, or what it said last: it says more, or that would count for ever
      if (isNewer(membership, this.#mine)) this.#mine = { ...this.#mine, incarnation: membership.incarnation, version: membership.version }
      else if (this.#mine.version > 0) return false
      this.#update({})
      this.#spread({ members: [this.#mine] })
      return false
    }
    if (known !== undefined && !isNewer(membership, known)) return false
    if (known === undefined && this.#members.size >= MAX_NODES) this.#forgetAbsent()
    if (membership.channels.length > MAX_CHANNELS || (known === undefined && this.#members.size >= MAX_NODES)) {
      this.#out.push({ type: 'problem', peer: from, message: 'too many members' })
      return false
    }
    this.#members.set(id, membership)
    if (from !== id && !this.#isKnown(id)) this.#absent.add(id)
    else if (known !== undefined && membership.incarnation > known.incarnation) this.#absent.delete(id)
    for (const channel of known?.channels ?? []) {
      changed.add(channel)
      const entry = this.#entries.get(channel)
      if (entry !== undefined && !membership.channels.includes(channel)) entry.lost = false
    }
    for (const channel of membership.channels) changed.add(channel)
    return true
  }

  /** False: it says nothing new, or there is no place for it. */
  #add (opening: Opening, from?: string): boolean {
    const { tag, spec: { channel } } = opening
    const known = this.#entries.get(channel)
    if (known === undefined ? this.#entries.size >= MAX_CHANNELS : known.openings.size >= MAX_OPENINGS && !isLater(opening)) {
      if (from !== undefined) this.#out.push({ type: 'problem', peer: from, message: 'too many channels' })
      return false
    }
    const { openings } = known ?? this.#enter(opening)
    openings.set(tag, opening)
    dropSuperseded(openings)
    return openings.has(tag)
  }

  #enter (opening: Opening): Entry {
    const { channel, opened } = opening.spec
    const entry: Entry = { openings: new Map(), idleSince: undefined, lost: true, told: '' }
    this.#entries.set(channel, entry)
    // it goes on elsewhere, with all that was said of it
    if (isLater(opening)) this.#wake(channel, opened)
    return entry
  }

  /** An opening was deleted, and with the last one the channel. */
  #drop (tag: string, changed: Set<string>): void {
    this.#idle.delete(tag)
    for (const [channel, entry] of this.#entries) {
      const opening = entry.openings.get(tag)
      if (opening === undefined) continue
      entry.openings.delete(tag)
      if (entry.openings.size > 0) changed.add(channel)
      else this.#remove(channel, opening.spec.opened)
      return
    }
  }

  #gone (peer: string): void {
    if (peer === this.#self || this.#absent.has(peer)) return
    const membership = this.#members.get(peer)
    if (membership === undefined) return
    this.#absent.add(peer)
    for (const channel of membership.channels) {
      const entry = this.#entries.get(channel)
      if (entry !== undefined) entry.lost = true
      this.#change(channel)
    }
  }

  #back (peer: string): void {
    if (!this.#absent.delete(peer)) return
    for (const channel of this.#members.get(peer)?.channels ?? []) this.#change(channel)
  }

  #forgetAbsent (): void {
    const { value: id } = this.#absent.values().next()
    if (id === undefined) return
    this.#absent.delete(id)
    this.#members.delete(id)
  }

  // --- what follows

  #change (channel: string): void {
    const members = this.#membersOf(channel)
    if (members.length > 0 && !this.#entries.has(channel)) this.#wake(channel)
    const entry = this.#entries.get(channel)
    if (entry === undefined) return
    const spec = specOf(entry)
    if (members.length > 0) entry.idleSince = undefined
    else entry.idleSince ??= this.#now
    const told = JSON.stringify([spec, members])
    if (told === entry.told) return
    entry.told = told
    this.#out.push({ type: 'changed', spec, members })
  }

  /** It had run out of consumers, and has one. */
  #wake (channel: string, opened?: number): void {
    for (const [tag, opening] of this.#idle) {
      if (opening.spec.channel !== channel || (opened !== undefined && opening.spec.opened !== opened)) continue
      this.#idle.delete(tag)
      this.#add(opening)
    }
  }

  #membersOf (channel: string): Member[] {
    const members: Member[] = []
    for (const { id, weight, channels } of this.#members.values()) if (channels.includes(channel) && !this.#absent.has(id)) members.push({ id, weight })
    return members.sort((a, b) => a.id < b.id ? -1 : 1)
  }

  /** Channels without a consumer for too long are over: for this node, as others may see consumers that it does not. */
  #end (): void {
    for (const [channel, entry] of [...this.#entries]) {
      if (entry.idleSince === undefined || entry.idleSince + graceOf(entry) > this.#now) continue
      for (const [tag, opening] of entry.openings) this.#idle.set(tag, opening)
      for (const tag of this.#idle.keys()) {
        if (this.#idle.size <= MAX_REMOVED) break
        this.#idle.delete(tag)
      }
      this.#remove(channel, 0)
    }
  }

  #spread ({ openings = [], removed = [], members = [] }: Partial<RegistryDelta>, except?: string): void {
    if (openings.length + removed.length + members.length > 0) this.#out.push({ type: 'spread', delta: { openings, removed, members }, except })
  }
}

function specOf ({ openings }: Entry): ChannelSpec {
  return mergedSpec([...openings.values()])
}

function graceOf (entry: Entry): number {
  const { durable, expire } = specOf(entry)
  return durable ? expire : entry.lost ? EPHEMERAL_GRACE : 0
}

function isNewer (a: Membership, b: Membership): boolean {
  return a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.version > b.version)
}

export function createRegistry (config: RegistryConfig): RegistryCore {
  return new Registry(config)
}
