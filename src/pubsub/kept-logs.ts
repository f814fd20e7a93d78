/** The logs of other nodes that this one keeps. */
import { time } from '../util/clocks.ts'
import { MAX_KEPT_LOGS, MAX_PUBLISHER_TOPICS } from '../wire/limits.ts'
import { KeptLog } from './kept-log.ts'
import { LogFile, storedLogs } from './log-file.ts'
import { logKey } from './names.core.ts'
import type { Context } from './context.ts'
import type { TopicGossip } from './gossip.ts'
import type { Restored } from './log-file.ts'
import type { Timeless } from './loop.ts'
import type { Batch, Beat, Generation, KeeperInput, KeeperNet, LogId, Message } from './types.core.ts'

export interface KeptLogsInit {
  context: Context
  gossip: TopicGossip
  onTakeOver: (log: LogId, restored: Restored, takeOver: { generation: Generation, complete: boolean }) => void
  onGiveBack: (log: LogId, generation: Generation) => void
  onCopies: (log: LogId, messages: readonly Message[]) => void
}

interface Entry {
  readonly kept: KeptLog
  readonly unlisten: () => void
  keepers: string
}

export class KeptLogs {
  readonly #init: KeptLogsInit
  readonly #entries = new Map<string, Entry>()
  /** By publisher: how many logs of it are kept. */
  readonly #counts = new Map<string, number>()
  /** By publisher and topic: its newest epoch that was seen. */
  readonly #epochs = new Map<string, number>()

  constructor (init: KeptLogsInit) {
    this.#init = init
  }

  get size (): number {
    return this.#entries.size
  }

  /** Goes on with what a former start of this node has stored. */
  async restore (): Promise<void> {
    const { context } = this.#init
    const { storage } = context
    if (storage === undefined) return
    for (const log of await storedLogs(storage.log, 'kept')) {
      const file = this.#file(log)
      const { restored, damaged } = await file.load()
      if (damaged) context.damaged(log)
      if (restored === undefined) await file.delete()
      else this.#add(log, file, restored)
    }
  }

