/** A Containerfile, read as far as a test follows it without a container engine. */

export interface Instruction {
  readonly name: string
  readonly text: string
}

/** What stands between one FROM and the next. */
export interface Stage {
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** @throws Error - an instruction before the first FROM */
export function readContainerfile (text: string): Stage[] {
  const stages: Array<{ name: string | undefined, instructions: Instruction[] }> = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n').filter(line => line !== '' && !line.startsWith('#'))) {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    if (name === 'FROM') stages.push({ name: / AS (\S+)$/.exec(rest)?.[1], instructions: [] })
    else if (stages.length === 0) throw new Error(`${line} stands before FROM`)
    else stages.at(-1)?.instructions.push({ name, text: rest })
  }
  return stages
}

/** The texts of a stage's instructions of that name, in their order. */
export function of (stage: Stage | undefined, name: string): string[] {
  return stage?.instructions.filter(instruction => instruction.name === name).map(({ text }) => text) ?? []
}

/** `["a", "b"]` of an instruction. */
export function words (text: string | undefined): string[] {
  return JSON.parse(/\[.*\]$/.exec(text ?? '')?.[0] ?? '[]') as string[]
}
