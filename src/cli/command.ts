/** What a command is, and what it has of the terminal. */
import type { Line, OptionSpecs } from './options.ts'
import type { Kind } from './repl-words.core.ts'

/** Where a command prints to, and what can end it. */
export interface Terminal {
  /** Results: stdout. */
  out: (line: string) => void
  /** What went wrong, and what is told on the way: stderr. */
  err: (line: string) => void
  /** Aborts on Ctrl-C, on SIGTERM, on SIGHUP, and when nobody reads results any more or they cannot be written. */
  signal: AbortSignal
  /** Aborts on Ctrl-C, on SIGTERM and on SIGHUP alone. @default signal */
  interrupted?: AbortSignal
  /** Present only when somebody looks at it. */
  screen?: Screen
  /** One line on stderr that is written over, and cleared with nothing; does nothing unless somebody looks at it. */
  progress: (text?: string) => void
}

/** A terminal whose content can be replaced. */
export interface Screen {
  /** Columns and rows of now. */
  size (): { columns: number, rows: number }
  /** Everything that is to be seen from now on, as far as it has room; `last` is always seen. */
  paint (lines: readonly string[], last: string): void
  /** Give the terminal back as it was. */
  leave (): void
}

export interface Command {
  readonly name: string
  /** One line. */
  readonly summary: string
  /** Its words, as `<service> <method> [json]`. */
  readonly words?: string
  /** What each of its words is, for completion. */
  readonly complete?: readonly Kind[]
  /** What else there is to say, in the command's own help. */
  readonly details?: string
  readonly options: OptionSpecs
  readonly examples?: readonly string[]
  /** It is there for others: that what it prints cannot be written is no failure. @default false */
  readonly serves?: boolean
  /** Resolves to an exit code. */
  run (line: Line, terminal: Terminal): Promise<number>
}
