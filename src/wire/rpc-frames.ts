/**
 * Frames of the RPC protocol, by hand: the generated codec costs 3 us a call, these a tenth. Byte for byte the same
 * (test/unit/wire-rpc.spec.ts proves it against the codec generated from rpc.proto).
 *
 * ```ts
 * stream.write(sizeRequest(request), fillFrame)      // straight into the stream's batch, nothing allocated
 * const frame = decodeFrame(bytes, start, end)       // frame.kind tells which; bytes of a peer throw ProtocolError only
 * ```
 */
import type { BodyCodec } from './codecs.ts'
import type { Trace } from './trace.ts'

/** Texts by name: metadata or headers. */
export type TextMap = Readonly<Record<string, string>>

export interface RequestFrame {
  /** uint32, unique on its stream while the call is open. */
  id: number
  service: string
  method: string
  /** Remaining budget in whole milliseconds. */
  timeout: number
  codec: BodyCodec
  body: Uint8Array | undefined
  /** Token id, 32 bytes. */
  token: Uint8Array | undefined
  metadata: TextMap | undefined
  headers: TextMap | undefined
  idempotencyKey: string | undefined
  /** 0 no sequences, 1 of results, 2 of input, 3 both. */
  streaming: number
  trace: Trace | undefined
  /** Number under which {@link headers} are kept for the stream, or were; 0: they are not. */
  headerSet: number
  /** What the caller knows of the token's link, for the links of the node that is called. */
  link: Uint8Array | undefined
  /** Which life of the callee may have run it before, see {@link lifeOf}; 0: it was not sent before. */
  life: number
}

/** What of an incarnation travels. */
export function lifeOf (incarnation: number): number {
  return incarnation >>> 0
}

export interface ResponseFrame {
  id: number
  /** Place in `STATUS_CODES`; 0 is OK. */
  status: number
  codec: BodyCodec
  body: Uint8Array | undefined
  /** Of an error; cut after `MAX_MESSAGE` characters. */
  message: string
  /** The request did not run. */
  retryable: boolean
  headers: TextMap | undefined
}

/** `body` is a view of the frame's bytes: copy what must outlive the frame. Everything else is the receiver's own. */
export interface DecodedRequest extends RequestFrame {
  kind: 1
  metadata: TextMap
  headers: TextMap
}

/** `body` is a view of the frame's bytes, as in {@link DecodedRequest}. An unknown status reads as 2 (UNKNOWN). */
export interface DecodedResponse extends ResponseFrame {
  kind: 2
  headers: TextMap
}

export interface DecodedCancel {
  kind: 3
  id: number
}

export interface DecodedGoAway {
  kind: 4
  reason: string
}

/** `body` is a view of the frame's bytes, as in {@link DecodedRequest}. */
export interface DecodedItem {
  kind: 5
  codec: BodyCodec
  body: Uint8Array | undefined
}

export interface DecodedCredit {
  kind: 6
  bytes: number
}

export interface DecodedEnd {
  kind: 7
}

export type DecodedFrame =
  DecodedRequest | DecodedResponse | DecodedCancel | DecodedGoAway | DecodedItem | DecodedCredit | DecodedEnd

export { decodeFrame } from './rpc-read.ts'
export {
  fillFrame, sizeCancel, sizeCredit, sizeEnd, sizeGoAway, sizeItem, sizeRequest, sizeResponse, writeCancel, writeGoAway, writeRequest, writeResponse
} from './rpc-write.ts'
