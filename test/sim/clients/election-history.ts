/** E7: what users wrote and read is what one register gives, and what was committed stays on a majority. */
import { checkLinearizable, explain } from '../../harness/linearizability.ts'
import { Violation } from '../kernel/types.ts'
import { checkHeld } from './election-checks.ts'
import { TWINS } from './election-process.ts'
import type { ElectionView } from './election-process.ts'
import type { Sight } from './election-sight.ts'
import type { Operation } from '../../harness/history.ts'
import type { Model } from '../../harness/linearizability.ts'
import type { SimEvent } from '../kernel/types.ts'
import type { Entry, Rank } from '../../../src/election/types.core.ts'

/** More of them on one key would be a search for ever. */
const MAX_OPERATIONS = 300
const SETTLED = 5_000

type Input = { op: 'write' | 'link', value: string | null } | { op: 'read' }
interface Call { key: string, input: Input, called: number, returned: number, output: string | null | undefined }

const register: Model<string | null, Input, string | null> = {
  init: null,
  step: (state, input, output) => {
    if (input.op === 'write') return { state: input.value }
    // one that was answered found no value
    if (input.op === 'link') return output === undefined ? { state: state ?? input.value } : state === null ? { state: input.value } : undefined
    return output === undefined || output === state ? { state } : undefined
  },
  key: state => String(state)
}

export class History {
  readonly #sight: Sight
  /** By group and key, the rank of the latest write that was committed. */
  readonly committed = new Map<number, Map<string, Rank>>()
  /** Groups that an operator founded: what the one before committed may be lost. */
  readonly recovered = new Set<number>()
  readonly #calls = new Map<string, Call & { group: number }>()
  /** Calls that wrote several keys, and what each call found at its keys. */
  readonly #together = new Set<string>()
  readonly #before = new Map<string, string | undefined>()

  constructor (sight: Sight) {
    this.#sight = sight
  }

  called (event: SimEvent): void {
    const op = event['op'] as string
    const call = String(event['call'])
    const keys = event['keys'] as string[] | undefined ?? []
    if (keys.length > 1) this.#together.add(call)
    for (const [key, value] of event['before'] as Array<[string, Uint8Array | undefined]> | undefined ?? []) {
      if (keys.includes(key)) this.#before.set(`${key} ${call}`, textOf(value))
    }
    const input: Input = op === 'read' ? { op } : { op: op === 'link' ? op : 'write', value: op === 'delete' ? null : call }
    this.#calls.set(call, { key: `${event['group']} ${event['key']}`, group: Number(event['group']), input, called: this.#sight.world.now, returned: Infinity, output: undefined })
  }

  ended (id: string, event: SimEvent): void {
    const name = String(event['call'])
    const call = this.#calls.get(name)
    if (call === undefined) return
    if (event.type === 'refused') {
      if (event['certain'] === true) this.#calls.delete(name)
      else this.#sight.world.count('lost calls')
      return
    }
    call.returned = this.#sight.world.now
    if (event.type === 'committed') {
      const ranks = this.committed.get(call.group) ?? new Map<string, Rank>()
      this.committed.set(call.group, ranks.set(call.key.split(' ')[1]!, (event['ranks'] as Rank[])[0]!))
    }
    const entry = event['entry'] as Entry | undefined
    call.output = event.type === 'committed' || entry?.value === undefined ? null : textOf(entry.value)!
    this.#sight.world.count(event.type === 'committed' ? 'writes' : 'reads')
    if (this.#sight.doubles.had(call.group)) return
    const rank = event.type === 'committed' ? (event['ranks'] as Rank[])[0] : entry?.rank
    const { config } = (event['view'] as ElectionView).core.status((event['view'] as ElectionView).time())
    // what was committed by the voters before may still be on its way to the present ones
    if (rank === undefined || config === undefined || this.#sight.world.now - (this.#sight.changedAt.get(id) ?? -Infinity) < SETTLED) return
    checkHeld(id, config, call.key.split(' ')[1]!, rank, this.#sight.disks())
  }

  /** E7: what was written as one is there as one, but for what was written over it later. */
  checkTwins (id: string, values: Array<Uint8Array | undefined>): void {
    if (this.#sight.doubles.hadAny) return
    const names = values.map(textOf)
    TWINS.forEach((key, i) => {
      const [own, other] = [names[1 - i]!, names[i]]
      if (!this.#together.has(own)) return
      let at = other
      while (at !== undefined && at !== own) at = this.#before.get(`${key} ${at}`)
      if (at === undefined) throw new Violation('E7', `${id} holds half of what ${own} wrote: ${key} is of ${other ?? 'nobody'}`)
    })
  }

  /** E7, and linearizability of each key. */
  checkCalls (): void {
    const keys = new Map<string, Operation[]>()
    for (const [client, { group, ...call }] of this.#calls) {
      // what is unknown and was only a read says nothing
      if (this.recovered.has(group) || this.#sight.doubles.had(group) || (call.input.op === 'read' && call.returned === Infinity)) continue
      const list = keys.get(call.key) ?? []
      list.push({ client, ...call })
      keys.set(call.key, list)
    }
    for (const operations of keys.values()) {
      const verdict = checkLinearizable(register, operations.slice(0, MAX_OPERATIONS) as Array<Operation<Input, string | null>>, { maxSteps: 200_000 })
      if (verdict.ok === false) throw new Violation('E7', explain(verdict))
      if (verdict.ok === 'undecided') this.#sight.world.count('undecided')
    }
  }
}

const decoder = new TextDecoder()

/** The name of the call that wrote it; the rest is only size. */
function textOf (value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : decoder.decode(value.subarray(0, 100)).trimEnd()
}
