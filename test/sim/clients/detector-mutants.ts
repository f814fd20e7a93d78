/** Failure detectors with one mistake each. The simulator is worth something only if it finds every one of them. */
import { detectorClient } from './detector.ts'
import type { Mutation } from './detector-process.ts'
import type { Detector, DetectorInput, DetectorOutput } from '../../../src/discovery/detector.core.ts'
import type { ClientFactory } from '../kernel/run.ts'

type Step = (input: DetectorInput) => DetectorOutput[]

function wrap (change: (step: Step) => Step): Mutation {
  return {
    detector: (detector: Detector) => ({
      tickInterval: detector.tickInterval,
      step: change(input => detector.step(input)),
      stats: () => detector.stats(),
      rtt: id => detector.rtt(id)
    })
  }
}

const MUTATIONS: Record<string, Mutation> = {
  'believes a suspicion without a probe of its own': wrap(step => input => {
    const heard = input.type === 'suspicion' ? input.id : undefined
    const own = step(input)
    return heard === undefined || own.some(output => output.type === 'refute') ? own : [...own, { type: 'down', id: heard }]
  }),
  'never refutes': wrap(step => input => step(input).filter(output => output.type !== 'refute')),
  'judges after a stall before it listens': wrap(step => input => step(input.type === 'tick' ? { ...input, lag: 0 } : input)),
  'gives a suspect no time': { config: { suspicionMin: 0, suspicionMax: 0 } },
  'has no patience with an answer': { config: { suspicionMin: 100, suspicionMax: 100, probeTimeout: 50 } },
  'forgets whom it gave up': { viewInit: { maxTombstones: 0 } },
  'does not mind closed connections and refused redials': wrap(step => input => input.type === 'closed' || input.type === 'redialled' ? [] : step(input)),
  'never probes': { config: { probes: 0 } },
  'does not hear acks and frames': wrap(step => input => input.type === 'ack' || input.type === 'contact' ? [] : step(input)),
  'takes one refusal for the end': wrap(step => input => {
    const own = step(input)
    return input.type === 'redialled' && !input.ok ? [...own, { type: 'down', id: input.id }] : own
  })
}

export const MUTANTS: readonly ClientFactory[] = Object.entries(MUTATIONS).map(([name, mutation]) => detectorClient(name, mutation))
