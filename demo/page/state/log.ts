/** What happened, newest first; bounded. */
import { computed, signal } from '@preact/signals'
import { onceAFrame } from '../lib/once-a-frame.ts'
import { shorten, upright } from '../lib/text.ts'

export const ROOMS = ['page', 'transport', 'discovery', 'rpc', 'election', 'links', 'pubsub'] as const
export type Room = typeof ROOMS[number]

export interface LogEntry {
  /** Grows by one. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly room: Room
  readonly text: string
}

/** Entries that are kept. */
const CAPACITY = 500
/** Characters of one. */
const MAX_TEXT = 500

const all = signal<readonly LogEntry[]>([])
const frozen = signal<readonly LogEntry[] | undefined>(undefined)
let number = 0
/** Oldest first: what has happened since the list was drawn. */
let fresh: LogEntry[] = []
const totals: Partial<Record<Room, number>> = {}

/** Undefined: every room. */
export const room = signal<Room | undefined>(undefined)
export const paused = computed(() => frozen.value != null)
/** Entries since the page was opened, by room. */
export const counts = signal<Readonly<Partial<Record<Room, number>>>>({})
export const entries = computed(() => {
  const shown = frozen.value ?? all.value
  return room.value == null ? shown : shown.filter(entry => entry.room === room.value)
})
/** The last that a person who cannot see the page should hear of: all of it that happened at once. */
export const announced = signal('')
const unsaid: string[] = []

const draw = onceAFrame(() => {
  all.value = [...fresh.reverse(), ...all.value].slice(0, CAPACITY)
  fresh = []
  counts.value = { ...totals }
})

/** Say what happened. `aloud`: also to a screen reader. */
export function log (of: Room, text: string, aloud = false): void {
  number++
  fresh.push({ number, at: Date.now(), room: of, text: upright(shorten(text, MAX_TEXT)) })
  // a hidden tab may be drawn once a minute
  if (fresh.length > 2 * CAPACITY) fresh.splice(0, CAPACITY)
  totals[of] = (totals[of] ?? 0) + 1
  draw()
  if (!aloud) return
  if (unsaid.push(text) === 1) queueMicrotask(() => { announced.value = unsaid.splice(0).join('; ') })
}

/** The list stands still, and goes on with all that came meanwhile. */
export function togglePause (): void {
  frozen.value = frozen.value == null ? all.value : undefined
}

export function asJson (): string {
  return JSON.stringify(entries.value.map(({ at, room, text }) => ({ at: new Date(at).toISOString(), room, text })), undefined, 2)
}
