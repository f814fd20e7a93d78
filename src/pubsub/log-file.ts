/**
 * What is stored of one log: its messages in a log of the storage, and in another what is known of its channels. Writes
 * that are asked for while one is under way become durable together. One that fails is tried again: nothing that waits
 * for it leaves before.
 */
import { pause } from '../util/timeouts.ts'
import { decodeStoredMessage, decodeStoredState, encodeStoredMessage, encodeStoredState } from '../wire/pubsub-codec.ts'
import { PAGE, STATES, WRITE_AGAIN } from './numbers.ts'
import type { LogStore } from '../storage/index.ts'
import type { AssignerConfig, AssignerState, LogId, Message } from './types.core.ts'
import type { Logger } from '@libp2p/interface'

export type Role = 'own' | 'kept'
export type Restored = NonNullable<AssignerConfig['restored']>

function nameOf (role: Role, { topic, publisher, epoch }: LogId): string {
  return `pubsub/${role}/${publisher}/${epoch}/${topic}`
}

/** Logs of a role that are stored. */
export async function storedLogs (store: LogStore, role: Role): Promise<LogId[]> {
  const logs: LogId[] = []
  for (const name of await store.logs()) {
    const [room, of, publisher, epoch, topic, ...rest] = name.split('/')
    if (room !== 'pubsub' || of !== role || publisher === undefined || topic === undefined || rest.length > 0) continue
    logs.push({ topic, publisher, epoch: Number(epoch) })
  }
  return logs
}

export interface LogFileInit {
  store: LogStore
  role: Role
  log: LogId
  onSaved: (id: number) => void
  /** The storage has ended, as when the browser deletes a tab's: nothing is saved any more. */
  onEnded?: (error: Error) => void
  logger: Logger
}

export class LogFile {
  readonly #init: LogFileInit
  readonly #name: string
  readonly #stateName: string
  #messages: Message[] = []
  #state: AssignerState | undefined
  /** Of the newest write that waits. */
  #id = 0
  /** For each append, the highest seq of it and the number of its last entry. */
  #appends: Array<{ seq: number, entry: number }> = []
  #trim = 0
  #writing: Promise<void> | undefined
  #closed = false

  constructor (init: LogFileInit) {
    this.#init = init
    this.#name = nameOf(init.role, init.log)
    this.#stateName = `${this.#name}/state`
  }

  /** Once, before the first write. `damaged`: something is missing that was durable. */
  async load (): Promise<{ restored: Restored | undefined, damaged: boolean }> {
    const { store } = this.#init
    const messages: Message[] = []
    let damaged = false
    /** One that cannot be read must not keep the node from its start. */
    const readable = <T>(decode: (value: Uint8Array) => T, value: Uint8Array): T | undefined => {
      try {
        return decode(value)
      } catch {
        damaged = true
        return undefined
      }
    }
    const { first, last } = await store.bounds(this.#name)
    for (let from = first; from <= last;) {
      const page = await store.read(this.#name, from, PAGE)
      for (const { seq, value } of page) {
        const message = readable<Message>(decodeStoredMessage, value)
        if (message === undefined) continue
        messages.push(message)
        this.#appends.push({ seq: message.seq, entry: seq })
      }
      from = (page.at(-1)?.seq ?? last) + 1
    }
    const end = (await store.bounds(this.#stateName)).last
    const [stored] = await store.read(this.#stateName, end, 1)
    const state = stored && readable<AssignerState>(decodeStoredState, stored.value)
    damaged ||= store.lost.has(this.#name) || store.lost.has(this.#stateName)
    if (last === 0 && stored === undefined) return { restored: undefined, damaged }
    messages.sort((a, b) => a.seq - b.seq)
    const known = messages.filter(({ seq }, index) => seq !== messages[index - 1]?.seq)
    return { damaged, restored: { messages: known, last: known.at(-1)?.seq ?? 0, state } }
  }

  append (id: number, messages: readonly Message[]): void {
    for (const message of messages) this.#messages.push(message)
    this.#write(id)
  }

  save (id: number, state: AssignerState): void {
    this.#state = state
    this.#write(id)
  }

  /** Forget messages up to this seq. */
  trim (upto: number): void {
    this.#trim = Math.max(this.#trim, upto)
    this.#write(this.#id)
  }

  /** Resolves when nothing is being written. */
  async idle (): Promise<void> {
    await this.#writing
  }

  async close (): Promise<void> {
    this.#closed = true
    await this.#writing
  }

  /** Forgets all of it: a log of that name has nothing to go on with. */
  async delete (): Promise<void> {
    await this.close()
    const { store } = this.#init
    await Promise.all([store.delete(this.#name, { forever: true }), store.delete(this.#stateName, { forever: true })])
  }

  #write (id: number): void {
    this.#id = id
    if (!this.#closed) this.#writing ??= this.#drain()
  }

  async #drain (): Promise<void> {
    // what one step asks for is written at once
    await Promise.resolve()
    while (this.#messages.length > 0 || this.#state !== undefined || this.#trim > 0) {
      const messages = this.#messages
      const state = this.#state
      const trim = this.#trim
      const id = this.#id
      this.#messages = []
      this.#state = undefined
      this.#trim = 0
      try {
        await this.#commit(messages, state)
      } catch (err) {
        this.#init.logger.error('could not store %s - %e', this.#name, err)
        this.#messages = [...messages, ...this.#messages]
        this.#state ??= state
        this.#trim = Math.max(this.#trim, trim)
        if (this.#closed) break
        // one that has ended refuses also what needs no disk
        if (await this.#init.store.logs().then(() => false, () => true)) {
          this.#closed = true
          this.#init.onEnded?.(err as Error)
          break
        }
        await pause(WRITE_AGAIN)
        continue
      }
      this.#init.onSaved(id)
      if (trim > 0) await this.#forget(trim).catch((err: unknown) => { this.#init.logger('could not trim %s - %e', this.#name, err) })
    }
    this.#writing = undefined
  }

  async #commit (messages: readonly Message[], state: AssignerState | undefined): Promise<void> {
    const { store } = this.#init
    const [entry, at] = await Promise.all([
      messages.length === 0 ? 0 : store.append(this.#name, messages.map(encodeStoredMessage)),
      state === undefined ? 0 : store.append(this.#stateName, [encodeStoredState(state)])
    ])
    if (entry > 0) this.#appends.push({ entry, seq: messages.reduce((most, { seq }) => Math.max(most, seq), 0) })
    if (at % STATES === 0 && at > 0) store.truncate(this.#stateName, at).catch(() => {})
  }

  async #forget (upto: number): Promise<void> {
    const kept = this.#appends.findIndex(({ seq }) => seq > upto)
    // the newest one stays: it tells which seq was the last
    const gone = this.#appends.splice(0, kept === -1 ? this.#appends.length - 1 : kept)
    const last = gone.at(-1)
    if (last !== undefined) await this.#init.store.truncate(this.#name, last.entry + 1)
  }
}
