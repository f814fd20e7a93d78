/** The help: of all commands, and of each. */
import { COMMON, MESH } from './options.ts'
import type { Command } from './command.ts'
import type { OptionSpec, OptionSpecs } from './options.ts'

const WIDTH = 100

function pairs (rows: ReadonlyArray<readonly [string, string]>): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${wrap(right, WIDTH - width - 2).join(`\n${' '.repeat(width + 2)}`)}`).join('\n')
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

function optionTable (specs: OptionSpecs): string {
  return pairs(Object.entries(specs).map(([name, spec]) => [left(name, spec), `${spec.help}${spec.env != null ? ` [${spec.env}]` : ''}`]))
}

const EXIT_CODES = `Exit codes
  0    done; also a relay, subscribe or top that was told to end
  1    it failed: the call, a check of doctor, the relay
  2    the command line is wrong
  3    no way into the mesh
  130  ended by Ctrl-C before it was done`

export function overview (commands: readonly Command[]): string {
  return `braid-mesh: nodes of a mesh from the command line

Commands
${pairs(commands.map(({ name, words, summary }) => [words == null ? name : `${name} ${words}`, summary]))}
  
Options of all that join a mesh
${optionTable({ ...MESH, ...COMMON })}
  --version

${EXIT_CODES}

braid-mesh help <command> tells more. Results go to stdout, everything else to stderr.`.replace(/^ +$/gm, '')
}

export function helpOf ({ name, words, summary, details, options, examples = [] }: Omit<Command, 'run'>): string {
  const parts = [
    `braid-mesh ${name}${words != null ? ` ${words}` : ''}\n\n${wrap(`${summary.replace(/^./, letter => letter.toUpperCase())}.`, WIDTH).join('\n')}`,
    ...(details != null ? [details] : []),
    `Options\n${optionTable(options)}`,
    ...(examples.length > 0 ? [`Examples\n${examples.map(example => `  ${example}`).join('\n')}`] : [])
  ]
  return parts.join('\n\n')
}
