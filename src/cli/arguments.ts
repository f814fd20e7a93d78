/** Words of a command that are more than words. */
import { UsageError } from './exit.ts'
import type { Line } from './options.ts'

/** What {@link json} prints for bytes is bytes again. */
function revived (_key: string, value: unknown): unknown {
  const bytes: unknown = typeof value === 'object' && value !== null && Object.keys(value).length === 1 ? (value as { $bytes?: unknown }).$bytes : undefined
  return typeof bytes === 'string' ? Uint8Array.from(Buffer.from(bytes, 'base64')) : value
}

/** Arguments or a body as JSON. @throws UsageError */
export function parseJson (text: string | undefined, what: string): unknown {
  if (text == null) return undefined
  try {
    return JSON.parse(text, revived)
  } catch (cause) {
    const hint = /^[\w.-]+$/.test(text) ? `; a text needs quotes: '"${text}"'` : '; as in \'{"name":"ada"}\''
    throw new UsageError(`${what} is not JSON: ${(cause as Error).message}${hint}`)
  }
}

/** The words that a command needs and may have. @throws UsageError - too few, too many */
export function wordsOf (words: readonly string[], usage: string, least: number, most = least): readonly string[] {
  if (words.length < least || words.length > most) throw new UsageError(`usage: braid-mesh ${usage}`)
  return words
}

/** What is wrong with a command's words can be told without a mesh, by its usage alone. @throws UsageError */
export function checkWords ({ name, words = '' }: { readonly name: string, readonly words?: string }, line: Line): void {
  const [first = '', ...others] = words.split(' | ')
  const usage = others.find(other => line.flag(/^--(\S+)/.exec(other)?.[1] ?? '')) ?? first
  const parts = usage.match(/<\S+>|\[\S+\]/g) ?? []
  wordsOf(line.words, `${name} ${usage}`.trim(), parts.filter(part => part.startsWith('<')).length, parts.length)
  const text = line.words[parts.findIndex(part => part.includes('json'))]
  parseJson(text, usage.includes('<topic>') ? 'the body' : 'the arguments')
}
