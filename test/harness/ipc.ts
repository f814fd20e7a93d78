/** What a node process and its parent say to each other. */
import { realNow } from './real-time.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { InvokeOptions } from '../../src/rpc/index.ts'
import type { MeshOptions } from '../../src/mesh-options.ts'

/** Mesh options that survive a process boundary. */
export type ChildMeshOptions = Pick<MeshOptions,
  'mesh' | 'service' | 'name' | 'listen' | 'announce' | 'bootstrap' | 'relay' | 'storage' | 'weight' | 'metadata' | 'rpc' | 'links' | 'election' | 'pubsub'>

export type ChildInvokeOptions = Pick<InvokeOptions, 'token' | 'timeout' | 'metadata' | 'headers' | 'node' | 'idempotencyKey'> & {
  /** Milliseconds after which the caller's signal aborts. */
  abortAfter?: number
}

export interface Described {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Own enumerable fields that can be cloned: code, details, retryable, node … */
  readonly fields: Readonly<Record<string, unknown>>
  /** A failure in another process cannot be looked into later: its reasons must come along. */
  readonly cause?: Described
}

/** Causes of causes that come along. */
const MAX_CAUSES = 5

export type ToChild =
  | { readonly type: 'start', readonly options: ChildMeshOptions, readonly commands: string | undefined }
  | { readonly type: 'command', readonly id: number, readonly name: string, readonly args: readonly unknown[] }

/** Milliseconds since the epoch with fractions, comparable between the processes of one machine. */
type Time = number

export type ToParent =
  | { readonly type: 'started', readonly id: string, readonly addresses: string[], readonly status: string, readonly at: Time }
  | { readonly type: 'refused', readonly error: Described }
  | { readonly type: 'result', readonly id: number, readonly value: unknown }
  | { readonly type: 'error', readonly id: number, readonly error: Described }
  | NodeEvent
  | Fault

/** Something happened in a node process. */
export interface NodeEvent {
  readonly type: 'event'
  readonly event: string
  readonly detail: NodeInfo | unknown
  readonly at: Time
}

/** Something that must never happen in a node process. */
export interface Fault {
  readonly type: 'fault'
  readonly kind: 'unhandledRejection' | 'uncaughtException' | 'warning' | 'exit'
  readonly error: Described
}

/**
 * Processes of one machine agree on it to less than a millisecond. `performance.timeOrigin` does not promise that: it is of two
 * clocks that are read one after the other while the process starts, and a busy machine may let much time pass between the two.
 */
export function wallClock (): Time {
  return ORIGIN + realNow()
}

/** `Date.now()` is cut to whole milliseconds, and whatever happens between the two readings makes the difference smaller, never larger. */
const ORIGIN = (() => {
  let origin = -Infinity
  const end = realNow() + 3
  do origin = Math.max(origin, Date.now() - realNow())
  while (realNow() < end)
  return origin
})()

function cloneable (value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

export function describeError (error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { name: 'NonError', message: String(error), stack: undefined, fields: {} }
  const own = Object.entries(error).filter(([key, value]) => key !== 'name' && typeof value !== 'function' && cloneable(value))
  const cause = error.cause == null || depth >= MAX_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }
  return { name: error.name, message: error.message, stack: error.stack, fields: Object.fromEntries(own), ...cause }
}

/** The error of the other process, told apart by name and fields as users should. */
export function restoreError ({ name, message, stack, fields, cause }: Described): Error {
  const error = new Error(message, cause == null ? {} : { cause: restoreError(cause) })
  return Object.assign(error, { name, ...stack == null ? {} : { stack } }, fields)
}
