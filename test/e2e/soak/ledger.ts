/** What the soak's nodes told, what was done to them, and what must not be among it. */
import * as errors from '../../../src/errors.ts'
import type { Told } from './work.ts'

/** Milliseconds for which a fault explains what happens after it, and before: what was under way when it began. */
const AFTER = 20_000
const BEFORE = 6_000
/** Milliseconds that a call may take beyond its timeout. */
const SLACK = 1_500
/** Milliseconds after a receipt within which a publisher without storage may die with what no keeper has. */
const UNKEPT = 2_000

const TYPED = new Set(Object.keys(errors))

export interface Fault {
  readonly kind: string
  readonly from: number
  to: number
}

type Of<T extends Told['type']> = Extract<Told, { type: T }> & { readonly by: string }
type Noted = Told & { readonly by: string }

export interface Verdict {
  readonly problems: string[]
  readonly counts: Record<string, number>
}

export class Ledger {
  readonly #told: Noted[] = []
  readonly #labels = new Map<string, string>()
  readonly #faults = new Map<string, Fault[]>()
  /** Of calls, publishes and messages: what is still told while it ends. */
  readonly started = Date.now()

  /** A node with that identity runs from now on: what ended another one of it, such as a tab at the same place, is over. */
  name (id: string, label: string): void {
    this.#labels.set(id, label)
    for (const fault of this.#faults.get(id) ?? []) fault.to = Math.min(fault.to, Date.now())
  }

  label (id: string): string {
    return this.#labels.get(id) ?? id.slice(-6)
  }

  note (by: string, told: Told): void {
    this.#told.push({ ...told, by })
    if (told.type === 'stall') this.#add(by, { kind: 'stall', from: told.at - told.took, to: told.at })
    if (told.type !== 'event' || told.name !== 'change') return
    // a machine that stalls moves terms, too
    const { service, leader } = told.detail as { service: string, leader?: object }
    if (service === 'login' && leader === undefined) this.#add(by, { kind: 'no leader', from: told.at, to: told.at })
  }

  #add (id: string, fault: Fault): void {
    this.#faults.set(id, [...this.#faults.get(id) ?? [], fault])
  }

  /** Something is done to a node, from now on until the function that is returned is called, and a while. */
  fault (id: string, kind: string): () => void {
    const fault = { kind, from: Date.now(), to: Infinity }
    this.#add(id, fault)
    return () => { fault.to = Math.min(fault.to, Date.now()) }
  }

  of <T extends Told['type']> (type: T): Array<Of<T>> {
    return this.#told.filter((told): told is Of<T> => told.type === type)
  }

  /** What was done to the node around that time; kinds. */
  #done (id: string, from: number, to = from): string[] {
    return (this.#faults.get(id) ?? []).filter(fault => fault.from - BEFORE <= to && fault.to + AFTER >= from).map(({ kind }) => kind)
  }

  #anyDone (labels: RegExp, from: number, to: number): string[] {
    return [...this.#faults.keys()].filter(id => labels.test(this.label(id))).flatMap(id => this.#done(id, from, to))
  }

  time (at: number): string {
    return `${((at - this.started) / 1_000).toFixed(1)} s`
  }

