/** Whether processes that live long hold more and more. */
import type { Life, SoakMesh } from './soak-mesh.ts'
import type { Usage } from './soak-child.ts'

/** Bytes of heap that may come with a longer history: kept messages and replies, links, views. */
const HEAP = 48 * 1024 * 1024
/** Streams, handles and timers that may come and go between two looks. */
const SOME = 24

export class Growth {
  readonly #usages = new Map<Life, Usage[]>()

  async look (mesh: SoakMesh): Promise<void> {
    await mesh.everywhere(async life => {
      const usage = await life.process.command<Usage>('soakUsage', [], 30_000)
      this.#usages.set(life, [...this.#usages.get(life) ?? [], usage])
    })
  }

  /** Of each that was looked at twice: the first figures and the last. */
  lines (): string[] {
    return this.#spans().map(({ life, first, last, looks }) => `${life.process.label} over ${looks} looks: ` + (Object.keys(first) as Array<keyof Usage>).map(name =>
      `${name} ${figure(name, first[name])} -> ${figure(name, last[name])}`).join(', '))
  }

  /** Sentences about what has grown too much. */
  violations (): string[] {
    return this.#spans().flatMap(({ life, first, last }) => [
      ...last.heap - first.heap > HEAP ? [`heap of ${life.process.label} grew by ${figure('heap', last.heap - first.heap)}`] : [],
      ...(['streams', 'connections', 'handles', 'timers'] as const).flatMap(name => last[name] - first[name] > SOME + first[name] / 2 ? [`${name} of ${life.process.label} grew from ${first[name]} to ${last[name]}`] : [])
    ])
  }

  #spans (): Array<{ life: Life, first: Usage, last: Usage, looks: number }> {
    return [...this.#usages].flatMap(([life, usages]) => {
      const [first, last] = [usages[0], usages.at(-1)]
      return first === undefined || last === undefined || usages.length < 2 ? [] : [{ life, first, last, looks: usages.length }]
    })
  }
}

function figure (name: keyof Usage, value: number): string {
  return name === 'rss' || name === 'heap' ? `${(value / 1024 / 1024).toFixed(0)} MiB` : String(value)
}
