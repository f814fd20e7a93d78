/** The view: which records are current. Higher (incarnation, seq) wins. Pure. */
import type { NodeInfo } from './index.ts'

/** A record whose signature was verified, with the bytes it travels as. */
export interface VerifiedRecord {
  info: NodeInfo
  /** The encoded SignedRecord, forwarded as it came. */
  signed: Uint8Array
}

export type ViewInput =
  | { type: 'record', record: VerifiedRecord, now: number }
  /** This node's own opinion, from the failure detector. */
  | { type: 'opinion', id: string, opinion: 'alive' | 'suspect' | 'down', now: number }

export type ViewOutput =
  | { type: 'node:add' | 'node:update' | 'node:remove', node: NodeInfo }
  | { type: 'service:add' | 'service:remove', service: string }

export interface Known { id: string, incarnation: number, seq: number }
