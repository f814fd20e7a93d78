/** The help: of all commands, and of each. */
import { COMMON, MESH } from './options.ts'
import { json } from './output.ts'
import type { Command, Terminal } from './command.ts'
import type { OptionSpec, OptionSpecs } from './options.ts'

/** Columns at most: longer lines are hard to read. */
const WIDTH = 100
/** Columns below which what is beside something stands under it instead. */
const LEAST = 30
const INDENT = 6

/** Columns that there are for a help. */
export function widthOf ({ screen }: Pick<Terminal, 'screen'>): number {
  return Math.min(WIDTH, screen?.size().columns ?? WIDTH)
}

export function pairs (rows: ReadonlyArray<readonly [string, string]>, width: number): string {
  const beside = Math.max(...rows.map(([left]) => left.length)) + 4
  const under = width - beside < LEAST
  const indent = ' '.repeat(under ? INDENT : beside)
  return rows.map(([left, right]) => `  ${under ? `${left}\n${indent}` : left.padEnd(beside - 2)}${wrap(right, width - indent.length).join(`\n${indent}`)}`).join('\n')
}

function wrap (text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

function left (name: string, { value, short }: OptionSpec): string {
  return `${short != null ? `-${short}, ` : ''}--${name}${value != null ? ` ${value}` : ''}`
}

function optionTable (specs: OptionSpecs, width: number): string {
  return pairs(Object.entries(specs).map(([name, spec]) => [left(name, spec), `${spec.help}${spec.env != null ? ` [${spec.env}]` : ''}`]), width)
}

const EXIT_CODES = `Exit codes
  0    done; also a relay, subscribe or top that was told to end
  1    it failed: the call, a check of doctor, the relay
  2    the command line is wrong
  3    no way into the mesh
  130  ended by Ctrl-C before it was done; 143 and 129 by a second SIGTERM or SIGHUP`

export function overview (commands: readonly Command[], width = WIDTH): string {
  return `braid-mesh: nodes of a mesh from the command line

Commands
${pairs(commands.map(({ name, words, summary }) => [words == null ? name : `${name} ${words}`, summary]), width)}
  
Options of all that join a mesh
${optionTable({ ...MESH, ...COMMON }, width)}
  --version

${EXIT_CODES}

braid-mesh help <command> tells more. Results go to stdout, everything else to stderr.`.replace(/^ +$/gm, '')
}

export function helpOf ({ name, words, summary, details, options, examples = [] }: Omit<Command, 'run'>, width = WIDTH): string {
  const parts = [
    `braid-mesh ${name}${words != null ? ` ${words}` : ''}\n\n${wrap(`${summary.replace(/^./, letter => letter.toUpperCase())}.`, width).join('\n')}`,
    ...(details != null ? [width < WIDTH ? details.split('\n').flatMap(line => wrap(line, width)).join('\n') : details] : []),
    `Options\n${optionTable(options, width)}`,
    ...(examples.length > 0 ? [`Examples\n${examples.map(example => `  ${example}`).join('\n')}`] : [])
  ]
  return parts.join('\n\n')
}

/** The same for programs. */
export function helpAsJson (commands: ReadonlyArray<Omit<Command, 'run'>>): string {
  return json(commands.map(({ name, words = '', summary, details = '', options, examples = [] }) => ({
    name, words, summary, details, options: Object.entries(options).map(([name, { type, help, env, choices }]) => ({ name, type, help, env, choices })), examples
  })))
}
