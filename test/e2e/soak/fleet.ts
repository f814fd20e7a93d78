/** The processes of the soak: two relays and a service of three voters, each with its address, storage and seat. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../harness/ports.ts'
import { spawnNode } from '../../harness/processes.ts'
import { until } from '../../harness/until.ts'
import type { Leader } from '../../../src/index.ts'
import type { NodeProcess } from '../../harness/processes.ts'
import type { Ledger } from './ledger.ts'
import type { Told } from './work.ts'

export const MESH = 'soak'
const COMMANDS = fileURLToPath(new URL('./soak-child.ts', import.meta.url))
const VOTERS = 3

interface Seat {
  readonly label: string
  readonly relay: boolean
  readonly listen: readonly string[]
  process: NodeProcess | undefined
  /** Events of the process that were taken. */
  taken: number
}

export class Fleet implements AsyncDisposable {
  readonly #ledger: Ledger
  readonly #seats: Seat[] = []
  readonly #all: NodeProcess[] = []
  readonly #seed: number
  #directory = ''
  #working = false

  constructor (ledger: Ledger, seed: number) {
    this.#ledger = ledger
    this.#seed = seed
  }

  async start (): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'braid-soak-fleet-'))
    const address = async (way: string): Promise<string> => `/ip4/127.0.0.1/tcp/${await freePort()}${way}`
    for (const label of ['relay-1', 'relay-2', ...Array.from({ length: VOTERS }, (_, n) => `node-${n + 1}`)]) {
      this.#seats.push({ label, relay: label.startsWith('relay'), listen: [await address(''), await address('/ws')], process: undefined, taken: 0 })
    }
    for (const { label } of this.#seats) await this.spawn(label)
    await until(async () => this.leader(), { timeout: 30_000 })
  }

  /** The way in, for tabs. */
  get bootstrap (): string[] {
    return this.#seats.filter(({ relay }) => relay).map(({ listen }) => listen[1] as string)
  }

  get alive (): NodeProcess[] {
    return this.#seats.flatMap(({ process }) => process?.alive === true ? process : [])
  }

  get relays (): NodeProcess[] {
    return this.alive.filter(({ label }) => label.startsWith('relay'))
  }

  get nodes (): NodeProcess[] {
    return this.alive.filter(({ label }) => label.startsWith('node'))
  }

  /** All of them consume, call and publish. */
  async work (): Promise<void> {
    this.#working = true
    for (const node of this.nodes) await this.#begin(node)
  }

  async stopWork (): Promise<void> {
    this.#working = false
    for (const node of this.nodes) await node.command('stopWork')
  }

  async #begin (node: NodeProcess): Promise<void> {
    await node.command('work', [`${node.label}-${this.#all.length}`, this.#seed + this.#all.length])
  }

  /** Starts the process of a seat, again, with its address and its storage. */
  async spawn (label: string): Promise<void> {
    const seat = this.#seat(label)
    const { relay, listen } = seat
    const others = this.#seats.filter(other => other.relay && other !== seat).map(other => other.listen[0] as string)
    const node = await spawnNode({
      label,
      commands: COMMANDS,
      options: {
        mesh: MESH,
        name: label,
        listen,
        bootstrap: others,
        storage: join(this.#directory, label),
        ...relay ? { relay: true } : { service: 'login', election: { expect: VOTERS } }
      }
    })
    seat.process = node
    seat.taken = 0
    this.#all.push(node)
    this.#ledger.name(node.id, label)
    if (relay) return
    await node.command('lead')
    if (this.#working) await this.#begin(node)
  }

  async kill (label: string): Promise<() => void> {
    const { process } = this.#seat(label)
    if (process === undefined) throw new Error(`${label} does not run`)
    const healed = this.#ledger.fault(process.id, 'killed')
    process.kill('SIGKILL')
    await process.exit
    this.collect()
    return healed
  }

  async leader (): Promise<string | undefined> {
    for (const node of this.nodes) {
      const leader = await node.command<Leader | undefined>('leader').catch(() => undefined)
      const label = this.nodes.find(({ id }) => id === leader?.id)?.label
      if (label !== undefined) return label
    }
    return undefined
  }

  /** Hands what the processes told to the ledger. */
  collect (): void {
    for (const seat of this.#seats) {
      const { process } = seat
      if (process === undefined) continue
      for (const { event, detail, at } of process.events.slice(seat.taken)) {
        if (event === 'told') this.#ledger.note(process.id, detail as Told)
        else if (event === 'node:remove' && seat.relay) {
          const { id, state } = detail as { id: string, state: string }
          this.#ledger.note(process.id, { type: 'removed', at, id, state })
        } else if (event === 'change' || event === 'status') this.#ledger.note(process.id, { type: 'event', at, name: event, detail })
      }
      seat.taken = process.events.length
    }
  }

  /** What went wrong in the processes themselves. */
  faults (): string[] {
    return this.#all.flatMap(({ label, faults }) => faults.map(({ kind, error }) => `${label}: ${kind}: ${error.stack ?? error.message}`))
  }

  #seat (label: string): Seat {
    const seat = this.#seats.find(other => other.label === label)
    if (seat === undefined) throw new Error(`there is no ${label}`)
    return seat
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.#all.map(async node => node[Symbol.asyncDispose]()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}
