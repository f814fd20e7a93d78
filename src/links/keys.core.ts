/** Names of links in the register of the service that they lead to. No part of one can hold a slash. Pure. */
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

export function isTokenId (value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}

export function linkKey (parent: string, token: string): string {
  const head = LINK.length + parent.length + 1
  const codes = new Array<number>(head + 43)
  for (let i = 0; i < LINK.length; i++) codes[i] = LINK.charCodeAt(i)
  for (let i = 0; i < parent.length; i++) codes[LINK.length + i] = parent.charCodeAt(i)
  codes[head - 1] = SLASH
  for (let i = 0, at = head; i < 63; i += 3) {
    const number = digit(token, i) << 8 | digit(token, i + 1) << 4 | digit(token, i + 2)
    codes[at++] = DIGITS.charCodeAt(number >> 6)
    codes[at++] = DIGITS.charCodeAt(number & 63)
  }
  codes[head + 42] = token.charCodeAt(63)
  // a text that is put together with + stays in its pieces, in ten times the memory
  return String.fromCharCode.apply(String, codes)
}

/** Three hex digits are two of these: every link's name is in the memory of every voter. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NUMBERS = new Map(Array.from({ length: 4_096 }, (_, n) => [`${DIGITS[n >> 6]}${DIGITS[n & 63]}`, n.toString(16).padStart(3, '0')]))
const SLASH = '/'.charCodeAt(0)

/** Of a hex digit. */
function digit (text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 58 ? code - 48 : code - 87
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