  /** All of it, as JSON, for whoever looks for the cause of something. */
  dump (): string {
    const named = <T extends object>(told: T & { at: number, by: string }): object => ({ ...told, at: (told.at - this.started) / 1_000, by: this.label(told.by) })
    const faults = [...this.#faults].flatMap(([id, faults]) => faults.map(({ kind, from, to }) => ({ type: 'fault', by: this.label(id), kind, at: (from - this.started) / 1_000, to: (to - this.started) / 1_000 })))
    return JSON.stringify([...faults, ...this.#told.map(named)], (_, value: unknown) => typeof value === 'string' && this.#labels.has(value) ? this.label(value) : value)
  }

  handled (): Map<string, Array<Of<'handled'>>> {
    const handled = new Map<string, Array<Of<'handled'>>>()
    for (const told of this.of('handled')) handled.set(told.body, [...handled.get(told.body) ?? [], told])
    return handled
  }

  /** Messages with a receipt that nobody has handled, and nobody may have lost. */
  missing (): string[] {
    const handled = this.handled()
    return this.of('published').filter(({ why, body, by, at, took, reached }) => why === undefined && !handled.has(body) &&
      (reached === 'stored' || !(this.#faults.get(by) ?? []).some(fault => fault.from <= at + took + UNKEPT && fault.to >= at)))
      .map(({ body, by, at, reached }) => `${body} of ${this.label(by)}, published at ${this.time(at)}, ${reached}, was handled by nobody`)
  }

  judge (): Verdict {
    const problems: string[] = []
    const counts: Record<string, number> = {}
    const count = (what: string): void => { counts[what] = (counts[what] ?? 0) + 1 }
    this.#calls(problems, count)
    this.#messages(problems, count)
    for (const { id, by, at, state } of this.of('removed')) {
      count(`removals: ${state}`)
      if (state === 'suspected') continue
      if (this.#done(id, at).length > 0) continue
      const own = this.#done(by, at)
      if (own.length > 0) count(`removals of the untouched by the touched: ${own.join()}`)
      else problems.push(`${this.label(by)} removed ${this.label(id)} (${state}) at ${this.time(at)}, to whom nothing was done`)
    }
    for (const { by, at, text } of this.of('error')) problems.push(`${this.label(by)} at ${this.time(at)}: ${text}`)
    for (const { name } of this.of('event')) count(`event ${name}`)
    return { problems, counts }
  }

  #calls (problems: string[], count: (what: string) => void): void {
    for (const told of [...this.of('call'), ...this.of('published')]) {
      const { by, at, took, why } = told
      const what = told.type === 'call' ? `${told.what} of ${told.service}` : 'publish'
      const timeout = told.type === 'call' ? told.timeout : 4_000
      count(`${what}: ${why === undefined ? 'done' : why.code ?? why.name}`)
      const own = this.#done(by, at, at + took)
      const where = `${this.label(by)}: ${what} at ${this.time(at)}, ${took} ms`
      if (took > timeout + SLACK && own.length === 0) problems.push(`${where}: too late`)
      if (why === undefined) continue
      // a signal's own reason is what `publish` throws when it aborts
      if (!TYPED.has(why.name) && !(told.type === 'published' && why.name === 'TimeoutError')) problems.push(`${where}: untyped ${why.name}: ${why.message}`)
      // who calls a node may be let down by it, and who publishes by the keepers
      const others = told.type === 'call' && told.service === 'login' ? this.#anyDone(/^node/, at, at + took) : this.#anyDone(/./, at, at + took)
      if (own.length + others.length === 0) problems.push(`${where}: failed, and nothing was done to anybody: ${why.code ?? why.name} ${why.message}`)
      else if (own.length === 0) count(`  ${what}: ${why.code ?? why.name} while others suffer`)
    }
  }

  #messages (problems: string[], count: (what: string) => void): void {
    problems.push(...this.missing())
    const published = new Map(this.of('published').map(told => [told.body, told]))
    for (const [body, times] of this.handled()) {
      count('messages handled')
      if (times.length === 1) continue
      count('messages handled more than once')
      const first = published.get(body)
      const from = first?.at ?? Math.min(...times.map(({ at }) => at))
      const to = Math.max(...times.map(({ at }) => at))
      const ids = new Set([...times.map(({ by }) => by), ...first === undefined ? [] : [first.by]])
      const done = [...ids].flatMap(id => this.#done(id, from, to))
      // who publishes from a tab that dies leaves it to a keeper
      if (done.length === 0) problems.push(`${body} of ${this.label(first?.by ?? '')} was handled ${times.length} times without a fault: ${times.map(({ by, at, attempt }) => `${this.label(by)} at ${this.time(at)} (${attempt})`).join(', ')}`)
    }
  }
}
