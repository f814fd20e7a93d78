/** `braid-mesh repl`: the commands, line by line, in one node that stays joined. */
import { createInterface } from 'node:readline'
import { wordsOf } from './arguments.ts'
import { askAll } from './ask.ts'
import { follow } from './calls.ts'
import { DONE, FAILED, UsageError, WRONG_USAGE } from './exit.ts'
import { helpOf, pairs, widthOf } from './help.ts'
import { HISTORY, historyFile, readHistory, writeHistory } from './history.ts'
import { didYouMean } from './nearest.core.ts'
import { COMMON, readLine, takesValue } from './options.ts'
import { failure, json, printable, quoted } from './output.ts'
import { completions, splitWords, unquoted } from './repl-words.core.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { OpenChannel } from '../pubsub/index.ts'
import type { Terminal } from './command.ts'
import type { MeshCommand } from './join.ts'
import type { Line, OptionSpecs } from './options.ts'
import type { Known } from './repl-words.core.ts'
import type { Interface } from 'node:readline'

/** What only the REPL has. */
const OWN = [
  ['unsubscribe [topic]', 'end a subscription; without a topic, list them'],
  ['help [command]', 'this list, or more about a command'],
  ['exit', 'leave; Ctrl-D does too']
] as const

/** Milliseconds for which topics are taken as known, and that nodes may take to tell theirs while somebody waits. */
const RELEARN = 5_000
const PATIENCE = 800

function byTopic (channels: readonly OpenChannel[]): Array<{ name: string, channels: Array<{ name: string }> }> {
  return channels.map(({ topic, name }) => ({ name: topic, channels: [{ name }] }))
}

class Repl {
  readonly #mesh: Mesh
  readonly #line: Line
  readonly #terminal: Terminal
  readonly #commands: readonly MeshCommand[]
  readonly #subscriptions = new Map<string, () => Promise<void>>()
  /** Channels by their topics, as far as they were heard of. */
  readonly #topics = new Map<string, Set<string>>()
  #learnt = -Infinity
  #interface: Interface | undefined
  #running: AbortController | undefined
  /** A person types, and sees what is printed. */
  readonly #tty = process.stdin.isTTY && process.stdout.isTTY
  #code = DONE

