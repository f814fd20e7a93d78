/** What is counted of calls, for who watches a node: whole numbers, and times of a sample. */
import { Histogram } from '../util/histogram.core.ts'
import { ALL_TIMED, MEASURED } from './numbers.ts'
import { PerMethod } from './per-method.ts'
import type { Call } from './call.ts'
import type { ClientInit } from './client-init.ts'

/** Calls of one method; grows as long as the node runs. */
export interface CallCounts {
  /** Empty: this node's own, of those that it serves; with the method `other`: those beyond the number that is told apart. */
  readonly service: string
  readonly method: string
  /** That have begun. */
  readonly calls: number
  readonly errors: number
  /** Milliseconds: of the first calls, and of one in sixteen after those. */
  readonly times: Pick<Histogram, 'count' | 'sum' | 'quantile' | 'below' | 'copy'>
}

/** Whether the call is timed that is the `calls`-th of its method. */
export function isTimed (calls: number): boolean {
  return (calls & MEASURED) === 1 || calls <= ALL_TIMED
}

export class Counts implements CallCounts {
  readonly service: string
  readonly method: string
  calls = 0
  errors = 0
  readonly times = new Histogram()

  constructor (service: string, method: string) {
    this.service = service
    this.method = method
  }
}

/** Calls that this node makes, of each method of each service. */
export class MadeCalls extends PerMethod<Counts> {
  readonly counted: boolean

  /** `counted`: otherwise only their names are remembered. */
  constructor (counted = true) {
    super((service, method) => new Counts(service, method))
    this.counted = counted
  }

  /** Calls were made by these names, so that they obey their rules: to look that up costs less than to check it. */
  knows (service: string, method: string): boolean {
    // that which those beyond the number share is no service's
    return service !== '' && this.find(service, method) !== undefined
  }

  all (): CallCounts[] {
    return this.counted ? Array.from(this.entries(), ([,, counts]) => counts) : []
  }
}

type Counting = Pick<ClientInit, 'made' | 'timers'>

/** The call begins. `now` is milliseconds. */
export function beginCount (call: Call, made: MadeCalls, now: number): void {
  const counts = made.get(call.service, call.method)
  if (made.counted && isTimed(++counts.calls) && !call.oneWay) {
    call.began = now
  }
}

/** The call is over; of a sequence, its results begin. */
export function timeCall (call: Call, init: Counting): void {
  if (call.began !== undefined) {
    init.made.get(call.service, call.method).times.add(Math.max(0, init.timers.arrived() - call.began))
    call.began = undefined
  }
}

export function endCount (call: Call, failed: boolean, init: Counting): void {
  timeCall(call, init)
  if (failed) {
    init.made.get(call.service, call.method).errors++
  }
}
