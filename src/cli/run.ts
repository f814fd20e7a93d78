/** From a command line to an exit code. */
import { call, FAILED, nodes, relay, DONE, WRONG_USAGE } from './commands.ts'
import { commandLine, HELP, UsageError } from './usage.ts'
import type { Command, Terminal } from './commands.ts'

const COMMANDS = new Map<string, Command>([['relay', relay], ['nodes', nodes], ['call', call]])

/** Never throws: what goes wrong is a line on `err` and an exit code. */
export async function run (argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  try {
    const line = commandLine(argv)
    if (line.version) {
      terminal.out(version)
      return DONE
    }
    if (line.help || line.command == null) {
      (line.help ? terminal.out : terminal.err)(HELP)
      return line.help ? DONE : WRONG_USAGE
    }
    const command = COMMANDS.get(line.command)
    if (command == null) throw new UsageError(`there is no command '${line.command}': ${[...COMMANDS.keys()].join(', ')}`)
    return await command(line, terminal)
  } catch (error) {
    if (terminal.signal.aborted) return DONE
    const { name, message } = error as Error
    terminal.err(message)
    if (name === 'UsageError') terminal.err('try braid-mesh --help')
    return name === 'UsageError' || name === 'InvalidNameError' || name === 'InvalidOptionsError' ? WRONG_USAGE : FAILED
  }
}
