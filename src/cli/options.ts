/** Options of commands: how they are declared, read and refused. */
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { UsageError } from './exit.ts'
import { nearest } from './nearest.core.ts'

/** One option. `list` may be repeated; `number` is checked. */
export interface OptionSpec {
  readonly type: 'flag' | 'text' | 'number' | 'list'
  /** What stands for its value in the help, as `<ms>`. */
  readonly value?: string
  readonly help: string
  readonly short?: string
  /** For numbers. @default 1 */
  readonly min?: number
  readonly max?: number
  /** The only values that it takes. */
  readonly choices?: readonly string[]
  /** Of a text. @throws UsageError - it is none that the option takes */
  readonly check?: (text: string) => void
  /** Taken from this variable of the environment when it is not given; of a list, words. */
  readonly env?: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** Whether the word after an option is its value. */
export function takesValue (specs: OptionSpecs, name: string): boolean {
  return name in specs && specs[name]?.type !== 'flag'
}

/** Every command has these. */
export const COMMON: OptionSpecs = {
  json: { type: 'flag', help: 'print JSON: one document, or one per line where it goes on' },
  help: { type: 'flag', short: 'h', help: 'this help' }
}

/** Commands that join a mesh have these too. */
export const MESH: OptionSpecs = {
  mesh: { type: 'text', value: '<name>', env: 'BRAID_MESH', help: "the mesh's name (default braid)" },
  bootstrap: { type: 'list', value: '<multiaddr>', env: 'BRAID_BOOTSTRAP', help: 'a node of the mesh, as /ip4/192.0.2.1/tcp/9001; may be repeated' },
  timeout: { type: 'number', value: '<ms>', help: 'how long to look, or to wait for an answer (default 5000)' }
}

/** Options with this value are checked to be one. */
const ADDRESS = '<multiaddr>'

function checkAddress (name: string, text: string): void {
  // as of a variable in quotes that is not set
  if (/^\/?$/.test(text.trim())) throw new UsageError(`--${name} is empty: expected a multiaddr such as /ip4/192.0.2.1/tcp/9001`)
  try {
    multiaddr(text)
  } catch (cause) {
    const [, host, port] = /^(?:wss?:\/\/|https?:\/\/)?(\d+\.\d+\.\d+\.\d+|[\w.-]+):(\d+)$/.exec(text) ?? []
    const meant = host == null ? '' : `; did you mean /${/^[\d.]+$/.test(host) ? 'ip4' : 'dns4'}/${host}/tcp/${port}${/^(ws|http):/.test(text) ? '/ws' : /^(wss|https):/.test(text) ? '/wss' : ''}?`
    throw new UsageError(`--${name}: '${text}' is not a multiaddr such as /ip4/192.0.2.1/tcp/9001${meant !== '' ? meant : `: ${(cause as Error).message}`}`)
  }
}

type Value = string | boolean | string[] | undefined

/** A command line, read with the options of its command. */
export class Line {
  readonly words: readonly string[]
  readonly #values: Readonly<Record<string, Value>>
  readonly #specs: OptionSpecs
  readonly #env: NodeJS.ProcessEnv

  constructor (words: readonly string[], values: Readonly<Record<string, Value>>, specs: OptionSpecs, env: NodeJS.ProcessEnv) {
    this.words = words
    this.#values = values
    this.#specs = specs
    this.#env = env
  }

  flag (name: string): boolean {
    return this.#values[name] === true
  }

  text (name: string): string | undefined {
    const value = this.#values[name] ?? this.#environment(name)
    return typeof value === 'string' ? value : undefined
  }

  list (name: string): string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value : this.#environment(name)?.split(/[\s,]+/).filter(word => word !== '') ?? []
  }

  number (name: string): number | undefined {
    const text = this.text(name)
    return text == null ? undefined : this.#checked(name, text)
  }

  get json (): boolean {
    return this.flag('json')
  }

  get mesh (): string {
    return this.text('mesh') ?? 'braid'
  }

  /** Milliseconds. */
  get timeout (): number {
    return this.number('timeout') ?? 5_000
  }

  /** @throws UsageError - of an option whose value it does not take */
  check (): void {
    for (const [name, { type, choices, value, check }] of Object.entries(this.#specs)) {
      if (type === 'number') this.number(name)
      if (value === ADDRESS) for (const address of this.list(name)) checkAddress(name, address)
      const text = this.text(name)
      if (choices != null && text != null && !choices.includes(text)) throw new UsageError(`--${name}: expected ${choices.join(', ')}, got '${text}'`)
      if (text != null) check?.(text)
    }
  }

  #environment (name: string): string | undefined {
    const { env } = this.#specs[name] ?? {}
    const value = env == null ? undefined : this.#env[env]
    return value === '' ? undefined : value
  }

  #checked (name: string, text: string): number {
    const { min = 1, max = Number.MAX_SAFE_INTEGER, value = '' } = this.#specs[name] ?? {}
    const number = Number(text)
    if (text.trim() === '' || !Number.isInteger(number) || number < min || number > max) {
      const unit = value === '<ms>' ? 'milliseconds, ' : ''
      throw new UsageError(`--${name}: expected ${unit}a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}, got '${text}'`)
    }
    return number
  }
}

function unknown (error: Error, argv: readonly string[], names: string[]): UsageError {
  const given = /^Unknown option '(-[^' ]*)/.exec(error.message)?.[1]
  if (given == null) return new UsageError(error.message.replace(/\. To specify.*$/s, '').replace(/^./, letter => letter.toLowerCase()))
  const near = nearest(given.replace(/^-+/, ''), names)
  // A JSON argument or an id may begin with a dash; parseArgs takes it for an option.
  const hint = near == null ? argv.includes('--') ? '' : '; put -- before words that begin with a dash' : `; did you mean --${near}?`
  return new UsageError(`there is no option ${given}${hint}`)
}

/** @throws UsageError */
export function readLine (argv: readonly string[], specs: OptionSpecs, env: NodeJS.ProcessEnv = process.env): Line {
  const options = Object.fromEntries(Object.entries(specs).map(([name, { type, short }]) => [name, {
    type: type === 'flag' ? 'boolean' as const : 'string' as const,
    multiple: type === 'list',
    ...(short != null ? { short } : {})
  }]))
  let read
  try {
    read = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    throw unknown(error as Error, argv, Object.keys(specs))
  }
  const line = new Line(read.positionals, read.values as Record<string, Value>, specs, env)
  if (!line.flag('help')) line.check()
  return line
}
