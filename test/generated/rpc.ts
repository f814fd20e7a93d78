// @ts-nocheck generated from rpc.proto by npm run generate: do not edit
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Frame {
  request?: Request
  response?: Response
  cancel?: Cancel
  goaway?: GoAway
  item?: Item
  credit?: Credit
  end?: End
}

export namespace Frame {
  let _codec: Codec<Frame>

  export const codec = (): Codec<Frame> => {
    if (_codec == null) {
      _codec = message<Frame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.request != null) {
          w.uint32(10)
          Request.codec().encode(obj.request, w)
        }

        if (obj.response != null) {
          w.uint32(18)
          Response.codec().encode(obj.response, w)
        }

        if (obj.cancel != null) {
          w.uint32(26)
          Cancel.codec().encode(obj.cancel, w)
        }

        if (obj.goaway != null) {
          w.uint32(34)
          GoAway.codec().encode(obj.goaway, w)
        }

        if (obj.item != null) {
          w.uint32(42)
          Item.codec().encode(obj.item, w)
        }

        if (obj.credit != null) {
          w.uint32(50)
          Credit.codec().encode(obj.credit, w)
        }

        if (obj.end != null) {
          w.uint32(58)
          End.codec().encode(obj.end, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = Request.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.request
              })
              break
            }
            case 2: {
              obj.response = Response.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.response
              })
              break
            }
            case 3: {
              obj.cancel = Cancel.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cancel
              })
              break
            }
            case 4: {
              obj.goaway = GoAway.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.goaway
              })
              break
            }
            case 5: {
              obj.item = Item.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.item
              })
              break
            }
            case 6: {
              obj.credit = Credit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.credit
              })
              break
            }
            case 7: {
              obj.end = End.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.end
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Request.codec().stream(reader, reader.uint32(), `${prefix}.request`, {
                limits: opts.limits?.request
              })

              break
            }
            case 2: {
              yield * Response.codec().stream(reader, reader.uint32(), `${prefix}.response`, {
                limits: opts.limits?.response
              })

              break
            }
            case 3: {
              yield * Cancel.codec().stream(reader, reader.uint32(), `${prefix}.cancel`, {
                limits: opts.limits?.cancel
              })

              break
            }
            case 4: {
              yield * GoAway.codec().stream(reader, reader.uint32(), `${prefix}.goaway`, {
                limits: opts.limits?.goaway
              })

              break
            }
            case 5: {
              yield * Item.codec().stream(reader, reader.uint32(), `${prefix}.item`, {
                limits: opts.limits?.item
              })

              break
            }
            case 6: {
              yield * Credit.codec().stream(reader, reader.uint32(), `${prefix}.credit`, {
                limits: opts.limits?.credit
              })

              break
            }
            case 7: {
              yield * End.codec().stream(reader, reader.uint32(), `${prefix}.end`, {
                limits: opts.limits?.end
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface FrameRequestIdFieldEvent {
    field: '$.request.id'
    value: number
  }

  export interface FrameRequestMethodFieldEvent {
    field: '$.request.method'
    value: string
  }

  export interface FrameRequestTimeoutFieldEvent {
    field: '$.request.timeout'
    value: number
  }

  export interface FrameRequestCodecFieldEvent {
    field: '$.request.codec'
    value: number
  }

  export interface FrameRequestBodyFieldEvent {
    field: '$.request.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameRequestTokenFieldEvent {
    field: '$.request.token'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameRequestMetadataFieldEvent {
    field: '$.request.metadata{}'
    key: string
    value: string
  }

  export interface FrameRequestHeadersFieldEvent {
    field: '$.request.headers{}'
    key: string
    value: string
  }

  export interface FrameRequestIdempotencyKeyFieldEvent {
    field: '$.request.idempotencyKey'
    value: string
  }

  export interface FrameRequestServiceFieldEvent {
    field: '$.request.service'
    value: string
  }

  export interface FrameRequestStreamingFieldEvent {
    field: '$.request.streaming'
    value: number
  }

  export interface FrameRequestTraceFieldEvent {
    field: '$.request.trace'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameRequestHeaderSetFieldEvent {
    field: '$.request.headerSet'
    value: number
  }

  export interface FrameRequestLinkFieldEvent {
    field: '$.request.link'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameRequestLifeFieldEvent {
    field: '$.request.life'
    value: number
  }

  export interface FrameResponseIdFieldEvent {
    field: '$.response.id'
    value: number
  }

  export interface FrameResponseStatusFieldEvent {
    field: '$.response.status'
    value: number
  }

  export interface FrameResponseCodecFieldEvent {
    field: '$.response.codec'
    value: number
  }

  export interface FrameResponseBodyFieldEvent {
    field: '$.response.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameResponseMessageFieldEvent {
    field: '$.response.message'
    value: string
  }

  export interface FrameResponseRetryableFieldEvent {
    field: '$.response.retryable'
    value: boolean
  }

  export interface FrameResponseHeadersFieldEvent {
    field: '$.response.headers{}'
    key: string
    value: string
  }

  export interface FrameCancelIdFieldEvent {
    field: '$.cancel.id'
    value: number
  }

  export interface FrameGoawayReasonFieldEvent {
    field: '$.goaway.reason'
    value: string
  }

  export interface FrameItemCodecFieldEvent {
    field: '$.item.codec'
    value: number
  }

  export interface FrameItemBodyFieldEvent {
    field: '$.item.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameCreditBytesFieldEvent {
    field: '$.credit.bytes'
    value: number
  }

  export function encode (obj: Partial<Frame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Frame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Frame {
    return decodeMessage(buf, Frame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Generator<FrameRequestIdFieldEvent | FrameRequestMethodFieldEvent | FrameRequestTimeoutFieldEvent | FrameRequestCodecFieldEvent | FrameRequestBodyFieldEvent | FrameRequestTokenFieldEvent | FrameRequestMetadataFieldEvent | FrameRequestHeadersFieldEvent | FrameRequestIdempotencyKeyFieldEvent | FrameRequestServiceFieldEvent | FrameRequestStreamingFieldEvent | FrameRequestTraceFieldEvent | FrameRequestHeaderSetFieldEvent | FrameRequestLinkFieldEvent | FrameRequestLifeFieldEvent | FrameResponseIdFieldEvent | FrameResponseStatusFieldEvent | FrameResponseCodecFieldEvent | FrameResponseBodyFieldEvent | FrameResponseMessageFieldEvent | FrameResponseRetryableFieldEvent | FrameResponseHeadersFieldEvent | FrameCancelIdFieldEvent | FrameGoawayReasonFieldEvent | FrameItemCodecFieldEvent | FrameItemBodyFieldEvent | FrameCreditBytesFieldEvent> {
    return streamMessage(buf, Frame.codec(), opts)
  }
}

export interface Request {
  id: number
  method: string
  timeout: number
  codec: number
  body: Uint8Array<ArrayBuffer>
  token: Uint8Array<ArrayBuffer>
  metadata: Map<string, string>
  headers: Map<string, string>
  idempotencyKey: string
  service: string
  streaming: number
  trace: Uint8Array<ArrayBuffer>
  headerSet: number
  link: Uint8Array<ArrayBuffer>
  life: number
}

export namespace Request {
  export interface Request$metadataEntry {
    key: string
    value: string
  }

  export namespace Request$metadataEntry {
    let _codec: Codec<Request$metadataEntry>

    export const codec = (): Codec<Request$metadataEntry> => {
      if (_codec == null) {
        _codec = message<Request$metadataEntry>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.key != null && obj.key !== '')) {
            w.uint32(10)
            w.string(obj.key)
          }

          if ((obj.value != null && obj.value !== '')) {
            w.uint32(18)
            w.string(obj.value)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            key: '',
            value: ''
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.key = reader.string()
                break
              }
              case 2: {
                obj.value = reader.string()
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }

          return obj
        }, function * (reader, length, prefix, opts = {}) {
          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.key`,
                  value: reader.string()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.value`,
                  value: reader.string()
                }
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }
        })
      }

      return _codec
    }

    export interface Request$metadataEntryKeyFieldEvent {
      field: '$.key'
      value: string
    }

    export interface Request$metadataEntryValueFieldEvent {
      field: '$.value'
      value: string
    }

    export function encode (obj: Partial<Request$metadataEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Request$metadataEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request$metadataEntry>): Request$metadataEntry {
      return decodeMessage(buf, Request$metadataEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request$metadataEntry>): Generator<Request$metadataEntryKeyFieldEvent | Request$metadataEntryValueFieldEvent> {
      return streamMessage(buf, Request$metadataEntry.codec(), opts)
    }
  }

  export interface Request$headersEntry {
    key: string
    value: string
  }

  export namespace Request$headersEntry {
    let _codec: Codec<Request$headersEntry>

    export const codec = (): Codec<Request$headersEntry> => {
      if (_codec == null) {
        _codec = message<Request$headersEntry>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.key != null && obj.key !== '')) {
            w.uint32(10)
            w.string(obj.key)
          }

          if ((obj.value != null && obj.value !== '')) {
            w.uint32(18)
            w.string(obj.value)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            key: '',
            value: ''
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.key = reader.string()
                break
              }
              case 2: {
                obj.value = reader.string()
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }

          return obj
        }, function * (reader, length, prefix, opts = {}) {
          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.key`,
                  value: reader.string()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.value`,
                  value: reader.string()
                }
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }
        })
      }

      return _codec
    }

    export interface Request$headersEntryKeyFieldEvent {
      field: '$.key'
      value: string
    }

    export interface Request$headersEntryValueFieldEvent {
      field: '$.value'
      value: string
    }

    export function encode (obj: Partial<Request$headersEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Request$headersEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request$headersEntry>): Request$headersEntry {
      return decodeMessage(buf, Request$headersEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request$headersEntry>): Generator<Request$headersEntryKeyFieldEvent | Request$headersEntryValueFieldEvent> {
      return streamMessage(buf, Request$headersEntry.codec(), opts)
    }
  }

  let _codec: Codec<Request>

  export const codec = (): Codec<Request> => {
    if (_codec == null) {
      _codec = message<Request>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if ((obj.method != null && obj.method !== '')) {
          w.uint32(18)
          w.string(obj.method)
        }

        if ((obj.timeout != null && obj.timeout !== 0)) {
          w.uint32(24)
          w.uint32(obj.timeout)
        }

        if ((obj.codec != null && obj.codec !== 0)) {
          w.uint32(32)
          w.uint32(obj.codec)
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.body)
        }

        if ((obj.token != null && obj.token.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.token)
        }

        if (obj.metadata != null && obj.metadata.size > 0) {
          for (const [key, value] of obj.metadata.entries()) {
            w.uint32(58)
            Request.Request$metadataEntry.codec().encode({ key, value }, w)
          }
        }

        if (obj.headers != null && obj.headers.size > 0) {
          for (const [key, value] of obj.headers.entries()) {
            w.uint32(66)
            Request.Request$headersEntry.codec().encode({ key, value }, w)
          }
        }

        if ((obj.idempotencyKey != null && obj.idempotencyKey !== '')) {
          w.uint32(74)
          w.string(obj.idempotencyKey)
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(82)
          w.string(obj.service)
        }

        if ((obj.streaming != null && obj.streaming !== 0)) {
          w.uint32(88)
          w.uint32(obj.streaming)
        }

        if ((obj.trace != null && obj.trace.byteLength > 0)) {
          w.uint32(98)
          w.bytes(obj.trace)
        }

        if ((obj.headerSet != null && obj.headerSet !== 0)) {
          w.uint32(104)
          w.uint32(obj.headerSet)
        }

        if ((obj.link != null && obj.link.byteLength > 0)) {
          w.uint32(114)
          w.bytes(obj.link)
        }

        if ((obj.life != null && obj.life !== 0)) {
          w.uint32(120)
          w.uint32(obj.life)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          method: '',
          timeout: 0,
          codec: 0,
          body: uint8ArrayAlloc(0),
          token: uint8ArrayAlloc(0),
          metadata: new Map<string, string>(),
          headers: new Map<string, string>(),
          idempotencyKey: '',
          service: '',
          streaming: 0,
          trace: uint8ArrayAlloc(0),
          headerSet: 0,
          link: uint8ArrayAlloc(0),
          life: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              obj.method = reader.string()
              break
            }
            case 3: {
              obj.timeout = reader.uint32()
              break
            }
            case 4: {
              obj.codec = reader.uint32()
              break
            }
            case 5: {
              obj.body = reader.bytes()
              break
            }
            case 6: {
              obj.token = reader.bytes()
              break
            }
            case 7: {
              if (opts.limits?.metadata != null && obj.metadata.size === opts.limits.metadata) {
                throw new MaxSizeError('Decode error - map field "metadata" had too many elements')
              }

              const entry = Request.Request$metadataEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.metadata$value
                }
              })
              obj.metadata.set(entry.key, entry.value)
              break
            }
            case 8: {
              if (opts.limits?.headers != null && obj.headers.size === opts.limits.headers) {
                throw new MaxSizeError('Decode error - map field "headers" had too many elements')
              }

              const entry = Request.Request$headersEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.headers$value
                }
              })
              obj.headers.set(entry.key, entry.value)
              break
            }
            case 9: {
              obj.idempotencyKey = reader.string()
              break
            }
            case 10: {
              obj.service = reader.string()
              break
            }
            case 11: {
              obj.streaming = reader.uint32()
              break
            }
            case 12: {
              obj.trace = reader.bytes()
              break
            }
            case 13: {
              obj.headerSet = reader.uint32()
              break
            }
            case 14: {
              obj.link = reader.bytes()
              break
            }
            case 15: {
              obj.life = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          metadata: 0,
          headers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.method`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.timeout`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.codec`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.token`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              if (opts.limits?.metadata != null && obj.metadata === opts.limits.metadata) {
                throw new MaxLengthError('Decode error - map field "metadata" had too many elements')
              }

              yield * Request.Request$metadataEntry.codec().stream(reader, reader.uint32(), `${prefix}.metadata{}`, {
                limits: {
                  value: opts.limits?.metadata$value
                }
              })

              obj.metadata++

              break
            }
            case 8: {
              if (opts.limits?.headers != null && obj.headers === opts.limits.headers) {
                throw new MaxLengthError('Decode error - map field "headers" had too many elements')
              }

              yield * Request.Request$headersEntry.codec().stream(reader, reader.uint32(), `${prefix}.headers{}`, {
                limits: {
                  value: opts.limits?.headers$value
                }
              })

              obj.headers++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.idempotencyKey`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.streaming`,
                value: reader.uint32()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.trace`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.headerSet`,
                value: reader.uint32()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.link`,
                value: reader.bytes()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.life`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RequestIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface RequestMethodFieldEvent {
    field: '$.method'
    value: string
  }

  export interface RequestTimeoutFieldEvent {
    field: '$.timeout'
    value: number
  }

  export interface RequestCodecFieldEvent {
    field: '$.codec'
    value: number
  }

  export interface RequestBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestTokenFieldEvent {
    field: '$.token'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestMetadataFieldEvent {
    field: '$.metadata{}'
    key: string
    value: string
  }

  export interface RequestHeadersFieldEvent {
    field: '$.headers{}'
    key: string
    value: string
  }

  export interface RequestIdempotencyKeyFieldEvent {
    field: '$.idempotencyKey'
    value: string
  }

  export interface RequestServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface RequestStreamingFieldEvent {
    field: '$.streaming'
    value: number
  }

  export interface RequestTraceFieldEvent {
    field: '$.trace'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestHeaderSetFieldEvent {
    field: '$.headerSet'
    value: number
  }

  export interface RequestLinkFieldEvent {
    field: '$.link'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestLifeFieldEvent {
    field: '$.life'
    value: number
  }

  export function encode (obj: Partial<Request>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Request.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Request {
    return decodeMessage(buf, Request.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Generator<RequestIdFieldEvent | RequestMethodFieldEvent | RequestTimeoutFieldEvent | RequestCodecFieldEvent | RequestBodyFieldEvent | RequestTokenFieldEvent | RequestMetadataFieldEvent | RequestHeadersFieldEvent | RequestIdempotencyKeyFieldEvent | RequestServiceFieldEvent | RequestStreamingFieldEvent | RequestTraceFieldEvent | RequestHeaderSetFieldEvent | RequestLinkFieldEvent | RequestLifeFieldEvent> {
    return streamMessage(buf, Request.codec(), opts)
  }
}

export interface Response {
  id: number
  status: number
  codec: number
  body: Uint8Array<ArrayBuffer>
  message: string
  retryable: boolean
  headers: Map<string, string>
}

export namespace Response {
  export interface Response$headersEntry {
    key: string
    value: string
  }

  export namespace Response$headersEntry {
    let _codec: Codec<Response$headersEntry>

    export const codec = (): Codec<Response$headersEntry> => {
      if (_codec == null) {
        _codec = message<Response$headersEntry>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.key != null && obj.key !== '')) {
            w.uint32(10)
            w.string(obj.key)
          }

          if ((obj.value != null && obj.value !== '')) {
            w.uint32(18)
            w.string(obj.value)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            key: '',
            value: ''
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.key = reader.string()
                break
              }
              case 2: {
                obj.value = reader.string()
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }

          return obj
        }, function * (reader, length, prefix, opts = {}) {
          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.key`,
                  value: reader.string()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.value`,
                  value: reader.string()
                }
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }
        })
      }

      return _codec
    }

    export interface Response$headersEntryKeyFieldEvent {
      field: '$.key'
      value: string
    }

    export interface Response$headersEntryValueFieldEvent {
      field: '$.value'
      value: string
    }

    export function encode (obj: Partial<Response$headersEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Response$headersEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Response$headersEntry>): Response$headersEntry {
      return decodeMessage(buf, Response$headersEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Response$headersEntry>): Generator<Response$headersEntryKeyFieldEvent | Response$headersEntryValueFieldEvent> {
      return streamMessage(buf, Response$headersEntry.codec(), opts)
    }
  }

  let _codec: Codec<Response>

  export const codec = (): Codec<Response> => {
    if (_codec == null) {
      _codec = message<Response>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(16)
          w.uint32(obj.status)
        }

        if ((obj.codec != null && obj.codec !== 0)) {
          w.uint32(24)
          w.uint32(obj.codec)
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.body)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(42)
          w.string(obj.message)
        }

        if ((obj.retryable != null && obj.retryable !== false)) {
          w.uint32(48)
          w.bool(obj.retryable)
        }

        if (obj.headers != null && obj.headers.size > 0) {
          for (const [key, value] of obj.headers.entries()) {
            w.uint32(58)
            Response.Response$headersEntry.codec().encode({ key, value }, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          status: 0,
          codec: 0,
          body: uint8ArrayAlloc(0),
          message: '',
          retryable: false,
          headers: new Map<string, string>()
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              obj.status = reader.uint32()
              break
            }
            case 3: {
              obj.codec = reader.uint32()
              break
            }
            case 4: {
              obj.body = reader.bytes()
              break
            }
            case 5: {
              obj.message = reader.string()
              break
            }
            case 6: {
              obj.retryable = reader.bool()
              break
            }
            case 7: {
              if (opts.limits?.headers != null && obj.headers.size === opts.limits.headers) {
                throw new MaxSizeError('Decode error - map field "headers" had too many elements')
              }

              const entry = Response.Response$headersEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.headers$value
                }
              })
              obj.headers.set(entry.key, entry.value)
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          headers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.codec`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.retryable`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              if (opts.limits?.headers != null && obj.headers === opts.limits.headers) {
                throw new MaxLengthError('Decode error - map field "headers" had too many elements')
              }

              yield * Response.Response$headersEntry.codec().stream(reader, reader.uint32(), `${prefix}.headers{}`, {
                limits: {
                  value: opts.limits?.headers$value
                }
              })

              obj.headers++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ResponseIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface ResponseStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface ResponseCodecFieldEvent {
    field: '$.codec'
    value: number
  }

  export interface ResponseBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ResponseMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface ResponseRetryableFieldEvent {
    field: '$.retryable'
    value: boolean
  }

  export interface ResponseHeadersFieldEvent {
    field: '$.headers{}'
    key: string
    value: string
  }

  export function encode (obj: Partial<Response>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Response.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Response>): Response {
    return decodeMessage(buf, Response.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Response>): Generator<ResponseIdFieldEvent | ResponseStatusFieldEvent | ResponseCodecFieldEvent | ResponseBodyFieldEvent | ResponseMessageFieldEvent | ResponseRetryableFieldEvent | ResponseHeadersFieldEvent> {
    return streamMessage(buf, Response.codec(), opts)
  }
}

export interface Cancel {
  id: number
}

export namespace Cancel {
  let _codec: Codec<Cancel>

  export const codec = (): Codec<Cancel> => {
    if (_codec == null) {
      _codec = message<Cancel>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CancelIdFieldEvent {
    field: '$.id'
    value: number
  }

  export function encode (obj: Partial<Cancel>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Cancel.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cancel>): Cancel {
    return decodeMessage(buf, Cancel.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cancel>): Generator<CancelIdFieldEvent> {
    return streamMessage(buf, Cancel.codec(), opts)
  }
}

export interface GoAway {
  reason: string
}

export namespace GoAway {
  let _codec: Codec<GoAway>

  export const codec = (): Codec<GoAway> => {
    if (_codec == null) {
      _codec = message<GoAway>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(10)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface GoAwayReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export function encode (obj: Partial<GoAway>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, GoAway.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GoAway>): GoAway {
    return decodeMessage(buf, GoAway.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GoAway>): Generator<GoAwayReasonFieldEvent> {
    return streamMessage(buf, GoAway.codec(), opts)
  }
}

export interface Item {
  codec: number
  body: Uint8Array<ArrayBuffer>
}

export namespace Item {
  let _codec: Codec<Item>

  export const codec = (): Codec<Item> => {
    if (_codec == null) {
      _codec = message<Item>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.codec != null && obj.codec !== 0)) {
          w.uint32(8)
          w.uint32(obj.codec)
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.body)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          codec: 0,
          body: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.codec = reader.uint32()
              break
            }
            case 2: {
              obj.body = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.codec`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ItemCodecFieldEvent {
    field: '$.codec'
    value: number
  }

  export interface ItemBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Item>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Item.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Item>): Item {
    return decodeMessage(buf, Item.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Item>): Generator<ItemCodecFieldEvent | ItemBodyFieldEvent> {
    return streamMessage(buf, Item.codec(), opts)
  }
}

export interface Credit {
  bytes: number
}

export namespace Credit {
  let _codec: Codec<Credit>

  export const codec = (): Codec<Credit> => {
    if (_codec == null) {
      _codec = message<Credit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(8)
          w.uint32(obj.bytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          bytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.bytes = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CreditBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export function encode (obj: Partial<Credit>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Credit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Credit {
    return decodeMessage(buf, Credit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Generator<CreditBytesFieldEvent> {
    return streamMessage(buf, Credit.codec(), opts)
  }
}

export interface End {}

export namespace End {
  let _codec: Codec<End>

  export const codec = (): Codec<End> => {
    if (_codec == null) {
      _codec = message<End>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export function encode (obj: Partial<End>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, End.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<End>): End {
    return decodeMessage(buf, End.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<End>): Generator<{}> {
    return streamMessage(buf, End.codec(), opts)
  }
}
