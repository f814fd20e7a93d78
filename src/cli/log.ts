/** Structured logs: a line for each thing that happened, for people or, as JSON, for what collects them. */

import { json } from './output.ts'

export const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** What belongs to a message: texts and numbers, or what JSON can carry. */
export type Fields = Readonly<Record<string, unknown>>

export type Log = Readonly<Record<Level, (message: string, fields?: Fields) => void>>

export interface LogInit {
  format: 'text' | 'json'
  /** What is less urgent is not written. */
  level: Level
  write: (line: string) => void
  now?: () => Date
}

/** Texts as a person would write them: sentences have commas of their own. */
function joined (texts: readonly string[]): string {
  return texts.join(texts.some(text => /[\s,]/.test(text)) ? '; ' : ',')
}

function isTexts (value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

/** A field as `key=value`, in quotes where that is needed to find its end. */
function shown (value: unknown): string {
  const text = typeof value === 'string' ? value : isTexts(value) ? joined(value) : JSON.stringify(value) ?? ''
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

export function createLog ({ format, level, write, now = () => new Date() }: LogInit): Log {
  const most = LEVELS.indexOf(level)
  const at = (own: Level, index: number) => (message: string, fields: Fields = {}): void => {
    if (index > most) return
    const time = now().toISOString()
    const known = Object.entries(fields).filter(([, value]) => value !== undefined)
    if (format === 'json') write(json({ time, level: own, msg: message, ...Object.fromEntries(known) }))
    else write([time, own.toUpperCase().padEnd(5), message, ...known.map(([key, value]) => `${key}=${shown(value)}`)].join(' '))
  }
  return Object.fromEntries(LEVELS.map((own, index) => [own, at(own, index)])) as unknown as Log
}
