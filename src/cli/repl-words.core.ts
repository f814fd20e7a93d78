/** A line of the REPL as words. JSON stands as it is: `call login greet {"name":"ada b"}`; `'…'` holds words together. */

/** The place after a JSON text that begins at `start`; undefined when it does not end. */
function endOfJson (line: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let i = start; i < line.length; i++) {
    const letter = line[i]
    if (quoted) {
      if (letter === '\\') i++
      else if (letter === '"') quoted = false
    } else if (letter === '"') {
      quoted = true
    } else if (letter === '{' || letter === '[') {
      depth++
    } else if (letter === '}' || letter === ']') {
      depth--
    }
    if (!quoted && depth <= 0) return i + 1
  }
  return undefined
}

/** The words of a line, or why it has none. */
export function splitWords (line: string): { words: string[] } | { error: string } {
  const words: string[] = []
  for (let i = 0; i < line.length;) {
    const letter = line[i] ?? ''
    if (/\s/.test(letter)) {
      i++
      continue
    }
    let end: number
    if ('{["'.includes(letter)) {
      const found = endOfJson(line, i)
      if (found == null) return { error: `the JSON that begins with ${line.slice(i, i + 12)} does not end` }
      end = found
      words.push(line.slice(i, end))
    } else if (letter === "'") {
      const found = line.indexOf("'", i + 1)
      if (found < 0) return { error: "a ' is missing" }
      end = found + 1
      words.push(line.slice(i + 1, found))
    } else {
      const rest = line.slice(i).search(/\s/)
      end = rest < 0 ? line.length : i + rest
      words.push(line.slice(i, end))
    }
    i = end
  }
  return { words }
}

/** Texts in quotes that are values of options, without the quotes: only arguments are JSON. */
export function unquoted (words: readonly string[], valued: (option: string) => boolean): string[] {
  return words.map((word, i) => {
    const option = /^--(.+)$/.exec(words[i - 1] ?? '')?.[1]
    return option != null && valued(option) && word.startsWith('"') && word.length > 1 ? JSON.parse(word) as string : word
  })
}

/** What may stand at the place of a word. */
export type Kind = 'command' | 'service' | 'method' | 'topic' | 'node' | 'channel'

export interface Known {
  /** Commands, with what their words are, the names of their options, and which of these take a value. */
  commands: ReadonlyArray<{ name: string, complete: readonly Kind[], options: readonly string[], valued?: readonly string[] }>
  services: readonly string[]
  methods: (service: string) => readonly string[]
  topics: readonly string[]
  channels: (topic: string) => readonly string[]
  nodes: readonly string[]
}

/** What the last word of a line may become. */
export function completions (line: string, known: Known): { word: string, found: string[] } {
  const split = line.trimStart().split(/\s+/)
  const word = split.at(-1) ?? ''
  const before = split.slice(0, -1)
  const [name] = before
  const starting = (list: readonly string[]): string[] => list.filter(item => item.startsWith(word)).sort((a, b) => a.localeCompare(b))
  if (name == null) return { word, found: starting(known.commands.map(({ name }) => name)) }
  const command = known.commands.find(command => command.name === name)
  if (command == null) return { word, found: [] }
  if (word.startsWith('-')) return { word, found: starting(command.options.map(option => `--${option}`)) }
  if (before.at(-1) === '--node') return { word, found: starting(known.nodes) }
  const takesValue = (word: string | undefined): boolean => word?.startsWith('--') === true && command.valued?.includes(word.slice(2)) === true
  if (takesValue(before.at(-1))) return { word, found: [] }
  const words = before.slice(1).filter((word, i) => !word.startsWith('-') && !takesValue(before[i]))
  const lists: Record<Kind, () => readonly string[]> = {
    command: () => known.commands.map(({ name }) => name),
    service: () => known.services,
    method: () => known.methods(words.at(-1) ?? ''),
    topic: () => known.topics,
    node: () => known.nodes,
    channel: () => known.channels(words.at(-1) ?? '')
  }
  const kind = command.complete[words.length]
  return { word, found: kind == null ? [] : starting(lists[kind]()) }
}
