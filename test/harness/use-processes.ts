/** Node processes that belong to the tests of a `describe`. */
import { spawnNode } from './processes.ts'
import { until } from './until.ts'
import type { NodeProcess, SpawnOptions } from './processes.ts'

export interface Processes {
  /** {@link spawnNode}, ended and judged after the test. */
  spawn (options?: SpawnOptions): Promise<NodeProcess>
  /** `n` nodes; all but the first get the first as bootstrap, and start at once. Each sees all when it resolves. */
  mesh (n: number, options?: (index: number) => SpawnOptions): Promise<NodeProcess[]>
}

/** Resolves when each of the processes sees exactly these nodes. */
export async function allSeeAll (nodes: readonly NodeProcess[], timeout = 60_000): Promise<void> {
  const expected = nodes.map(node => node.id).sort().join()
  let state = ''
  await until(async () => {
    const views = await Promise.all(nodes.map(async node => (await node.nodes()).map(({ id }) => id).sort()))
    state = nodes.map((node, index) => `${node.label} sees ${views[index]?.length}`).join(', ')
    return views.every(view => view.join() === expected)
  }, { timeout, interval: 50, what: () => `all of ${nodes.length} see all: ${state}` })
}

export interface UseProcessesOptions {
  /** Kill the processes after each test, or once after all tests of the `describe`. @default 'test' */
  per?: 'test' | 'suite'
}

/** Call in a `describe`. A test fails, after it ran, if one of the processes was not clean. */
export function useProcesses ({ per = 'test' }: UseProcessesOptions = {}): Processes {
  const running: NodeProcess[] = []
  const spawn = async (options: SpawnOptions = {}): Promise<NodeProcess> => {
    const node = await spawnNode(options)
    running.push(node)
    return node
  }
  const end = async (): Promise<void> => {
    await Promise.all(running.splice(0).map(async node => node[Symbol.asyncDispose]()))
  }

  afterEach(async () => {
    const nodes = [...running]
    if (per === 'test') await end()
    for (const node of nodes) node.expectClean()
  })
  after(end)

  return {
    spawn,
    async mesh (n, options = () => ({})) {
      const first = await spawn(options(0))
      const others = await Promise.all(Array.from({ length: n - 1 }, async (_, index) => {
        const init = options(index + 1)
        return spawn({ ...init, options: { bootstrap: first.addresses, ...init.options } })
      }))
      const all = [first, ...others]
      await allSeeAll(all)
      return all
    }
  }
}
