/** The calling side: pick a node, send, wait for the answer, and pick again while nothing can have run. */
import { MeshStoppedError, RpcError, ServiceUnavailableError } from '../errors.ts'
import { LARGE_BODY } from '../wire/limits.ts'
import { SEARCHING, SENT, SETTLED } from './call.ts'
import { beginCount, endCount, timeCall } from './counts.ts'
import { Links } from './links.ts'
import { MAX_BUSY_ROUNDS, MAX_LOOKS, MAX_MOVES, MAX_OFFERS } from './numbers.ts'
import { cancelled, pushbackOf } from './outcome.ts'
import { feedback, passOver, pick, preferred, speaksAgainst, startOf, unrouted } from './picking.ts'
import { budgetOf, prepare } from './prepare.ts'
import { aim, note } from './repeats.ts'
import { Routing } from './routing.ts'
import { unavailable } from './unavailable.ts'
import { Waiting } from './waiting.ts'
import type { Outcomes } from './answers.ts'
import type { Call } from './call.ts'
import type { ClientInit } from './client-init.ts'
import type { Flows } from './flows.ts'
import type { InvokeOptions, Routed } from './index.ts'
import type { OutCall } from './out-call.ts'
import type { Ending } from './passage.ts'
import type { CallParent } from './prepare.ts'
import type { NodeInfo } from '../discovery/index.ts'

export class Client implements Outcomes {
  /** Calls that are not settled. */
  pending = 0
  readonly links: Links
  /** {@link links} of calls with large bodies, which would hold the others up. */
  readonly bulk: Links
  /** Undefined: no call of sequences was made or served yet. */
  flows: Flows | undefined
  readonly #init: ClientInit
  readonly #self: string
  readonly #waiting: Waiting
  readonly #routing: Routing
  /** Nodes that left while this node runs, the latest ones: nobody needs to wait for them. */
  readonly #gone = new Set<string>()
  #closed: Error | undefined
  /** Bytes of a body. */
  readonly maxBody: number

  constructor (init: ClientInit) {
    this.#init = init
    this.maxBody = init.maxBody
    this.#self = init.discovery.self.id
    const links = { ...init, maxPending: init.maxPendingPerPeer, outcomes: this }
    this.links = new Links({ ...links, patient: false })
    this.bulk = new Links({ ...links, streams: init.bulkStreams, patient: true })
    this.#routing = new Routing({
      ...init,
      found: (call, node) => { this.#dispatch(call, node) },
      failed: (call, err) => { this.#unrouted(call, err) }
    })
    this.#waiting = new Waiting({ ...init, wake: call => { this.#route(call) } })
  }

  /** `parent` is the context of the handler that calls. Never throws. */
  invoke (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: CallParent | undefined, oneWay: boolean): Promise<unknown> {
    let call: Call
    try {
      call = this.prepare(service, method, args, options, parent)
      this.admit(call)
    } catch (err) {
      return Promise.reject(err)
    }
    call.oneWay = oneWay
    const promise = new Promise<unknown>((resolve, reject) => {
      call.resolve = resolve
      call.reject = reject
    })
    this.begin(call)
    return promise
  }

