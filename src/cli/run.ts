/** From a command line to an exit code. */
import { COMMANDS } from './commands.ts'
import { DONE, FAILED, INTERRUPTED, UnwrittenError, UsageError, WRONG_USAGE } from './exit.ts'
import { helpAsJson, helpOf, overview, widthOf } from './help.ts'
import { nearest } from './nearest.core.ts'
import { COMMON, readLine, takesValue } from './options.ts'
import { failure, json, quoted } from './output.ts'
import type { Command, Terminal } from './command.ts'

const WRONG = new Set(['UsageError', 'InvalidNameError', 'InvalidOptionsError'])

function find (name: string): Command {
  const command = COMMANDS.find(command => command.name === name)
  if (command != null) return command
  const names = COMMANDS.map(({ name }) => name)
  const near = nearest(name, names)
  throw new UsageError(`there is no command '${name}'; ${near != null ? `did you mean '${near}'?` : `there are: ${names.join(', ')}`}`)
}

function help (words: readonly string[], terminal: Terminal): number {
  const [name] = words.filter(word => !word.startsWith('-'))
  const told = (name == null ? COMMANDS : [find(name)]).map(command => ({ ...command, options: { ...command.options, ...COMMON } }))
  const width = widthOf(terminal)
  if (words.includes('--json')) terminal.out(helpAsJson(told))
  else terminal.out(name == null ? overview(COMMANDS, width) : told.map(command => helpOf(command, width)).join(''))
  return DONE
}

/** Options may stand before the command, too: `--mesh shop nodes`. */
function commandFirst (argv: readonly string[]): readonly string[] {
  if (argv[0]?.startsWith('-') !== true) return argv
  // A mesh may be named as a command is.
  const value = (word: string | undefined): boolean => word?.startsWith('--') === true && COMMANDS.some(({ options }) => takesValue(options, word.slice(2)))
  const place = argv.findIndex((word, i) => COMMANDS.some(({ name }) => name === word) && !value(argv[i - 1]))
  return place > 0 ? [argv[place] ?? '', ...argv.slice(0, place), ...argv.slice(place + 1)] : argv
}

/** Streams tell later that they could not write. @throws UnwrittenError */
async function written (code: number, { signal }: Terminal): Promise<number> {
  await new Promise(resolve => setImmediate(resolve))
  if (signal.reason instanceof UnwrittenError) throw signal.reason
  return code
}

async function dispatch (argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const [first, ...rest] = commandFirst(argv)
  if (first === '--version' || first === '-v') {
    terminal.out(rest.includes('--json') ? json(version) : version)
    return written(DONE, terminal)
  }
  if (first === 'help' || first === '--help' || first === '-h') return written(help(rest, terminal), terminal)
  if (first == null) {
    terminal.err(overview(COMMANDS))
    return WRONG_USAGE
  }
  if (first.startsWith('-')) throw new UsageError(`a command is missing before ${first}`)
  const command = find(first)
  const line = readLine(rest, { ...command.options, ...COMMON })
  if (line.flag('help')) return written(help([first, ...line.json ? ['--json'] : []], terminal), terminal)
  const code = await command.run(line, terminal)
  return command.serves === true ? code : written(code, terminal)
}

/** Never throws: what goes wrong is a line on `err` and an exit code. */
export async function run (argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  try {
    return await dispatch(argv, terminal, version)
  } catch (thrown) {
    terminal.progress()
    const { aborted, reason } = terminal.signal
    const isUnwritten = reason instanceof UnwrittenError
    if (aborted && !isUnwritten) return INTERRUPTED
    const error: unknown = isUnwritten ? reason : thrown
    const { name, message } = error as Error
    const code = WRONG.has(name) ? WRONG_USAGE : FAILED
    terminal.err(argv.includes('--json') ? failure(error) : quoted(message))
    if (code === WRONG_USAGE && !argv.includes('--json')) terminal.err(`try braid-mesh help${COMMANDS.some(({ name }) => name === argv[0]) ? ` ${argv[0]}` : ''}`)
    return code
  }
}
