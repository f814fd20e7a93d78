// @ts-nocheck generated from links.proto by npm run generate: do not edit
import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Claim {
  parent: string
  epoch: number
  term: number
  index: number
  provisional: boolean
}

export namespace Claim {
  let _codec: Codec<Claim>

  export const codec = (): Codec<Claim> => {
    if (_codec == null) {
      _codec = message<Claim>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.parent != null && obj.parent !== '')) {
          w.uint32(10)
          w.string(obj.parent)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.term)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.index)
        }

        if ((obj.provisional != null && obj.provisional !== false)) {
          w.uint32(40)
          w.bool(obj.provisional)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          parent: '',
          epoch: 0,
          term: 0,
          index: 0,
          provisional: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.parent = reader.string()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.term = reader.uint64Number()
              break
            }
            case 4: {
              obj.index = reader.uint64Number()
              break
            }
            case 5: {
              obj.provisional = reader.bool()
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
                field: `${prefix}.parent`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.provisional`,
                value: reader.bool()
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

  export interface ClaimParentFieldEvent {
    field: '$.parent'
    value: string
  }

  export interface ClaimEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface ClaimTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ClaimIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface ClaimProvisionalFieldEvent {
    field: '$.provisional'
    value: boolean
  }

  export function encode (obj: Partial<Claim>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Claim.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claim>): Claim {
    return decodeMessage(buf, Claim.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claim>): Generator<ClaimParentFieldEvent | ClaimEpochFieldEvent | ClaimTermFieldEvent | ClaimIndexFieldEvent | ClaimProvisionalFieldEvent> {
    return streamMessage(buf, Claim.codec(), opts)
  }
}

export interface Place {
  node: string
  incarnation: number
  maker: Uint8Array<ArrayBuffer>
}

export namespace Place {
  let _codec: Codec<Place>

  export const codec = (): Codec<Place> => {
    if (_codec == null) {
      _codec = message<Place>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.node != null && obj.node !== '')) {
          w.uint32(10)
          w.string(obj.node)
        }

        if ((obj.incarnation != null && obj.incarnation !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.incarnation)
        }

        if ((obj.maker != null && obj.maker.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.maker)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          node: '',
          incarnation: 0,
          maker: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.node = reader.string()
              break
            }
            case 2: {
              obj.incarnation = reader.uint64Number()
              break
            }
            case 3: {
              obj.maker = reader.bytes()
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
                field: `${prefix}.node`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.maker`,
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

  export interface PlaceNodeFieldEvent {
    field: '$.node'
    value: string
  }

  export interface PlaceIncarnationFieldEvent {
    field: '$.incarnation'
    value: number
  }

  export interface PlaceMakerFieldEvent {
    field: '$.maker'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Place>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Place.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Place>): Place {
    return decodeMessage(buf, Place.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Place>): Generator<PlaceNodeFieldEvent | PlaceIncarnationFieldEvent | PlaceMakerFieldEvent> {
    return streamMessage(buf, Place.codec(), opts)
  }
}
