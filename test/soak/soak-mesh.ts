/** The processes of the soak, in their seats, and all that they told. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wallClock } from '../harness/ipc.ts'
import { CHANNELS, SEATS } from './cast.ts'
import type { NodeProcess } from '../harness/processes.ts'
import type { Fault } from '../harness/deliveries.ts'
import type { Faults } from '../harness/fault-proxy.ts'
import type { NodeInfo } from '../../src/index.ts'
import type { Seat } from './cast.ts'

/** A delivery to a consumer that was lost counts as one. */
const MAX_DELIVER = 100

/** A node, wherever it runs. */
export type Member = Pick<NodeProcess, 'id' | 'label' | 'pid' | 'alive' | 'events' | 'faults' | 'stdout' | 'stderr' | 'command' | 'invoke' | 'stop' | 'kill' | 'eventsOf'> & AsyncDisposable & {
  readonly exit: Promise<unknown>
}

/** Where the nodes run, and what lies between them. */
export interface Ground {
  open (count: number): Promise<void>
  /** @param storage - a directory that it may have had before */
  start (index: number, seat: Seat, storage: string | undefined): Promise<Member>
  /** Bytes from one seat to another have these faults, until the returned function is called. */
  impair (from: number, to: number, faults: Faults): () => void
  /** RST to all connections of a seat. */
  reset (index: number): void
  close (): Promise<void>
}

/** A process that was in a seat. */
export interface Life {
  readonly seat: number
  readonly process: Member
  readonly from: number
  /** When it was killed or told to stop. */
  to?: number
  /** It did not keep, or hand over in good order, what it had in its storage or memory. */
  lost?: boolean
}

export class SoakMesh implements AsyncDisposable {
  readonly ground: Ground
  readonly lives: Life[] = []
  /** All that was done. */
  readonly faults: Array<Fault & { to?: number }> = []
  readonly #seats = new Map<number, Life>()
  readonly #storages = new Map<number, number>()
  #directory = ''
  /** Undefined: nobody works yet. */
  #calm: boolean | undefined

  readonly #rate: number

  /** @param rate - calls a second of each process, and messages of each publisher */
  constructor (ground: Ground, rate: number) {
    this.ground = ground
    this.#rate = rate
  }

  async start (): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'braid-soak-'))
    await this.ground.open(SEATS.length)
    await this.startSeat(0)
    const starts = await Promise.allSettled(SEATS.flatMap((seat, index) => index === 0 || seat.guest === true ? [] : [this.startSeat(index)]))
    for (const start of starts) if (start.status === 'rejected') throw start.reason
  }

  /** In their seats, alive. */
  get running (): Life[] {
    return [...this.#seats.values()].filter(({ process, to }) => process.alive && to === undefined).sort((a, b) => a.seat - b.seat)
  }

  /** Of a service, alive. */
  of (service: string): Life[] {
    return this.running.filter(({ seat }) => SEATS[seat]?.service === service)
  }

  life (seat: number): Life | undefined {
    return this.running.find(life => life.seat === seat)
  }

  byId (id: string): Life | undefined {
    return this.running.find(({ process }) => process.id === id)
  }

  /** Starts what was done to a node, or to what all use; the returned function ends it. */
  fault (kind: string, life?: Life, other?: Life): () => void {
    const fault: Fault & { to?: number } = { kind, at: wallClock(), ...life === undefined ? {} : { node: life.process.id }, ...other === undefined ? {} : { other: other.process.id } }
    this.faults.push(fault)
    fault.to = Infinity
    return () => { fault.to = wallClock() }
  }

  /** With the storage that it had, if it had one and has not lost it. */
  async startSeat (index: number): Promise<Life> {
    const seat = SEATS[index] as Seat
    const at = wallClock()
    const process = await this.ground.start(index, seat, seat.storage === true ? join(this.#directory, `${seat.label}-${this.#storages.get(index) ?? 0}`) : undefined)
    const life = { seat: index, process, from: at }
    this.lives.push(life)
    this.#seats.set(index, life)
    await this.#employ(life, seat)
    return life
  }

  async kill (life: Life, loses = false): Promise<void> {
    const { seat, process } = life
    if (loses) this.#storages.set(seat, (this.#storages.get(seat) ?? 0) + 1)
    life.to = wallClock()
    life.lost = loses || SEATS[seat]?.storage !== true
    process.kill('SIGKILL')
    await process.exit
  }

  /** In good order; resolves to what is wrong with how it ended. */
  async stop (life: Life): Promise<string | undefined> {
    const { process, seat } = life
    life.to = wallClock()
    life.lost = SEATS[seat]?.storage !== true
    try {
      const { code, signal } = await process.stop()
      if (code !== 0) return `${process.label} ended with ${signal ?? code}`
    } catch (error) {
      return `${process.label} did not stop: ${(error as Error).message}`
    }
    return undefined
  }

  async everywhere (task: (life: Life) => Promise<unknown>): Promise<void> {
    await Promise.all(this.running.map(async life => task(life)))
  }

  /** Publishing pauses, so that channels can run empty. */
  async hush (): Promise<void> {
    await this.everywhere(async ({ process }) => process.command('tellOff', [], 30_000))
  }

  async resume (calm: boolean): Promise<void> {
    this.#calm = calm
    await this.everywhere(async life => this.#work(life, SEATS[life.seat] as Seat))
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.lives.map(async ({ process }) => process[Symbol.asyncDispose]()))
    await this.ground.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** What a busy machine does by itself: a connection between two ended, or one took the other for gone. */
  views (): Fault[] {
    return this.lives.flatMap(({ process: { id, events } }) => events.flatMap(({ event, detail, at }): Fault[] => {
      if (event === 'disconnect') return [{ kind: 'a connection ended', node: id, other: detail as string, at }]
      if (event === 'node:remove') return [{ kind: 'taken for gone', node: id, other: (detail as NodeInfo).id, at }]
      return []
    }))
  }

  async #employ (life: Life, seat: Seat): Promise<void> {
    const { process } = life
    for (const { topic, channel, durable, consumers } of CHANNELS) {
      if (!consumers.includes(seat.label)) continue
      await process.command('subscribe', [topic, channel, { durable, maxDeliver: MAX_DELIVER, ackWait: 20_000 }, { delay: 5, tellEnd: true }], 30_000)
    }
    if (seat.writesTo !== undefined) await process.command('leadOn', [seat.writesTo])
    await this.#work(life, seat)
  }

  async #work ({ process, from }: Life, { label, publishes, relay }: Seat): Promise<void> {
    if (this.#calm === undefined) return
    if (publishes !== undefined) await process.command('tellOn', [publishes, `${label}/${Math.round(from)}-${process.events.length}`, this.#rate])
    if (relay !== true) await process.command('callOn', [this.#rate, this.#calm])
  }
}
