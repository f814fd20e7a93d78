/** Two lanes for `npm test`, because most of its stages wait more than they compute. */
import type { Stage } from './stages.ts'
import type { Result } from './summary.ts'

/**
 * Runs the stages of a lane one after the other, and the lanes beside each other. One that cannot be run has failed, and
 * holds up no other. Resolves to the results in the order of the stages.
 */
export async function inLanes <S extends Pick<Stage, 'name' | 'lane'>> (stages: readonly S[], run: (stage: S) => Promise<Result>): Promise<Result[]> {
  const results = new Map<S, Result>()
  await Promise.all([...Map.groupBy(stages, ({ lane }) => lane).values()].map(async lane => {
    for (const stage of lane) {
      results.set(stage, await run(stage).catch((error: unknown) => failed(stage.name, error)))
    }
  }))
  return stages.flatMap(stage => results.get(stage) ?? [])
}

function failed (name: string, error: unknown): Result {
  return { name, seconds: 0, passes: 0, failures: 1, pending: 0, skipped: [], note: String(error) }
}