  async stop (): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), async ({ kept, unlisten }) => {
      unlisten()
      await kept.stop()
    }))
    this.#entries.clear()
    this.#counts.clear()
  }

  batch (from: string, batch: Batch): void {
    this.#ensure(batch.log)?.input({ type: 'batch', from, batch })
  }

  message (from: string, message: KeeperNet | Beat): void {
    const { type, log } = message
    const known = this.#entries.get(logKey(log))?.kept
    // what asks for something makes nothing
    const kept = known ?? (type === 'fetch' || type === 'range' || type === 'stored' ? undefined : this.#ensure(log))
    if (known === undefined && kept !== undefined && from !== log.publisher && this.#init.context.discovery.node(log.publisher) === undefined) {
      // gone before this node could know it
      kept.input({ type: 'gone', peer: log.publisher })
    }
    kept?.input({ type: 'message', from, message })
    if (kept === undefined || !('generation' in message)) return
    const { by } = message.generation
    // a keeper that assigned, and was gone before this node heard of that
    if (by !== from && by !== log.publisher && by !== this.#init.context.self && this.#init.context.discovery.node(by) === undefined) kept.input({ type: 'gone', peer: by })
  }

  /** To all of them. */
  input (input: Timeless<KeeperInput>): void {
    for (const { kept } of this.#entries.values()) kept.input(input)
  }

  deposed (log: LogId, generation: Generation): void {
    this.#entries.get(logKey(log))?.kept.input({ type: 'deposed', generation })
  }

  gone (peer: string): void {
    this.input({ type: 'gone', peer })
  }

  /** It is there (again): of a log that it has left for a newer one it stays gone. */
  back (peer: string): void {
    for (const { kept } of this.#entries.values()) {
      if (kept.log.publisher !== peer || !this.#superseded(kept.log)) kept.input({ type: 'back', peer })
    }
  }

  nodesChanged (): void {
    for (const entry of this.#entries.values()) this.#tellKeepers(entry)
  }

  /** The log, which this node begins to keep if it is to. */
  #ensure (log: LogId): KeptLog | undefined {
    const { context } = this.#init
    this.#noteEpoch(log)
    const known = this.#entries.get(logKey(log))
    if (known !== undefined) return known.kept
    if (log.publisher === context.self || !context.keepers(log.topic).includes(context.self)) return undefined
    if (this.#entries.size >= MAX_KEPT_LOGS || (this.#counts.get(log.publisher) ?? 0) >= MAX_PUBLISHER_TOPICS) {
      context.count('topics_refused')
      return undefined
    }
    return this.#add(log, context.storage === undefined ? undefined : this.#file(log), undefined)
  }

  /** A publisher that begins a new epoch does not come back to the former one. */
  #noteEpoch ({ topic, publisher, epoch }: LogId): void {
    const key = `${publisher}/${topic}`
    const before = this.#epochs.get(key) ?? 0
    if (epoch <= before) return
    if (this.#epochs.size > 2 * MAX_KEPT_LOGS) this.#epochs.clear()
    this.#epochs.set(key, epoch)
    for (const { kept } of this.#entries.values()) {
      const { log } = kept
      if (log.topic === topic && log.publisher === publisher && log.epoch < epoch) kept.input({ type: 'gone', peer: publisher })
    }
  }

  #superseded ({ topic, publisher, epoch }: LogId): boolean {
    return epoch < (this.#epochs.get(`${publisher}/${topic}`) ?? 0)
  }

  #file (log: LogId): LogFile {
    const { storage, log: logger } = this.#init.context
    if (storage === undefined) throw new Error('no storage')
    return new LogFile({ store: storage.log, role: 'kept', log, logger, onSaved: id => { this.#entries.get(logKey(log))?.kept.saved(id) } })
  }

  #add (log: LogId, file: LogFile | undefined, restored: Restored | undefined): KeptLog {
    const { context, gossip, onTakeOver, onGiveBack, onCopies } = this.#init
    const kept = new KeptLog({
      loop: context.loop,
      file,
      config: {
        self: context.self,
        log,
        random: Math.random,
        time: time(),
        retention: context.retention,
        restored
      },
      send: context.send,
      onTakeOver: (kept, takeOver) => { onTakeOver(log, kept.restored(), takeOver) },
      onGiveBack: (_, generation) => { onGiveBack(log, generation) },
      onCopies: (_, messages) => { onCopies(log, messages) },
      onForget: () => { this.#forget(log) },
      onProblem: context.problem
    })
    const entry: Entry = { kept, unlisten: gossip.listen(log.topic), keepers: '' }
    this.#entries.set(logKey(log), entry)
    this.#counts.set(log.publisher, (this.#counts.get(log.publisher) ?? 0) + 1)
    this.#noteEpoch(log)
    this.#tellKeepers(entry)
    for (const peer of context.neighbours()) kept.input({ type: 'connected', peer })
    const publisher = context.discovery.node(log.publisher)
    if (this.#superseded(log) || publisher === undefined || publisher.state === 'left' || publisher.state === 'away') {
      // what is known only from its messages may not be known to discovery yet
      if (restored !== undefined) kept.input({ type: 'gone', peer: log.publisher })
    }
    return kept
  }

  #forget (log: LogId): void {
    const key = logKey(log)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    const count = (this.#counts.get(log.publisher) ?? 1) - 1
    if (count > 0) this.#counts.set(log.publisher, count)
    else this.#counts.delete(log.publisher)
    entry.unlisten()
    entry.kept.delete().catch((err: unknown) => { this.#init.context.log.error('could not forget %s - %e', key, err) })
  }

  #tellKeepers (entry: Entry): void {
    const keepers = this.#init.context.keepers(entry.kept.log.topic)
    const text = keepers.join()
    if (entry.keepers === text) return
    entry.keepers = text
    entry.kept.input({ type: 'keepers', keepers })
  }
}