  constructor (mesh: Mesh, line: Line, terminal: Terminal, commands: readonly MeshCommand[]) {
    this.#mesh = mesh
    this.#line = line
    this.#commands = commands
    this.#terminal = {
      ...terminal,
      out: text => { this.#aside(() => { terminal.out(text) }) },
      err: text => { this.#aside(() => { terminal.err(text) }) }
    }
  }

  /** Resolves when its input ends, to the code of the last command that failed. */
  async run (): Promise<number> {
    const { signal } = this.#terminal
    const tty = this.#tty
    const file = this.#line.text('history') ?? historyFile()
    const lines = createInterface({
      input: process.stdin,
      output: tty ? process.stdout : undefined,
      terminal: tty,
      prompt: `${this.#mesh.discovery.mesh}> `,
      completer: (text: string, callback: (error: null, result: [string[], string]) => void) => {
        void this.#complete(text).then(result => { callback(null, result) })
      },
      history: tty ? readHistory(file) : [],
      historySize: HISTORY,
      removeHistoryDuplicates: true
    })
    this.#interface = lines
    const close = (): void => { lines.close() }
    signal.addEventListener('abort', close, { once: true })
    if (tty) this.#dress(lines, file)
    try {
      if (tty) lines.prompt()
      for await (const text of lines) {
        if (await this.#obey(text) === 'exit' || signal.aborted) break
        if (tty) lines.prompt()
      }
    } finally {
      this.#interface = undefined
      lines.close()
      signal.removeEventListener('abort', close)
      await Promise.all(Array.from(this.#subscriptions.values(), async end => end()))
    }
    return this.#code
  }

  /** What somebody gets who looks at it. */
  #dress (lines: Interface, file: string): void {
    const { err } = this.#terminal
    err(`joined mesh '${this.#mesh.discovery.mesh}': ${this.#mesh.discovery.nodes().length - 1} nodes; help lists the commands, Tab completes`)
    this.#mesh.addEventListener('isolated', () => { err('isolated: no path into the mesh; it is tried again and again') })
    this.#mesh.addEventListener('resumed', () => { err('joined again') })
    let told = false
    lines.on('history', (history: string[]) => {
      const error = writeHistory(file, history)
      if (error != null && !told) err(`the history is not kept: ${error.message}`)
      told ||= error != null
    })
    lines.on('SIGINT', () => {
      if (this.#running != null) {
        this.#running.abort(new DOMException('ended by Ctrl-C', 'AbortError'))
      } else if (lines.line !== '') {
        // What was typed is given up, as in a shell.
        lines.write(null, { ctrl: true, name: 'e' })
        lines.write(null, { ctrl: true, name: 'u' })
      } else {
        err('exit, or Ctrl-D, leaves')
      }
    })
  }

  async #obey (text: string): Promise<'exit' | undefined> {
    const split = splitWords(text)
    if ('error' in split) {
      this.#fail(new UsageError(split.error), WRONG_USAGE)
      return undefined
    }
    const [name, ...words] = split.words
    if (name == null || name.startsWith('#')) return undefined
    if (['exit', 'quit', '.exit'].includes(name)) return 'exit'
    const running = new AbortController()
    this.#running = running
    try {
      const code = await this.#dispatch(name, words, { ...this.#terminal, signal: AbortSignal.any([running.signal, this.#terminal.signal]) })
      if (code !== DONE) this.#code = code
    } catch (error) {
      this.#terminal.progress()
      const { name } = error as Error
      if (running.signal.aborted) this.#terminal.err(this.#line.json ? failure(running.signal.reason) : 'ended')
      else if (!this.#terminal.signal.aborted) this.#fail(error, name === 'UsageError' || name === 'InvalidNameError' ? WRONG_USAGE : FAILED)
    } finally {
      this.#running = undefined
    }
    return undefined
  }

  async #dispatch (name: string, words: string[], terminal: Terminal): Promise<number> {
    if (name === 'help') return this.#help(words[0], terminal)
    if (name === 'unsubscribe') return this.#unsubscribe(words, terminal)
    const command = this.#command(name)
    const specs: OptionSpecs = { ...command.options, ...COMMON, timeout: { type: 'number' as const, value: '<ms>', help: 'how long to wait (default 5000)' } }
    const given = unquoted(words, option => takesValue(specs, option))
    const line = readLine(this.#line.json ? ['--json', ...given] : given, specs)
    if (line.flag('help')) return this.#help(name, terminal)
    return name === 'subscribe' ? this.#subscribe(line, terminal) : command.use(this.#mesh, line, terminal)
  }

  #command (name: string): MeshCommand {
    const command = this.#commands.find(command => command.name === name)
    if (command != null) return command
    const names = [...this.#commands.map(({ name }) => name), 'unsubscribe', 'help', 'exit']
    throw new UsageError(`there is no command '${name}'${didYouMean(name, names) || '; help lists them'}`)
  }

  #help (name: string | undefined, { out }: Terminal): number {
    const width = widthOf(this.#terminal)
    if (name != null) {
      const command = this.#command(name)
      out(helpOf({ ...command, options: { ...command.options, ...COMMON } }, width).replaceAll('braid-mesh ', ''))
      return DONE
    }
    const rows = [...this.#commands.map(({ name, words, summary }) => [words == null ? name : `${name} ${words}`, summary] as const), ...OWN]
    out(`${pairs(rows, width)}\n\nJSON stands as it is: call login greet {"name":"ada"}. '…' holds words together. --json and --timeout go with all.`)
    return DONE
  }

  /** In the background: its messages come between the lines. */
  async #subscribe (line: Line, terminal: Terminal): Promise<number> {
    const [topic = '', channel = ''] = wordsOf(line.words, 'subscribe <topic> [channel]', 1, 2)
    const key = channel === '' ? topic : `${topic} ${channel}`
    if (this.#subscriptions.has(key)) throw new UsageError(`there is a subscription to ${key}; unsubscribe ${key} ends it`)
    // The messages outlive the command: they are not to be ended by its Ctrl-C.
    const { ended, close } = await follow(this.#mesh, line, { ...this.#terminal, signal: terminal.signal })
    this.#subscriptions.set(key, close)
    this.#learn([{ name: topic, channels: channel === '' ? [] : [{ name: channel }] }])
    terminal.err(line.json ? json({ subscribed: key }) : `subscribed to ${key}; unsubscribe ${key} ends it`)
    // `--count` messages have come, or it was ended already.
    void ended.then(async () => {
      if (!this.#subscriptions.delete(key)) return
      await close()
      this.#terminal.err(line.json ? json({ ended: key }) : `the subscription to ${key} has ended`)
    })
    return DONE
  }

  async #unsubscribe (words: readonly string[], { out, err }: Terminal): Promise<number> {
    const key = words.join(' ')
    if (key === '') {
      if (this.#subscriptions.size === 0 && !this.#line.json) err('there is no subscription')
      else out(this.#line.json ? json([...this.#subscriptions.keys()]) : [...this.#subscriptions.keys()].join('\n'))
      return DONE
    }
    const end = this.#subscriptions.get(key)
    if (end == null) throw new UsageError(`there is no subscription to ${key}${didYouMean(key, this.#subscriptions.keys())}`)
    this.#subscriptions.delete(key)
    await end()
    return DONE
  }

  #fail (error: unknown, code: number): void {
    this.#terminal.err(this.#line.json ? failure(error) : quoted((error as Error).message.replace('usage: braid-mesh ', 'usage: ')))
    this.#code = code
  }

  async #complete (text: string): Promise<[string[], string]> {
    const [name] = text.trimStart().split(/\s+/)
    if (this.#commands.some(command => command.name === name && command.complete?.includes('topic') === true)) await this.#learnTopics()
    const { word, found: known } = completions(text, this.#known())
    // readline shows them as they are
    const found = known.filter(item => item === printable(item))
    return [found.map(item => found.length === 1 ? `${item} ` : item), word]
  }

  /** What is published only its publisher knows; who waits for it, all. */
  async #learnTopics (): Promise<void> {
    const now = performance.now()
    if (now - this.#learnt < RELEARN) return
    this.#learnt = now
    const asked = await askAll(this.#mesh, { timeout: PATIENCE, signal: this.#terminal.signal }).catch(() => undefined)
    for (const { topics, channels = [] } of asked?.snapshots ?? []) this.#learn([...topics, ...byTopic(channels)])
  }

  #learn (topics: Iterable<{ readonly name: string, readonly channels: ReadonlyArray<{ readonly name: string }> }>): void {
    for (const { name, channels } of topics) this.#topics.set(name, new Set([...this.#topics.get(name) ?? [], ...channels.map(({ name }) => name)]))
  }

  #known (): Known {
    const { discovery, pubsub } = this.#mesh
    const { topics, channels } = pubsub.info()
    this.#learn([...topics, ...byTopic(channels)])
    const names = this.#commands.map(({ name, complete = [], options }) => ({
      name,
      complete,
      options: [...Object.keys(options), 'json', 'timeout', 'help'],
      valued: [...Object.keys(options).filter(option => takesValue(options, option)), 'timeout']
    }))
    return {
      commands: [...names, { name: 'unsubscribe', complete: ['topic'], options: [] }, { name: 'help', complete: ['command'], options: [] }, { name: 'exit', complete: [], options: [] }],
      services: discovery.services(),
      methods: service => [...new Set(discovery.nodes(service).flatMap(({ methods }) => methods)), 'braid.ping', 'braid.describe', 'braid.stats', 'braid.health'],
      topics: [...this.#topics.keys()],
      channels: topic => [...this.#topics.get(topic) ?? []],
      nodes: discovery.nodes().filter(({ id }) => id !== this.#mesh.id).map(({ name }) => name)
    }
  }

  /** What comes while somebody types goes above that line. */
  #aside (write: () => void): void {
    const lines = this.#interface
    if (lines == null || !this.#tty || this.#running != null) {
      write()
      return
    }
    process.stdout.write('\r\u001b[J')
    write()
    lines.prompt(true)
  }
}

/** The command, of these. */
export function replOf (commands: readonly MeshCommand[]): MeshCommand {
  return {
    name: 'repl',
    reachable: true,
    summary: 'join, and take commands line by line',
    details: `All commands that join a mesh, with completion by Tab (commands, services, methods, topics, nodes) and a history that is
kept. Lines can be piped in, too: the exit code is then that of the last one that failed. Ctrl-C ends what runs.`,
    options: {
      history: { type: 'text', value: '<file>', help: 'where lines are kept; those that begin with a space are not (default braid-mesh/history in $XDG_STATE_HOME, or in ~/.local/state)' }
    },
    examples: ['braid-mesh repl', "printf 'services\\nmethods login\\n' | braid-mesh repl --json"],
    use: async (mesh, line, terminal) => {
      wordsOf(line.words, 'repl', 0)
      return new Repl(mesh, line, terminal, commands).run()
    }
  }
}
