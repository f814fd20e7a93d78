/** What each peer may ask of this node: calls that run, their bytes, and the pace of peers that nobody has introduced. */
import { RpcError } from '../errors.ts'
import { LARGEST_SHARE, MAX_REMEMBERED_CALLERS, MAX_RUNNING_BYTES, MAX_RUNNING_MEMORY, STRANGER_RATE } from '../wire/limits.ts'
import type { Discovery } from '../discovery/index.ts'

/** Made once: a stranger may ask for many, and the stack of an error costs more than the rest of a refusal. */
const STRANGER = new RpcError('RESOURCE_EXHAUSTED', `this node does not know the caller yet, and takes ${STRANGER_RATE} calls per second until it does`, { retryable: true })

/** What one call counts at most. */
const LARGEST_BYTES = MAX_RUNNING_BYTES * LARGEST_SHARE
const LARGEST_MEMORY = MAX_RUNNING_MEMORY * LARGEST_SHARE

/** One peer, over all its streams. */
export class Caller {
  readonly id: string
  known: boolean
  streams = 0
  /** Its streams that answers leave by. */
  readonly outlets = new Set<{ readonly queued: number }>()
  running = 0
  /** Of the arguments of calls that run: as they came, and as they take memory. */
  bytes = 0
  memory = 0
  allowance = STRANGER_RATE
  refilled: number

  constructor (id: string, known: boolean, now: number) {
    this.id = id
    this.known = known
    this.refilled = now
  }

  /** A call runs (1), or is done (-1). */
  count ({ bytes, size }: { readonly bytes: number, readonly size: number }, by: 1 | -1): void {
    this.running += by
    this.bytes += by * Math.min(bytes, LARGEST_BYTES)
    this.memory += by * Math.min(size, LARGEST_MEMORY)
  }

  /** Why a call whose arguments are `bytes`, and take `size` of memory, has no room beside those that run, of which there may be `most`. */
  full (bytes: number, size: number, most = Infinity): RpcError | undefined {
    return this.running >= most || this.bytes + Math.min(bytes, LARGEST_BYTES) > MAX_RUNNING_BYTES || this.memory + Math.min(size, LARGEST_MEMORY) > MAX_RUNNING_MEMORY
      ? new RpcError('RESOURCE_EXHAUSTED', `${this.running} calls of this caller run here already, with arguments of ${this.bytes} bytes, ${this.memory} in memory`, { retryable: true })
      : undefined
  }

  /** Bytes of answers that wait for it, over all its streams. */
  get queued (): number {
    let queued = 0
    for (const outlet of this.outlets) {
      queued += outlet.queued
    }
    return queued
  }
}

export class Callers {
  readonly #discovery: Discovery
  readonly #maxRunning: number
  readonly #callers = new Map<string, Caller>()

  constructor (discovery: Discovery, maxRunning: number) {
    this.#discovery = discovery
    this.#maxRunning = maxRunning
  }

  get (id: string, now: number): Caller {
    let caller = this.#callers.get(id)
    if (caller === undefined) {
      this.#forget()
      caller = new Caller(id, false, now)
      this.#callers.set(id, caller)
    }
    return caller
  }

  /** The node left the view: it has to be introduced again. */
  gone (id: string): void {
    const caller = this.#callers.get(id)
    if (caller !== undefined) {
      caller.known = false
    }
  }

  /** Why this caller may not start a call of `bytes` now. */
  refusal (caller: Caller, bytes: number, now: number): RpcError | undefined {
    if (!caller.known && !this.#admit(caller, now)) {
      return STRANGER
    }
    return caller.full(bytes, bytes, this.#maxRunning)
  }

  #admit (caller: Caller, now: number): boolean {
    if (this.#discovery.node(caller.id) !== undefined) {
      caller.known = true
      return true
    }
    caller.allowance = Math.min(STRANGER_RATE, caller.allowance + (now - caller.refilled) * STRANGER_RATE / 1_000)
    caller.refilled = now
    if (caller.allowance < 1) {
      return false
    }
    caller.allowance--
    return true
  }

  #forget (): void {
    if (this.#callers.size < MAX_REMEMBERED_CALLERS) {
      return
    }
    for (const [id, caller] of this.#callers) {
      if (caller.streams === 0 && caller.running === 0) {
        this.#callers.delete(id)
        return
      }
    }
  }
}
