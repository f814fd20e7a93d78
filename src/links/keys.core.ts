/** Names of links in the register of the service that they lead to. No part of one can hold a slash. Pure. */
import { ANY_PARENT } from '../wire/names.ts'

/** A link's name within its child service. */
export interface LinkName {
  /** Whose token it is: the calling service, empty for none, or `*` for all. */
  readonly parent: string
  /** Id of the token, 64 hex digits. */
  readonly token: string
}

const LINK = 'link/'
const DOWN = 'down/'
const TOKEN = /^[0-9a-f]{64}$/

/** Where a call with a token comes from, as its links see it. */
export function parentOf (service: string | undefined, scope: 'relation' | 'service'): string {
  return scope === 'service' ? ANY_PARENT : service ?? ''
}

export function isTokenId (value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}

export function linkKey (parent: string, token: string): string {
  return `${LINK}${parent}/${packed(token)}`
}

/** Three hex digits are two of these: every link's name is in the memory of every voter. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const PAIRS = Array.from({ length: 4_096 }, (_, n) => `${DIGITS[n >> 6]}${DIGITS[n & 63]}`)
const NUMBERS = new Map(PAIRS.map((pair, n) => [pair, n.toString(16).padStart(3, '0')]))

function packed (token: string): string {
  let text = ''
  for (let i = 0; i < 63; i += 3) text += PAIRS[parseInt(token.slice(i, i + 3), 16)]
  return text + token.slice(63)
}

function unpacked (text: string): string {
  let token = ''
  for (let i = 0; i < text.length - 1; i += 2) token += NUMBERS.get(text.slice(i, i + 2)) ?? '?'
  return token + text.slice(-1)
}

/** Undefined: the key of something else. */
export function linkOf (key: string): LinkName | undefined {
  if (!key.startsWith(LINK)) return undefined
  const slash = key.indexOf('/', LINK.length)
  const token = unpacked(key.slice(slash + 1))
  return slash < 0 || !isTokenId(token) ? undefined : { parent: key.slice(LINK.length, slash), token }
}

/** Under it stands up to which incarnation of a node all links are dead. */
export function downKey (node: string): string {
  return DOWN + node
}

export function downOf (key: string): string | undefined {
  return key.startsWith(DOWN) ? key.slice(DOWN.length) : undefined
}
