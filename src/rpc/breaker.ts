/** The interceptor that leaves failing nodes alone. */
import { RpcError } from '../errors.ts'
import { given } from '../util/given.ts'
import { checkKnown } from '../util/known.ts'
import { checkNumber } from '../util/refuse.ts'
import { timers } from '../util/timers.ts'
import { Circuit } from './breaker.core.ts'
import { MAX_BROKEN } from './numbers.ts'
import { Outliers } from './outlier.core.ts'
import { clientHooks } from './passage.ts'
import type { ClientCall, ClientInterceptor } from './interceptor.ts'
import type { CircuitOptions, CircuitState } from './breaker.core.ts'
import type { OutlierOptions } from './outlier.core.ts'

export interface BreakerOptions extends Partial<CircuitOptions> {
  /** Nodes that fail much more often than the others of their service; false: they are left to their circuit. */
  outliers?: Partial<OutlierOptions> | false
  /** Does this error speak against the node? @default UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL and DATA_LOSS do */
  isFailure?: (error: unknown, call: ClientCall) => boolean
}

/** {@link breaker} with a view into it. */
export interface Breaker extends ClientInterceptor {
  /** Circuits that are not closed, and ejected nodes, by service and node. */
  states (): Record<string, Record<string, CircuitState | 'ejected'>>
}

const CIRCUIT: CircuitOptions = { threshold: 0.5, minimum: 20, window: 60_000, consecutive: 5, cooldown: 10_000 }
const OUTLIERS: OutlierOptions = {
  interval: 10_000, minimumNodes: 5, minimumCalls: 100, factor: 1.9, ejection: 30_000, maxEjection: 300_000, maxShare: 0.1
}
const FAILURES: ReadonlySet<unknown> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'DATA_LOSS'])

class ServiceState {
  readonly circuits = new Map<string, Circuit>()
  /** Open, or ejected. */
  readonly blocked = new Set<string>()
  readonly outliers: Outliers | undefined

  constructor (outliers: Outliers | undefined) {
    this.outliers = outliers
  }
}

/**
 * Leaves a node alone after `consecutive` failures, or when `threshold` of at least `minimum` calls within `window`
 * failed: for `cooldown`, then one call tries it (half open). Also ejects outliers. Calls go to the other nodes; when
 * none is left they fail at once with UNAVAILABLE, retryable.
 *
 * @throws InvalidOptionsError - a number that cannot work, or an option that there is not
 */
export function breaker (options: BreakerOptions = {}): Breaker {
  const { outliers = {}, isFailure = isNodeFailure, ...circuit } = options
  return interceptor(new Breakers(filled(CIRCUIT, circuit), outliers === false ? undefined : filled(OUTLIERS, outliers)), isFailure)
}

/** The options with their defaults. */
function filled<T extends CircuitOptions | OutlierOptions> (defaults: T, options: Partial<T>): T {
  checkKnown('breaker', options, Object.keys(defaults))
  for (const [name, value] of Object.entries(options)) {
    const isShare = name === 'threshold' || name === 'maxShare'
    checkNumber(`breaker: ${name}`, value as number | undefined, name === 'window' || name === 'interval' ? 1 : 0, isShare ? 1 : Infinity)
  }
  return { ...defaults, ...given(options) }
}

interface Before {
  /** What a call preferred and avoided before. */
  readonly options: { readonly prefer: string | undefined, readonly avoid: ReadonlySet<string> | undefined }
  /** The node that it tries, and the number of that trial. */
  readonly trial: Trial | undefined
}

interface Trial {
  readonly node: string
  readonly number: number
}

function interceptor (breakers: Breakers, isFailure: (error: unknown, call: ClientCall) => boolean): Breaker {
  const hooks = clientHooks({
    before: (call, now) => breakers.steer(call, now),
    after: (call, before: Before | undefined, { failed, outcome, now }) => {
      if (before !== undefined) {
        // it was for this attempt
        Object.assign(call.options, before.options)
      }
      const cancelled = failed && outcome instanceof RpcError && outcome.code === 'CANCELLED'
      breakers.record(call, call.node, cancelled ? undefined : !failed || !isFailure(outcome, call), now, before?.trial)
    }
  })
  return Object.assign(hooks, { states: () => breakers.states() })
}

function isNodeFailure (error: unknown): boolean {
  // what a node refuses, it did not run: it is busy, or leaves
  return error instanceof RpcError && !error.retryable && FAILURES.has(error.code) && error.node !== undefined
}

class Breakers {
  readonly #services = new Map<string, ServiceState>()
  #service = ''
  #last: ServiceState | undefined
  readonly #circuit: CircuitOptions
  readonly #outliers: OutlierOptions | undefined

  constructor (circuit: CircuitOptions, outliers: OutlierOptions | undefined) {
    this.#circuit = circuit
    this.#outliers = outliers
  }

