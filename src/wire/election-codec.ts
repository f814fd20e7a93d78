/**
 * Election frames, and what is stored of an election, by the tables of `election-schema.ts`. Values are the plain objects
 * of the election room; every number, text and list of a peer is checked here. Nothing decoded shares memory with its bytes.
 */
import { ProtocolError } from '../errors.ts'
import { checkSize } from './check-size.ts'
import { FRAME, MESSAGES, STATEMENT, STORED } from './election-schema.ts'
import { MAX_ELECTION_FRAME } from './limits.ts'
import { isName } from './names.ts'
import { decode, encode } from './schema.ts'

/** A message by the names of its fields, `type` among them. */
export type FlatMessage = Readonly<Record<string, unknown>> & { readonly type: string }

const TYPES = MESSAGES.map(([type]) => type)

/**
 * One frame: a message about the group of a service.
 *
 * @throws FrameTooLargeError - the message was to be sent in parts
 */
export function encodeElection (service: string, { type, ...message }: FlatMessage): Uint8Array {
  const { group, epoch, term, incarnation } = message
  const bytes = encode(FRAME, { service, group, epoch, term, incarnation, [type]: message })
  checkSize('election frame', bytes.length, MAX_ELECTION_FRAME)
  return bytes
}

/**
 * The frame in `bytes[start..end)`.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeElection (bytes: Uint8Array, start = 0, end = bytes.length): { service: string, message: FlatMessage } {
  checkSize('election frame', end - start, MAX_ELECTION_FRAME)
  const { service, group, epoch, term, incarnation, ...rest } = decode(FRAME, bytes, start, end)
  const [type, ...others] = TYPES.filter(name => rest[name] !== undefined)
  if (type === undefined || others.length > 0) throw new ProtocolError('election frame: exactly one message expected')
  if (!isName('service', service)) throw new ProtocolError('election frame: the name of a service expected')
  checkConfig(rest[type].config)
  for (const { config } of rest[type].configs ?? []) checkConfig(config)
  return { service, message: { ...rest[type], type, group, epoch, term, incarnation } }
}

interface Config { group: number, voters: ReadonlyArray<{ id: string }> }

/** What every config is, a version of one apart: of a group, and its voters sorted, each once. */
function checkConfig (config: Partial<Config> | undefined): void {
  if (config?.voters === undefined) return
  const ids = config.voters.map(({ id }) => id)
  if (config.group === 0 || ids.length === 0) throw new ProtocolError('election frame: a config without a group or a voter')
  if (ids.some((id, i) => id <= (ids[i - 1] ?? ''))) throw new ProtocolError('election frame: voters that are not sorted')
}

/** What the leader of a group signs: that it wrote this config. The same bytes for the same config. */
export function encodeStatement (statement: { mesh: string, service: string, by: string, config: object }): Uint8Array {
  return encode(STATEMENT, statement)
}

/** A part of a node's state, as one unit. */
export function encodeStored (stored: object): Uint8Array {
  return encode(STORED, stored)
}

/** @throws ProtocolError */
export function decodeStored (bytes: Uint8Array): unknown {
  return decode(STORED, bytes)
}
