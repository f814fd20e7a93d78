/** The stages of `npm test`, in order. Each is a script of package.json, so that it can be run alone. */

export type Lane = 'a' | 'b'

export interface Stage {
  /** What `npm test -- <name>` calls it. */
  name: string
  /** Of package.json. */
  script: string
  args?: string[]
  /** What runs its tests and counts them; any other stage counts only when it fails. */
  tests?: 'mocha' | 'karma'
  /** Those of one lane run one after the other, beside those of the other lane. */
  lane: Lane
  /** Milliseconds after which the stage is killed and has failed. */
  timeout: number
}

const MINUTE = 60_000

/**
 * From `mesh` on they wait far more than they compute, so that another one fits beside each, and several spec files of one
 * beside each other. Those whose nodes have timers of real seconds, `mesh` and `process`, share a lane, and those whose
 * browser has much to do, `karma` and `e2e`, the other one: none of a pair ever runs beside its like. `sim`, which only
 * computes, and `tabs`, with pages that draw nothing, make the lanes equally long.
 */
export const STAGES: readonly Stage[] = [
  { name: 'lint', script: 'lint:code', lane: 'a', timeout: 4 * MINUTE },
  { name: 'rooms', script: 'lint:rooms', lane: 'b', timeout: 2 * MINUTE },
  { name: 'types', script: 'types', lane: 'b', timeout: 3 * MINUTE },
  { name: 'generated', script: 'generate', args: ['--check'], lane: 'b', timeout: MINUTE },
  { name: 'build', script: 'build', lane: 'b', timeout: 3 * MINUTE },
  { name: 'docs', script: 'docs:check', lane: 'b', timeout: 3 * MINUTE },
  { name: 'dep-check', script: 'dep-check', lane: 'b', timeout: 2 * MINUTE },
  { name: 'package-check', script: 'package-check', lane: 'b', timeout: 3 * MINUTE },
  { name: 'size', script: 'size', lane: 'b', timeout: 2 * MINUTE },
  { name: 'security', script: 'security', lane: 'b', timeout: MINUTE },
  { name: 'unit', script: 'test:unit', tests: 'mocha', lane: 'b', timeout: 10 * MINUTE },
  { name: 'sim', script: 'test:sim', tests: 'mocha', lane: 'a', timeout: 10 * MINUTE },
  { name: 'mesh', script: 'test:mesh', tests: 'mocha', lane: 'a', timeout: 12 * MINUTE },
  { name: 'process', script: 'test:process', tests: 'mocha', lane: 'a', timeout: 15 * MINUTE },
  { name: 'tabs', script: 'test:tabs', tests: 'mocha', lane: 'a', timeout: 6 * MINUTE },
  // all of it once more where there is Firefox
  { name: 'karma', script: 'test:karma', tests: 'karma', lane: 'b', timeout: 20 * MINUTE },
  { name: 'e2e', script: 'test:e2e', tests: 'mocha', lane: 'b', timeout: 12 * MINUTE }
]

/**
 * The stages that the arguments name, in the order of {@link STAGES}; `static` is every stage without tests, no argument
 * is all of them.
 *
 * @throws when there is no such stage
 */
export function selectStages (names: readonly string[]): readonly Stage[] {
  const unknown = names.filter(name => name !== 'static' && !STAGES.some(stage => stage.name === name))
  if (unknown.length > 0) {
    throw new Error(`no stage ${unknown.join(', ')}; there are static, ${STAGES.map(stage => stage.name).join(', ')}`)
  }
  if (names.length === 0) return STAGES
  return STAGES.filter(stage => names.includes(stage.name) || (names.includes('static') && stage.tests === undefined))
}