  /** Keep the call from blocked nodes, or send it to one that is to be tried. @throws RpcError - it can go nowhere */
  steer (call: ClientCall, now: number): Before | undefined {
    const state = this.#state(call.service)
    if (state.blocked.size === 0) {
      return undefined
    }
    const { options } = call
    const { prefer, avoid } = options
    if (options.token !== undefined || call.parent?.token !== undefined) {
      // its node is not the breaker's to choose
      return undefined
    }
    const { node } = options
    let trial: Trial | undefined
    const nodes = call.nodes()
    for (const id of state.blocked) {
      if (state.outliers?.isEjected(id, now) === true) {
        continue
      }
      const circuit = state.circuits.get(id)
      if (circuit === undefined || circuit.state === 'closed') {
        state.blocked.delete(id)
      } else if (now >= circuit.retryAt && !nodes.some(each => each.id === id)) {
        // it is gone, and does not come back as the one that it was
        state.blocked.delete(id)
        state.circuits.delete(id)
      } else if (trial === undefined && (node === undefined || node === id) && circuit.allows(now)) {
        trial = { node: id, number: circuit.trial }
      }
    }
    const passes = (id: string): boolean => id === trial?.node || !state.blocked.has(id)
    if (node !== undefined ? !passes(node) : nodes.length > 0 && !nodes.some(({ id }) => passes(id))) {
      const retryAfter = Math.max(0, Math.min(...[...state.blocked].map(id => state.circuits.get(id)?.retryAt ?? now)) - now)
      throw new RpcError('UNAVAILABLE', `rpc ${call.service}/${call.method}: the circuit of ${node === undefined ? 'every node' : `node ${node}`} is open after too many failures; nothing was sent`, { retryable: true, retryAfter })
    }
    this.#keepAway(call, state, trial?.node)
    return { options: { prefer, avoid }, trial }
  }

  /** From the blocked nodes, or to the one that is to be tried, in the attempt that begins now. */
  #keepAway ({ options }: ClientCall, { blocked }: ServiceState, trial: string | undefined): void {
    if (trial !== undefined && options.node === undefined) {
      options.prefer ??= trial
    }
    const avoid = new Set([...options.avoid ?? [], ...blocked])
    if (trial !== undefined) {
      avoid.delete(trial)
    }
    if (avoid.size > 0) {
      options.avoid = avoid
    }
  }

  record (call: ClientCall, node: string | undefined, ok: boolean | undefined, now: number, trial: Trial | undefined): void {
    const { failed } = call
    const state = this.#state(call.service)
    for (let i = 0; i < failed.length; i++) {
      this.#recordAt(state, failed[i] as string, false, now, trial)
    }
    if (node !== undefined && (failed.length === 0 || !failed.includes(node))) {
      this.#recordAt(state, node, ok, now, trial)
    }
    if (state.outliers?.due(now) === true) {
      for (const id of state.outliers.look(now, new Set(call.nodes().map(({ id }) => id)))) {
        state.blocked.add(id)
      }
    }
  }

  states (): ReturnType<Breaker['states']> {
    const all: ReturnType<Breaker['states']> = {}
    for (const [service, { circuits, outliers }] of this.#services) {
      for (const [id, { state }] of circuits) {
        const shown = outliers?.isEjected(id, timers.now()) === true ? 'ejected' : state
        if (shown !== 'closed') {
          (all[service] ??= {})[id] = shown
        }
      }
    }
    return all
  }

  #recordAt (state: ServiceState, id: string, ok: boolean | undefined, now: number, trial: Trial | undefined): void {
    let circuit = state.circuits.get(id)
    if (circuit === undefined) {
      forgetOldest(state.circuits)
      circuit = new Circuit(this.#circuit)
      state.circuits.set(id, circuit)
    }
    circuit.record(ok, now, trial?.node === id ? trial.number : 0)
    if (circuit.state !== 'closed') {
      state.blocked.add(id)
    } else if (state.blocked.size > 0 && state.outliers?.isEjected(id, now) !== true) {
      state.blocked.delete(id)
    }
    if (ok !== undefined) {
      state.outliers?.record(id, ok)
    }
  }

  /** Calls come in runs: one that was found is found again. */
  #state (service: string): ServiceState {
    if (service !== this.#service || this.#last === undefined) {
      this.#last = this.#services.get(service) ?? this.#add(service)
      this.#service = service
    }
    return this.#last
  }

  #add (service: string): ServiceState {
    forgetOldest(this.#services)
    const state = new ServiceState(this.#outliers === undefined ? undefined : new Outliers(this.#outliers))
    this.#services.set(service, state)
    return state
  }
}

function forgetOldest (map: Map<string, unknown>): void {
  if (map.size >= MAX_BROKEN) {
    map.delete(map.keys().next().value as string)
  }
}
