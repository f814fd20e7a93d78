/**
 * Is there an order of the operations that agrees with their real-time order and with the model? Wing and Gong's search
 * with Lowe's cache of (operations done, state), one key at a time (linearizability is compositional), as in Porcupine.
 */
import type { Operation } from './history.ts'

/** A sequential specification. States are immutable and told apart by {@link Model.key}. */
export interface Model<S, I, O> {
  readonly init: S
  /** The state after the operation, or undefined when it cannot have this output. Output undefined: outcome unknown, any will do. */
  step (state: S, input: I, output: O | undefined): { state: S } | undefined
  key (state: S): string
}

export type Verdict<I, O> =
  | { readonly ok: true }
  /** `longest` is the longest order that could be explained, `stuck` what no order explains after it. */
  | { readonly ok: false, readonly key: string, readonly longest: Array<Operation<I, O>>, readonly stuck: Array<Operation<I, O>> }
  /** The search was given up after `steps`. */
  | { readonly ok: 'undecided', readonly key: string, readonly steps: number }

export interface CheckOptions {
  /** Steps of the search per key before it is given up. @default 5000000 */
  maxSteps?: number
}

export function checkLinearizable <S, I, O> (model: Model<S, I, O>, operations: ReadonlyArray<Operation<I, O>>, options: CheckOptions = {}): Verdict<I, O> {
  const keys = new Map<string, Array<Operation<I, O>>>()
  for (const operation of operations) {
    const of = keys.get(operation.key)
    if (of == null) keys.set(operation.key, [operation])
    else of.push(operation)
  }
  for (const [key, of] of keys) {
    const verdict = checkKey(model, key, of, options.maxSteps ?? 5_000_000)
    if (verdict.ok !== true) return verdict
  }
  return { ok: true }
}

/** One line per operation of a verdict, for the message of a failed test. */
export function explain (verdict: Verdict<unknown, unknown>): string {
  if (verdict.ok === true) return 'linearizable'
  if (verdict.ok === 'undecided') return `undecided after ${verdict.steps} steps on key '${verdict.key}'`
  const line = (o: Operation): string =>
    `  [${o.called.toFixed(3)}, ${o.returned.toFixed(3)}] ${o.client}: ${JSON.stringify(o.input)} -> ${JSON.stringify(o.output)}`
  return [`not linearizable on key '${verdict.key}'; explained:`, ...verdict.longest.map(line), 'not explained:', ...verdict.stuck.map(line)].join('\n')
}

/** A call or a return, in a doubly linked list ordered by time: taking an operation out and back is O(1). */
interface Entry {
  readonly index: number
  /** The return that belongs to this call; undefined for a return. */
  readonly match: Entry | undefined
  prev: Entry | undefined
  next: Entry | undefined
}

function timeline (operations: ReadonlyArray<Operation>): Entry {
  const events: Array<{ at: number, call: boolean, entry: Entry }> = []
  operations.forEach((operation, index) => {
    const end: Entry = { index, match: undefined, prev: undefined, next: undefined }
    events.push({ at: operation.called, call: true, entry: { index, match: end, prev: undefined, next: undefined } })
    events.push({ at: operation.returned, call: false, entry: end })
  })
  // At the same time a call comes before a return: the two operations then count as concurrent.
  events.sort((a, b) => a.at === b.at ? Number(b.call) - Number(a.call) : a.at < b.at ? -1 : 1)
  const head: Entry = { index: -1, match: undefined, prev: undefined, next: undefined }
  let last = head
  for (const { entry } of events) {
    last.next = entry
    entry.prev = last
    last = entry
  }
  return head
}

function unlink (entry: Entry): void {
  if (entry.prev != null) entry.prev.next = entry.next
  if (entry.next != null) entry.next.prev = entry.prev
}

function relink (entry: Entry): void {
  if (entry.prev != null) entry.prev.next = entry
  if (entry.next != null) entry.next.prev = entry
}

/** Take a call and its return out of the list. */
function lift (call: Entry): void {
  unlink(call)
  if (call.match != null) unlink(call.match)
}

function putBack (call: Entry): void {
  if (call.match != null) relink(call.match)
  relink(call)
}

/** Which operations are done. */
class Bits {
  readonly #words: Uint32Array

  constructor (size: number) {
    this.#words = new Uint32Array(Math.ceil(size / 32))
  }

  flip (index: number): void {
    const word = index >>> 5
    this.#words[word] = ((this.#words[word] ?? 0) ^ (1 << (index & 31))) >>> 0
  }

  toString (): string {
    return this.#words.join(',')
  }
}

function checkKey <S, I, O> (model: Model<S, I, O>, key: string, operations: ReadonlyArray<Operation<I, O>>, maxSteps: number): Verdict<I, O> {
  const head = timeline(operations)
  const done = new Bits(operations.length)
  const seen = new Set<string>()
  const stack: Array<{ call: Entry, state: S }> = []
  // What remains pending for ever needs no place in the order: once every answered operation has one, we are done.
  let answered = operations.filter(operation => operation.returned !== Infinity).length
  let state = model.init
  let longest: number[] = []
  let entry = head.next
  for (let steps = 0; answered > 0; steps++) {
    if (steps === maxSteps) return { ok: 'undecided', key, steps }
    const operation = entry == null ? undefined : operations[entry.index]
    if (entry?.match != null && operation != null) {
      const after = model.step(state, operation.input, operation.output)
      if (after != null) {
        done.flip(entry.index)
        const id = `${done}|${model.key(after.state)}`
        if (!seen.has(id)) {
          seen.add(id)
          stack.push({ call: entry, state })
          if (operation.returned !== Infinity) answered--
          state = after.state
          lift(entry)
          entry = head.next
          continue
        }
        done.flip(entry.index)
      }
      entry = entry.next
      continue
    }
    // A return: its operation had to come earlier in the order. Undo the last choice and try the next.
    if (stack.length > longest.length) longest = stack.map(({ call }) => call.index)
    const last = stack.pop()
    if (last == null) return failure(key, operations, longest)
    done.flip(last.call.index)
    if (operations[last.call.index]?.returned !== Infinity) answered++
    state = last.state
    putBack(last.call)
    entry = last.call.next
  }
  return { ok: true }
}

function failure <I, O> (key: string, operations: ReadonlyArray<Operation<I, O>>, longest: number[]): Verdict<I, O> {
  const explained = new Set(longest)
  return {
    ok: false,
    key,
    longest: longest.flatMap(index => operations[index] ?? []),
    stuck: operations.filter((operation, index) => !explained.has(index) && operation.returned !== Infinity)
  }
}
