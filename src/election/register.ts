/** The leader's replicated register, for what must be linearizable. */
import { InvalidOptionsError, RegisterError } from '../errors.ts'
import { flawOf, isKey } from './table.core.ts'
import { shareBytes } from '../wire/bytes.ts'
import type { Register } from './index.ts'
import type { Member } from './member.ts'
import type { Entry, Rank, Write } from './types.core.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds: by then a leader that has lost its majority knows. */
const TIMEOUT = 10_000

export class MemberRegister implements Register {
  readonly #member: () => Member | undefined
  #id = 0

  constructor (member: () => Member | undefined) {
    this.#member = member
  }

  get ready (): boolean {
    return this.#member()?.ready ?? false
  }

  get current (): boolean {
    const member = this.#member()
    return member?.ready === true && member.group.leased
  }

  async write (writes: readonly Write[], { signal }: AbortOptions = {}): Promise<readonly Rank[]> {
    const flaw = flawOf(writes)
    if (flaw !== undefined) throw new InvalidOptionsError(`register: ${flaw}`)
    const id = ++this.#id
    // the caller may use its buffers again; what is in the table stays
    const own = writes.map(write => ({ ...write, value: write.value === undefined ? undefined : shareBytes(write.value) }))
    const member = this.#member()
    const term = member?.group.change?.token?.term
    // it may be done for as long as this node leads: to call it lost earlier is to let others read what may never have been
    const leads = (): boolean => member?.ready === true && member.group.change?.token?.term === term
    const answer = await member?.ask({ type: 'propose', id, writes: own }, ['committed', 'refused'], TIMEOUT, signal, leads)
    if (answer?.type === 'committed') return answer.ranks
    throw refusal(answer)
  }

  async read (key: string, { signal }: AbortOptions = {}): Promise<Entry | undefined> {
    if (!isKey(key)) throw new InvalidOptionsError('register: no such key can be')
    const id = ++this.#id
    const answer = await this.#member()?.ask({ type: 'read', id, key }, ['value', 'refused'], TIMEOUT, signal)
    if (answer?.type === 'value') return answer.entry
    throw refusal(answer)
  }

  entry (key: string): Entry | undefined {
    return this.#member()?.group.core?.entry(key)
  }

  wasDeleted (key: string): boolean {
    return this.#member()?.group.core?.wasDeleted(key) ?? true
  }

  get size (): Register['size'] {
    return this.#member()?.group.core?.size ?? { entries: 0, bytes: 0 }
  }

  * entries (): IterableIterator<Entry> {
    yield * this.#member()?.group.core?.entries() ?? []
  }
}

function refusal (answer: object | undefined): RegisterError {
  if (answer === undefined || !('why' in answer)) return new RegisterError('lost', false)
  const { why, certain, entry } = answer as { why: RegisterError['why'], certain: boolean, entry?: Entry }
  return new RegisterError(why, certain, entry)
}
