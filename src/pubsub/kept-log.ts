/** A log of another node that this one keeps a copy of, and assigns while its publisher is gone. */
import { Gate } from './gate.ts'
import { createKeeper } from './keeper.core.ts'
import { Driven } from './loop.ts'
import { groups } from './parts.ts'
import type { LogFile, Restored } from './log-file.ts'
import type { Loop, Timeless } from './loop.ts'
import type { Generation, KeeperConfig, KeeperInput, KeeperNet, KeeperOutput, LogId, Message, Net } from './types.core.ts'

/** Bytes of a number in a list, with its tag. */
const MAX_SEQ_BYTES = 9

/** In parts that fit into frames. Who asked has all of it with the last one. */
export function haves (message: KeeperNet): KeeperNet[] {
  if (message.type !== 'have') return [message]
  const parts = groups(message.cursors, ({ done }) => done.length * MAX_SEQ_BYTES)
  return parts.map((cursors, i) => ({ ...message, cursors, asked: i < parts.length - 1 ? undefined : message.asked }))
}

export interface KeptLogInit {
  loop: Loop
  config: KeeperConfig
  file: LogFile | undefined
  send: (to: string, message: Net) => void
  /** Assign the log from now on. */
  onTakeOver: (kept: KeptLog, takeOver: { generation: Generation, complete: boolean }) => void
  /** Assign it no more; then say `deposed`. */
  onGiveBack: (kept: KeptLog, generation: Generation) => void
  onCopies: (kept: KeptLog, messages: readonly Message[]) => void
  onForget: (kept: KeptLog) => void
  onProblem: (peer: string, message: string) => void
}

export class KeptLog {
  readonly log: LogId
  readonly #init: KeptLogInit
  readonly #core: ReturnType<typeof createKeeper>
  readonly #driven: Driven<KeeperInput, KeeperOutput>
  readonly #gate = new Gate()

  constructor (init: KeptLogInit) {
    this.#init = init
    this.log = init.config.log
    this.#core = createKeeper({ ...init.config, persistent: init.file !== undefined })
    this.#driven = new Driven(this.#core, init.loop, output => { this.#output(output) })
  }

  get length (): number {
    return this.#core.length
  }

  get bytes (): number {
    return this.#core.bytes
  }

  restored (): Restored {
    return this.#core.restored()
  }

  input (input: Timeless<KeeperInput>): void {
    this.#driven.input(input)
  }

  saved (id: number): void {
    this.#gate.saved(id)
    this.input({ type: 'saved', id })
  }

  async stop (): Promise<void> {
    this.#driven.stop()
    await this.#init.file?.close()
  }

  /** Stops, and nothing of it is left. */
  async delete (): Promise<void> {
    this.#driven.stop()
    await this.#init.file?.delete()
  }

  #output (output: KeeperOutput): void {
    const { file, send, onTakeOver, onGiveBack, onCopies, onForget, onProblem } = this.#init
    switch (output.type) {
      case 'append':
        file?.append(output.id, output.messages)
        if (file === undefined) this.saved(output.id)
        break
      case 'save':
        file?.save(output.id, output.state)
        if (file === undefined) this.saved(output.id)
        break
      case 'trim':
        file?.trim(output.upto)
        break
      case 'send':
        this.#gate.pass(output.after, () => { for (const part of haves(output.message)) send(output.to, part) })
        break
      case 'take-over':
        onTakeOver(this, output)
        break
      case 'give-back':
        onGiveBack(this, output.generation)
        break
      case 'copies':
        onCopies(this, output.messages)
        break
      case 'forget':
        onForget(this)
        break
      case 'problem':
        onProblem(output.peer, output.message)
    }
  }
}
