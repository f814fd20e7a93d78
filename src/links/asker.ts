/**
 * Asks whoever decides about the links of a service: its leader. Questions of one tick travel together, and so do first
 * links; each other change goes by itself, as it waits for the node that is to let its token go, so many at a time. A leader
 * that is gone, or not ready, is made up for by the next one, until the question's time is over.
 */
import { MeshStoppedError, NoAuthorityError, RpcError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { nextTick } from '../util/next-tick.ts'
import { pause } from '../util/timeouts.ts'
import { timers } from '../util/timers.ts'
import { isFirst } from './decide.core.ts'
import { batchOf, inBatches, isId, readAnswers, record, writeQuestion } from './messages.core.ts'
import { ASK } from './methods.core.ts'
import { Window } from './window.ts'
import { MAX_LINK_CHANGES_UNDER_WAY } from '../wire/limits.ts'
import type { Answer } from './messages.core.ts'
import type { Question } from './decide.core.ts'
import type { Discovery } from '../discovery/index.ts'
import type { Election } from '../election/index.ts'
import type { Rpc } from '../rpc/index.ts'

/** Milliseconds between two looks for a leader, and between two questions that came to nothing. */
const RETRY = { initial: 20, max: 200 }
/** Milliseconds that one leader gets to answer. */
const ANSWER_TIMEOUT = 3_000
/** Milliseconds between two looks whether it still leads. */
const LOOK = 200

interface Asked extends PromiseWithResolvers<Answer> {
  readonly question: Question
  /** Milliseconds of this node's clock: when its time is over. */
  readonly due: number
  /** The same in milliseconds since 1970: that clock goes on while the machine sleeps. */
  readonly wallDue: number
  /** It may have been done, or be done yet. */
  doubt: boolean
  /** Nobody waits for it any more: it is not to be done from now on. */
  given: boolean
  /** Tells whoever has it under way. */
  onGiven?: () => void
}

export interface AskerInit {
  self: string
  discovery: Pick<Discovery, 'node'>
  of: Election['of']
  rpc: Pick<Rpc, 'invoke'> & { readonly maxBody?: number }
  /** This node's own answers, for the service that it leads. The signal aborts when nobody waits for them. */
  own: (service: string, questions: readonly Question[], signal: AbortSignal) => Promise<Answer[]>
  now: () => number
  /** Milliseconds since 1970: goes on while the machine sleeps. @default Date.now */
  wall?: () => number
}

/** What a leader is asked: over the mesh, or this node when it leads. */
export interface LeaderCall<T> {
  readonly method: string
  /** As it is at each time that it is sent. */
  readonly args: () => unknown
  readonly own: () => Promise<T>
  /** What came over the mesh. @throws InvalidOptionsError */
  readonly read: (answer: unknown) => T
  /** Not asked again when it may have been done. */
  readonly once?: boolean
  /** Changes nothing: it may be asked again, whatever became of it. */
  readonly harmless?: boolean
  /** It may be done from now on; false: it was not. */
  readonly onDoubt?: (doubt: boolean) => void
  /** It is not to be sent any more. */
  readonly isLate?: () => boolean
}

/** The leader was lost: what it was asked may have been done, and is not asked again as if it had not. */
class InDoubt extends Error {
  static override readonly name = 'InDoubt'
}

export class Asker {
  /** Questions that were sent. */
  asked = 0
  readonly #init: AskerInit
  readonly #queues = new Map<string, Asked[]>()
  readonly #window = new Window(MAX_LINK_CHANGES_UNDER_WAY)
  #stopped = false

  constructor (init: AskerInit) {
    this.#init = init
  }

  /** What is asked ends, soon. */
  stop (): void {
    this.#stopped = true
  }

  /**
   * @param patience - milliseconds that a leader is waited for
   * @throws RpcError `UNAVAILABLE` - nobody answered in time; retryable if nothing can have changed by it
   * @throws NoAuthorityError - nobody ever will; the signal's reason
   */
  async ask (service: string, question: Question, patience: number, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted()
    const asked: Asked = { question, due: this.#init.now() + patience, wallDue: this.#wall() + patience, doubt: false, given: false, ...Promise.withResolvers<Answer>() }
    const giveUp = (why: unknown): void => {
      asked.reject(why)
      asked.given = true
      asked.onGiven?.()
    }
    const timer = timers.after(patience, () => { giveUp(silence(service, undefined, mayBeDone(asked))) })
    const abort = (): void => { giveUp(signal?.reason) }
    signal?.addEventListener('abort', abort, { once: true })
    const queue = this.#queues.get(service)
    if (queue !== undefined) {
      queue.push(asked)
    } else {
      this.#queues.set(service, [asked])
      nextTick(() => { this.#flush(service) })
    }
    try {
      return await asked.promise
    } finally {
      timers.cancel(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** One call of the leader, as often as it takes. `doubt`: it may have been done before too. @throws as {@link ask} */
  async call <T> (service: string, call: LeaderCall<T>, patience: number, signal?: AbortSignal): Promise<{ value: T, doubt: boolean }> {
    const { self, now, discovery } = this.#init
    const due = now() + patience
    let hint: string | undefined
    let cause: unknown
    let doubt = false
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      if (this.#stopped) throw new MeshStoppedError()
      if (call.isLate?.() === true) throw silence(service, cause, doubt)
      const leader = hint ?? this.#leader(service)
      hint = undefined
      try {
        call.onDoubt?.(leader !== undefined || doubt)
        if (leader === self) return { value: await call.own(), doubt }
        if (leader !== undefined) {
          const answer = record(await this.#invoke(service, leader, call, due - now(), signal))
          if ('a' in answer) return { value: call.read(answer['a']), doubt }
          doubt ||= answer['u'] === true
          hint = isId(answer['l']) && answer['l'] !== leader && discovery.node(answer['l']) !== undefined ? answer['l'] : undefined
        }
      } catch (err) {
        // nor will it be later
        if (err instanceof RpcError && err.code === 'PERMISSION_DENIED') throw err
        cause = err
        doubt ||= !isCertain(err)
      }
      call.onDoubt?.(doubt)
      if (doubt && call.once === true) throw new InDoubt()
      const rest = attempt === 0 && hint !== undefined ? 0 : backoff(attempt, RETRY, Math.random)
      if (now() + rest >= due) throw silence(service, cause, doubt && call.harmless !== true)
      await pause(rest)
    }
  }

  /** A leader that is busy gets its time; one that was replaced has nothing to say any more. */
  async #invoke (service: string, node: string, { method, args }: LeaderCall<unknown>, left: number, given: AbortSignal | undefined): Promise<unknown> {
    const replaced = new AbortController()
    const giveUp = (): void => { replaced.abort(given?.reason) }
    given?.addEventListener('abort', giveUp, { once: true })
    const look = (): void => {
      const leader = this.#init.of(service)?.leader?.id
      if (leader !== undefined && leader !== node && leader !== asked) replaced.abort(new Error('another one leads'))
      else timer = timers.after(LOOK, look)
    }
    // a hint may be ahead of what is known here
    const asked = this.#init.of(service)?.leader?.id
    let timer = timers.after(LOOK, look)
    try {
      return await this.#init.rpc.invoke(service, method, args(), { node, timeout: Math.max(1, Math.min(ANSWER_TIMEOUT, left)), signal: replaced.signal })
    } finally {
      timers.cancel(timer)
      given?.removeEventListener('abort', giveUp)
    }
  }

  #flush (service: string): void {
    const all = this.#queues.get(service) ?? []
    this.#queues.delete(service)
    const most = batchOf(this.#init.rpc.maxBody)
    const firsts = all.filter(({ question }) => isFirst(question))
    const others = all.filter(asked => !isResolve(asked) && !isFirst(asked.question))
    for (const batch of [...inBatches(all.filter(isResolve), most), ...inBatches(firsts, most)]) void this.#begin(service, batch, false)
    for (const asked of others) this.#beginAlone(service, asked, false)
  }

  /** Once so few others are under way. */
  #beginAlone (service: string, asked: Asked, before: boolean): void {
    this.#window.add(service, async () => { if (!asked.given) await this.#begin(service, [asked], before) })
  }

  /** Never rejects. */
  async #begin (service: string, batch: readonly Asked[], before: boolean): Promise<void> {
    await this.#send(service, batch, before).catch((err: unknown) => {
      const silent = err instanceof RpcError && err.code === 'UNAVAILABLE'
      for (const asked of batch) asked.reject(silent ? silence(service, err.cause, mayBeDone(asked)) : err)
    })
  }

  /**
   * @param batch - only questions, or only first links, or one other change
   * @param before - it may have been done already
   */
  async #send (service: string, batch: readonly Asked[], before: boolean): Promise<void> {
    let waiting: readonly Asked[] = batch
    // who has given up has it done by no leader that comes later
    const questions = (): Question[] => {
      waiting = batch.filter(({ given }) => !given)
      return waiting.map(({ question }) => before && isFirst(question) ? { ...question, again: true } : question)
    }
    const given = givenUp(batch)
    this.asked += batch.length
    const call = this.call(service, {
      method: ASK,
      args: () => questions().map(writeQuestion),
      own: async () => this.#init.own(service, questions(), given),
      read: answer => readAnswers(answer, waiting.length),
      // a leader knows what was ended of late, and no more: who slept must not ask it
      isLate: () => batch.every(({ given, wallDue, due }) => given || (before && (this.#init.now() >= due || this.#wall() >= wallDue))),
      once: !before && batch.some(({ question }) => isFirst(question)),
      onDoubt: doubt => { for (const asked of batch) asked.doubt = doubt || before }
    }, Math.max(...batch.map(({ due }) => due)) - this.#init.now(), given)
    const result = await call.catch((err: unknown) => {
      if (!(err instanceof InDoubt)) throw err
    })
    if (result === undefined) return this.#send(service, batch, true)
    const { value: answers, doubt } = result
    const later: Asked[] = []
    waiting.forEach((asked, index) => {
      const answer = answers[index] as Answer
      if ('failure' in answer && answer.failure === 'later') later.push(asked)
      else asked.resolve((doubt || before) && !isResolve(asked) ? { ...answer, doubt: true } : answer)
    })
    if (later.length > 0) await this.#askLater(service, later)
  }

  /** What was put off, without what has its answer: questions together. Those whose time is over by then are told so. */
  async #askLater (service: string, all: readonly Asked[]): Promise<void> {
    for (const asked of all) asked.doubt = !isResolve(asked)
    await pause(RETRY.initial)
    const due = all.filter(({ due }) => due > this.#init.now())
    const changes = due.filter(asked => !isResolve(asked))
    for (const change of changes) this.#beginAlone(service, change, true)
    if (due.length > changes.length) void this.#begin(service, due.filter(isResolve), false)
  }

  #wall (): number {
    return (this.#init.wall ?? Date.now)()
  }

  /** @throws NoAuthorityError */
  #leader (service: string): string | undefined {
    const view = this.#init.of(service)
    if (view?.hint !== undefined) throw new NoAuthorityError(`service '${service}' has no voters: nobody decides about its links`)
    return view?.leader?.id
  }
}

/** Aborts when nobody waits for any of them. */
function givenUp (batch: readonly Asked[]): AbortSignal {
  const controller = new AbortController()
  let left = batch.length
  const onGiven = (): void => { if (--left === 0) controller.abort() }
  for (const asked of batch) {
    if (asked.given) onGiven()
    else asked.onGiven = onGiven
  }
  return controller.signal
}

/** It did not run. */
function isCertain (err: unknown): boolean {
  return err instanceof Error && (('certain' in err && err.certain === true) || ('retryable' in err && err.retryable === true))
}

function isResolve ({ question }: Asked): boolean {
  return question.kind === 'resolve'
}

function mayBeDone (asked: Asked): boolean {
  return asked.doubt && !isResolve(asked)
}

function silence (service: string, cause: unknown, doubt: boolean): RpcError {
  return new RpcError('UNAVAILABLE', `links of service '${service}': no leader answered`, { retryable: !doubt, cause })
}