  /** One attempt of a call that went through interceptors. Never throws. */
  send (out: OutCall, ending: Ending): void {
    let call: Call
    try {
      call = prepare(out.service, out.method, out.args, out.asked, out.parent, budgetOf(out.attempt(), undefined, 0), this.#init)
      // a repeat of what may have run is the same request: with other credentials it would be another one
      call.headers = out.lost === undefined ? out.headers : out.lost.headers
      this.admit(call)
    } catch (err) {
      ending.reject(err)
      return
    }
    call.out = out
    call.trace = out.trace ?? call.trace
    call.oneWay = out.oneWay
    call.ending = ending
    this.begin(call, out.now)
  }

  prepare (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: CallParent | undefined): Call {
    return prepare(service, method, args, options, parent, budgetOf(options?.timeout, parent, this.#init.timeout), this.#init)
  }

  /** @throws what keeps this node from making one more call */
  admit (call: Call): void {
    if (this.#closed !== undefined) {
      throw this.#closed
    }
    if (this.pending >= this.#init.maxPending) {
      throw new RpcError('RESOURCE_EXHAUSTED', `${call.what}: ${this.pending} calls of this node wait for their answer already; nothing was sent`, { retryable: true })
    }
  }

  /** A node has taken the streaming call: from here on only a deadline of its own ends it. */
  accepted (call: Call): void {
    this.#feedback(call, true)
    timeCall(call, this.#init)
    if (!call.timed && call.timer !== undefined) {
      this.#init.timers.cancel(call.timer)
      call.timer = undefined
    }
  }

  /** Settles through the call's `ending`. `now` is milliseconds. */
  begin (call: Call, now = this.#init.timers.now()): void {
    this.pending++
    beginCount(call, this.#init.made, now)
    call.timer = this.#init.timers.after(call.budget, () => { this.#expire(call) }, now)
    if (call.signal !== undefined) {
      const signal = call.signal
      call.onAbort = () => { this.cancel(call, signal.reason) }
      signal.addEventListener('abort', call.onAbort)
    }
    call.parent?.adopt(call)
    call.fresh = true
    this.#route(call)
    call.fresh = false
  }

  #route (call: Call): void {
    const binding = call.tokenId !== undefined && call.only === undefined && this.#init.targets.binding
    const first = call.prefer === undefined || binding ? undefined : preferred(call, this.#init.discovery)
    call.link = undefined
    call.bound = binding || (call.balancer === undefined && (call.tokenId ?? call.idempotencyKey) !== undefined)
    if (first !== undefined) {
      this.#dispatch(call, first)
    } else if (call.only !== undefined) {
      this.#toNode(call, call.only)
    } else if (call.bound && call.tokenId !== undefined) {
      this.#routing.toTokensNode(call, call.tokenId)
    } else if (call.bound && call.idempotencyKey !== undefined) {
      this.#dispatch(call, this.#init.targets.home(call.idempotencyKey, call))
    } else {
      this.#toAnyNode(call)
    }
  }

  #toAnyNode (call: Call): void {
    const { targets, timers } = this.#init
    const now = call.round === 0 && call.tried === undefined ? startOf(call) : timers.now()
    let node: NodeInfo | undefined
    try {
      node = pick(targets, call, now)
    } catch (err) {
      // a picker may be the application's own
      this.fail(call, unrouted(call, err))
      return
    }
    this.#dispatch(call, node)
  }

  #toNode (call: Call, id: string): void {
    if (this.#gone.has(id)) {
      this.fail(call, new ServiceUnavailableError(`${call.what}: the node ${id} has left; nothing was run`, { node: id, cause: call.cause }))
      return
    }
    if (call.tokenId !== undefined) call.link = this.#init.targets.claim(call.tokenId, call, id)
    this.#dispatch(call, call.tried === undefined ? this.#init.discovery.node(id) : undefined)
  }

  #unrouted (call: Call, err: Error): void {
    if (!(err instanceof RpcError && err.retryable)) return this.fail(call, err)
    call.cause = err
    this.#waiting.pause(call)
  }

  #dispatch (call: Call, node: Routed | undefined): void {
    if (call.idempotencyKey !== undefined && node !== undefined) aim(call, node.id, this.#init.discovery)
    if (node === undefined) {
      this.#exhausted(call)
    } else if (call.flow !== undefined) {
      this.flows?.dispatch(call, node.id)
    } else if (node.id === this.#self) {
      call.state = SENT
      call.node = this.#self
      this.#init.runLocal(call)
      if (call.onNode !== undefined) call.tellNode()
    } else {
      (call.body !== undefined && call.body.length > LARGE_BODY ? this.bulk : this.links).dispatch(call, node.id)
    }
  }

  /** No candidate is left in this round. */
  #exhausted (call: Call): void {
    const { cause } = call
    if (cause !== undefined && (call.giveUp || pushbackOf(cause) === Infinity)) {
      this.fail(call, cause)
    } else {
      this.#waiting.add(call)
    }
  }

  /** @see Outcomes */
  again (call: Call, node: string, cause: Error, why: 'unreachable' | 'refused' | 'busy' | 'full'): void {
    if (call.state === SETTLED) return
    // of a node that was sent nothing, nothing was learnt
    const full = why === 'full'
    this.#feedback(call, full, full)
    call.state = SEARCHING
    call.peer = call.lane = undefined
    if (full && call.bound) return this.fail(call, cause)
    if (why === 'unreachable') call.out?.miss(node)
    const pushback = pushbackOf(cause)
    if (pushback > 0) (call.silent ??= new Map()).set(node, [cause, this.#init.timers.now() + pushback])
    if (!full) call.asked++
    const looks = passOver(call, node, cause)
    call.giveUp = full || (why === 'busy' && (call.round >= MAX_BUSY_ROUNDS || call.out?.repeats === true)) || (why === 'refused' && call.only !== undefined)
    if (call.asked >= MAX_OFFERS || looks >= MAX_LOOKS) this.#exhausted(call)
    else this.#route(call)
  }

  /** @see Outcomes */
  moved (call: Call, node: string, cause: RpcError): void {
    if (call.state === SETTLED) return
    call.state = SEARCHING
    call.peer = call.lane = undefined
    call.cause = cause
    if (call.only !== undefined || call.moves++ >= MAX_MOVES) {
      this.fail(call, call.only !== undefined ? cause : new RpcError('UNAVAILABLE', `${cause.message}; it has come to ${call.moves} nodes which do not hold the link of its token; nothing was run`, { node, retryable: true, cause }))
      return
    }
    this.#routing.take(call, this.#init.targets.moved(call, node, cause.details), next => {
      if (next === undefined) return this.#route(call)
      if (call.tried?.has(next.id) !== true) return this.#dispatch(call, next)
      // it is the right one, and has only just refused: not sent to and fro until no moves are left
      call.moves = 0
      this.#waiting.pause(call)
    })
  }

  succeed (call: Call, value: unknown): void {
    if (this.#settle(call)) {
      this.#feedback(call, true)
      call.ending.resolve(value)
    }
  }

  fail (call: Call, error: Error): void {
    if (this.#settle(call, true)) {
      this.#feedback(call, !speaksAgainst(error))
      note(call, error)
      call.ending.reject(error)
    }
  }

  /** End a call because nobody waits for it any more. */
  cancel (call: Call, reason: unknown): void {
    this.#withdraw(call)
    this.#feedback(call, true, true)
    this.fail(call, cancelled(call.what, reason))
  }

  #expire (call: Call): void {
    const sent = call.state === SENT
    this.#withdraw(call)
    this.fail(call, sent
      ? new RpcError('DEADLINE_EXCEEDED', `${call.what} at ${this.links.label(call.node)}: no answer within ${Math.round(call.budget)} ms`, { node: call.node })
      : unavailable(call, this.#init.discovery, this.#init.isolation?.()))
  }

  /** Take the call back from wherever it is. */
  #withdraw (call: Call): void {
    if (call.lane !== undefined || call.peer !== undefined) {
      this.links.withdraw(call)
      return
    }
    if (call.flow !== undefined) {
      this.flows?.withdraw(call)
    } else if (call.state === SENT) {
      this.#init.cancelLocal(call)
    }
    this.#waiting.remove(call)
    this.#routing.delete(call)
  }

  #settle (call: Call, failed = false): boolean {
    if (call.state === SETTLED) return false
    call.state = SETTLED
    this.pending--
    endCount(call, failed, this.#init)
    if (call.out !== undefined && call.node !== '') {
      call.out.node = call.node
    }
    if (call.flow !== undefined) this.flows?.settled(call)
    if (call.timer !== undefined) this.#init.timers.cancel(call.timer)
    call.leave()
    return true
  }

  #feedback (call: Call, ok: boolean, cancelled = false): void {
    if (call.picker !== undefined) {
      feedback(call, ok, this.#init.timers.now(), cancelled)
    }
  }

  nodeSeen (node: NodeInfo, isNew: boolean): void {
    this.#gone.delete(node.id)
    if (isNew) {
      this.links.forget(node.id)
      this.bulk.forget(node.id)
    }
    this.#waiting.seen(node, isNew)
  }

  nodeGone (node: NodeInfo): void {
    if (this.#gone.size >= 1_024) this.#gone.clear()
    this.#gone.add(node.id)
    this.links.forget(node.id)
    this.bulk.forget(node.id)
    if (this.#init.targets.binding) {
      // somebody else may have the tokens of that node now
      this.#waiting.seen(node, true)
    }
    for (const call of this.#waiting.of(node.id)) {
      this.#waiting.remove(call)
      this.#toNode(call, node.id)
    }
  }

  /** End every call and take no more. */
  close (): void {
    const closed = this.#closed = new MeshStoppedError()
    const lost = new MeshStoppedError('the mesh is stopped: the call may have run')
    for (const call of [...this.#routing.all(), ...this.#waiting.all(), ...this.links.all(), ...this.bulk.all(), ...this.flows?.all() ?? []]) {
      const error = call.state === SENT ? lost : closed
      this.#withdraw(call)
      this.fail(call, error)
    }
  }
}
