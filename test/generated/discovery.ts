// @ts-nocheck generated from discovery.proto by npm run generate: do not edit
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface NodeRecord {
  id: string
  mesh: string
  service: string
  name: string
  incarnation: number
  seq: number
  state: NodeRecord.State
  roles: string[]
  weight: number
  load?: NodeRecord.Load
  methods: string[]
  channels: string[]
  metadata: Map<string, string>
  addresses: Uint8Array<ArrayBuffer>[]
  election?: NodeRecord.Leadership
}

export namespace NodeRecord {
  export enum State {
    UP = 'UP',
    DRAINING = 'DRAINING',
    AWAY = 'AWAY',
    LEFT = 'LEFT'
  }

  enum __StateValues {
    UP = 0,
    DRAINING = 1,
    AWAY = 2,
    LEFT = 3
  }

  export namespace State {
    export const codec = (): Codec<State> => {
      return enumeration<State>(__StateValues)
    }
  }

  export interface Load {
    links: number
    inflight: number
  }

  export namespace Load {
    let _codec: Codec<Load>

    export const codec = (): Codec<Load> => {
      if (_codec == null) {
        _codec = message<Load>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.links != null && obj.links !== 0)) {
            w.uint32(8)
            w.uint32(obj.links)
          }

          if ((obj.inflight != null && obj.inflight !== 0)) {
            w.uint32(16)
            w.uint32(obj.inflight)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            links: 0,
            inflight: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.links = reader.uint32()
                break
              }
              case 2: {
                obj.inflight = reader.uint32()
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
                  field: `${prefix}.links`,
                  value: reader.uint32()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.inflight`,
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

    export interface LoadLinksFieldEvent {
      field: '$.links'
      value: number
    }

    export interface LoadInflightFieldEvent {
      field: '$.inflight'
      value: number
    }

    export function encode (obj: Partial<Load>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Load.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Load>): Load {
      return decodeMessage(buf, Load.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Load>): Generator<LoadLinksFieldEvent | LoadInflightFieldEvent> {
      return streamMessage(buf, Load.codec(), opts)
    }
  }

  export interface Leadership {
    epoch: number
    term: number
    leader: string
    voters: string[]
    group: number
    kind: NodeRecord.Leadership.Kind
  }

  export namespace Leadership {
    export enum Kind {
      DEFAULT = 'DEFAULT',
      EXPECT = 'EXPECT',
      VOTERS = 'VOTERS',
      RECOVER = 'RECOVER'
    }

    enum __KindValues {
      DEFAULT = 0,
      EXPECT = 1,
      VOTERS = 2,
      RECOVER = 3
    }

    export namespace Kind {
      export const codec = (): Codec<Kind> => {
        return enumeration<Kind>(__KindValues)
      }
    }

    let _codec: Codec<Leadership>

    export const codec = (): Codec<Leadership> => {
      if (_codec == null) {
        _codec = message<Leadership>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.epoch != null && obj.epoch !== 0)) {
            w.uint32(8)
            w.uint64Number(obj.epoch)
          }

          if ((obj.term != null && obj.term !== 0)) {
            w.uint32(16)
            w.uint64Number(obj.term)
          }

          if ((obj.leader != null && obj.leader !== '')) {
            w.uint32(26)
            w.string(obj.leader)
          }

          if (obj.voters != null && obj.voters.length > 0) {
            for (const value of obj.voters) {
              w.uint32(34)
              w.string(value)
            }
          }

          if ((obj.group != null && obj.group !== 0)) {
            w.uint32(40)
            w.uint64Number(obj.group)
          }

          if (obj.kind != null && __KindValues[obj.kind] !== 0) {
            w.uint32(48)
            NodeRecord.Leadership.Kind.codec().encode(obj.kind, w)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            epoch: 0,
            term: 0,
            leader: '',
            voters: [],
            group: 0,
            kind: Kind.DEFAULT
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.epoch = reader.uint64Number()
                break
              }
              case 2: {
                obj.term = reader.uint64Number()
                break
              }
              case 3: {
                obj.leader = reader.string()
                break
              }
              case 4: {
                if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                  throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
                }

                obj.voters.push(reader.string())
                break
              }
              case 5: {
                obj.group = reader.uint64Number()
                break
              }
              case 6: {
                obj.kind = NodeRecord.Leadership.Kind.codec().decode(reader)
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
            voters: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.epoch`,
                  value: reader.uint64Number()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.term`,
                  value: reader.uint64Number()
                }
                break
              }
              case 3: {
                yield {
                  field: `${prefix}.leader`,
                  value: reader.string()
                }
                break
              }
              case 4: {
                if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                  throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
                }

                yield {
                  field: `${prefix}.voters[]`,
                  index: obj.voters,
                  value: reader.string()
                }

                obj.voters++

                break
              }
              case 5: {
                yield {
                  field: `${prefix}.group`,
                  value: reader.uint64Number()
                }
                break
              }
              case 6: {
                yield {
                  field: `${prefix}.kind`,
                  value: NodeRecord.Leadership.Kind.codec().decode(reader)
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

    export interface LeadershipEpochFieldEvent {
      field: '$.epoch'
      value: number
    }

    export interface LeadershipTermFieldEvent {
      field: '$.term'
      value: number
    }

    export interface LeadershipLeaderFieldEvent {
      field: '$.leader'
      value: string
    }

    export interface LeadershipVotersFieldEvent {
      field: '$.voters[]'
      index: number
      value: string
    }

    export interface LeadershipGroupFieldEvent {
      field: '$.group'
      value: number
    }

    export interface LeadershipKindFieldEvent {
      field: '$.kind'
      value: NodeRecord.Leadership.Kind
    }

    export function encode (obj: Partial<Leadership>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Leadership.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leadership>): Leadership {
      return decodeMessage(buf, Leadership.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leadership>): Generator<LeadershipEpochFieldEvent | LeadershipTermFieldEvent | LeadershipLeaderFieldEvent | LeadershipVotersFieldEvent | LeadershipGroupFieldEvent | LeadershipKindFieldEvent> {
      return streamMessage(buf, Leadership.codec(), opts)
    }
  }

  export interface NodeRecord$metadataEntry {
    key: string
    value: string
  }

  export namespace NodeRecord$metadataEntry {
    let _codec: Codec<NodeRecord$metadataEntry>

    export const codec = (): Codec<NodeRecord$metadataEntry> => {
      if (_codec == null) {
        _codec = message<NodeRecord$metadataEntry>((obj, w, opts = {}) => {
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

    export interface NodeRecord$metadataEntryKeyFieldEvent {
      field: '$.key'
      value: string
    }

    export interface NodeRecord$metadataEntryValueFieldEvent {
      field: '$.value'
      value: string
    }

    export function encode (obj: Partial<NodeRecord$metadataEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, NodeRecord$metadataEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord$metadataEntry>): NodeRecord$metadataEntry {
      return decodeMessage(buf, NodeRecord$metadataEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord$metadataEntry>): Generator<NodeRecord$metadataEntryKeyFieldEvent | NodeRecord$metadataEntryValueFieldEvent> {
      return streamMessage(buf, NodeRecord$metadataEntry.codec(), opts)
    }
  }

  let _codec: Codec<NodeRecord>

  export const codec = (): Codec<NodeRecord> => {
    if (_codec == null) {
      _codec = message<NodeRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.mesh != null && obj.mesh !== '')) {
          w.uint32(18)
          w.string(obj.mesh)
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(26)
          w.string(obj.service)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(34)
          w.string(obj.name)
        }

        if ((obj.incarnation != null && obj.incarnation !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.incarnation)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.seq)
        }

        if (obj.state != null && __StateValues[obj.state] !== 0) {
          w.uint32(56)
          NodeRecord.State.codec().encode(obj.state, w)
        }

        if (obj.roles != null && obj.roles.length > 0) {
          for (const value of obj.roles) {
            w.uint32(66)
            w.string(value)
          }
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(72)
          w.uint32(obj.weight)
        }

        if (obj.load != null) {
          w.uint32(82)
          NodeRecord.Load.codec().encode(obj.load, w)
        }

        if (obj.methods != null && obj.methods.length > 0) {
          for (const value of obj.methods) {
            w.uint32(90)
            w.string(value)
          }
        }

        if (obj.channels != null && obj.channels.length > 0) {
          for (const value of obj.channels) {
            w.uint32(98)
            w.string(value)
          }
        }

        if (obj.metadata != null && obj.metadata.size > 0) {
          for (const [key, value] of obj.metadata.entries()) {
            w.uint32(106)
            NodeRecord.NodeRecord$metadataEntry.codec().encode({ key, value }, w)
          }
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(114)
            w.bytes(value)
          }
        }

        if (obj.election != null) {
          w.uint32(122)
          NodeRecord.Leadership.codec().encode(obj.election, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          mesh: '',
          service: '',
          name: '',
          incarnation: 0,
          seq: 0,
          state: State.UP,
          roles: [],
          weight: 0,
          methods: [],
          channels: [],
          metadata: new Map<string, string>(),
          addresses: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.string()
              break
            }
            case 2: {
              obj.mesh = reader.string()
              break
            }
            case 3: {
              obj.service = reader.string()
              break
            }
            case 4: {
              obj.name = reader.string()
              break
            }
            case 5: {
              obj.incarnation = reader.uint64Number()
              break
            }
            case 6: {
              obj.seq = reader.uint64Number()
              break
            }
            case 7: {
              obj.state = NodeRecord.State.codec().decode(reader)
              break
            }
            case 8: {
              if (opts.limits?.roles != null && obj.roles.length === opts.limits.roles) {
                throw new MaxLengthError('Decode error - repeated field "roles" had too many elements')
              }

              obj.roles.push(reader.string())
              break
            }
            case 9: {
              obj.weight = reader.uint32()
              break
            }
            case 10: {
              obj.load = NodeRecord.Load.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.load
              })
              break
            }
            case 11: {
              if (opts.limits?.methods != null && obj.methods.length === opts.limits.methods) {
                throw new MaxLengthError('Decode error - repeated field "methods" had too many elements')
              }

              obj.methods.push(reader.string())
              break
            }
            case 12: {
              if (opts.limits?.channels != null && obj.channels.length === opts.limits.channels) {
                throw new MaxLengthError('Decode error - repeated field "channels" had too many elements')
              }

              obj.channels.push(reader.string())
              break
            }
            case 13: {
              if (opts.limits?.metadata != null && obj.metadata.size === opts.limits.metadata) {
                throw new MaxSizeError('Decode error - map field "metadata" had too many elements')
              }

              const entry = NodeRecord.NodeRecord$metadataEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.metadata$value
                }
              })
              obj.metadata.set(entry.key, entry.value)
              break
            }
            case 14: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.bytes())
              break
            }
            case 15: {
              obj.election = NodeRecord.Leadership.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.election
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
        const obj = {
          roles: 0,
          methods: 0,
          channels: 0,
          metadata: 0,
          addresses: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.mesh`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.state`,
                value: NodeRecord.State.codec().decode(reader)
              }
              break
            }
            case 8: {
              if (opts.limits?.roles != null && obj.roles === opts.limits.roles) {
                throw new MaxLengthError('Streaming decode error - repeated field "roles" had too many elements')
              }

              yield {
                field: `${prefix}.roles[]`,
                index: obj.roles,
                value: reader.string()
              }

              obj.roles++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.weight`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield * NodeRecord.Load.codec().stream(reader, reader.uint32(), `${prefix}.load`, {
                limits: opts.limits?.load
              })

              break
            }
            case 11: {
              if (opts.limits?.methods != null && obj.methods === opts.limits.methods) {
                throw new MaxLengthError('Streaming decode error - repeated field "methods" had too many elements')
              }

              yield {
                field: `${prefix}.methods[]`,
                index: obj.methods,
                value: reader.string()
              }

              obj.methods++

              break
            }
            case 12: {
              if (opts.limits?.channels != null && obj.channels === opts.limits.channels) {
                throw new MaxLengthError('Streaming decode error - repeated field "channels" had too many elements')
              }

              yield {
                field: `${prefix}.channels[]`,
                index: obj.channels,
                value: reader.string()
              }

              obj.channels++

              break
            }
            case 13: {
              if (opts.limits?.metadata != null && obj.metadata === opts.limits.metadata) {
                throw new MaxLengthError('Decode error - map field "metadata" had too many elements')
              }

              yield * NodeRecord.NodeRecord$metadataEntry.codec().stream(reader, reader.uint32(), `${prefix}.metadata{}`, {
                limits: {
                  value: opts.limits?.metadata$value
                }
              })

              obj.metadata++

              break
            }
            case 14: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.bytes()
              }

              obj.addresses++

              break
            }
            case 15: {
              yield * NodeRecord.Leadership.codec().stream(reader, reader.uint32(), `${prefix}.election`, {
                limits: opts.limits?.election
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

  export interface NodeRecordIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface NodeRecordMeshFieldEvent {
    field: '$.mesh'
    value: string
  }

  export interface NodeRecordServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface NodeRecordNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface NodeRecordIncarnationFieldEvent {
    field: '$.incarnation'
    value: number
  }

  export interface NodeRecordSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface NodeRecordStateFieldEvent {
    field: '$.state'
    value: NodeRecord.State
  }

  export interface NodeRecordRolesFieldEvent {
    field: '$.roles[]'
    index: number
    value: string
  }

  export interface NodeRecordWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface NodeRecordLoadLinksFieldEvent {
    field: '$.load.links'
    value: number
  }

  export interface NodeRecordLoadInflightFieldEvent {
    field: '$.load.inflight'
    value: number
  }

  export interface NodeRecordMethodsFieldEvent {
    field: '$.methods[]'
    index: number
    value: string
  }

  export interface NodeRecordChannelsFieldEvent {
    field: '$.channels[]'
    index: number
    value: string
  }

  export interface NodeRecordMetadataFieldEvent {
    field: '$.metadata{}'
    key: string
    value: string
  }

  export interface NodeRecordAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface NodeRecordElectionEpochFieldEvent {
    field: '$.election.epoch'
    value: number
  }

  export interface NodeRecordElectionTermFieldEvent {
    field: '$.election.term'
    value: number
  }

  export interface NodeRecordElectionLeaderFieldEvent {
    field: '$.election.leader'
    value: string
  }

  export interface NodeRecordElectionVotersFieldEvent {
    field: '$.election.voters[]'
    index: number
    value: string
  }

  export interface NodeRecordElectionGroupFieldEvent {
    field: '$.election.group'
    value: number
  }

  export interface NodeRecordElectionKindFieldEvent {
    field: '$.election.kind'
    value: NodeRecord.Leadership.Kind
  }

  export function encode (obj: Partial<NodeRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, NodeRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord>): NodeRecord {
    return decodeMessage(buf, NodeRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord>): Generator<NodeRecordIdFieldEvent | NodeRecordMeshFieldEvent | NodeRecordServiceFieldEvent | NodeRecordNameFieldEvent | NodeRecordIncarnationFieldEvent | NodeRecordSeqFieldEvent | NodeRecordStateFieldEvent | NodeRecordRolesFieldEvent | NodeRecordWeightFieldEvent | NodeRecordLoadLinksFieldEvent | NodeRecordLoadInflightFieldEvent | NodeRecordMethodsFieldEvent | NodeRecordChannelsFieldEvent | NodeRecordMetadataFieldEvent | NodeRecordAddressesFieldEvent | NodeRecordElectionEpochFieldEvent | NodeRecordElectionTermFieldEvent | NodeRecordElectionLeaderFieldEvent | NodeRecordElectionVotersFieldEvent | NodeRecordElectionGroupFieldEvent | NodeRecordElectionKindFieldEvent> {
    return streamMessage(buf, NodeRecord.codec(), opts)
  }
}

export interface SignedRecord {
  record: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
  publicKey: Uint8Array<ArrayBuffer>
}

export namespace SignedRecord {
  let _codec: Codec<SignedRecord>

  export const codec = (): Codec<SignedRecord> => {
    if (_codec == null) {
      _codec = message<SignedRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if ((obj.publicKey != null && obj.publicKey.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.publicKey)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          publicKey: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            case 3: {
              obj.publicKey = reader.bytes()
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
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.publicKey`,
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

  export interface SignedRecordRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedRecordSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedRecordPublicKeyFieldEvent {
    field: '$.publicKey'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedRecord>): SignedRecord {
    return decodeMessage(buf, SignedRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedRecord>): Generator<SignedRecordRecordFieldEvent | SignedRecordSignatureFieldEvent | SignedRecordPublicKeyFieldEvent> {
    return streamMessage(buf, SignedRecord.codec(), opts)
  }
}

export interface DiscoveryFrame {
  hello?: Hello
  records?: Records
  probe?: Probe
  ack?: Ack
  probeRequest?: ProbeRequest
  suspicion?: Suspicion
  fetch?: Fetch
  conflict?: Conflict
}

export namespace DiscoveryFrame {
  let _codec: Codec<DiscoveryFrame>

  export const codec = (): Codec<DiscoveryFrame> => {
    if (_codec == null) {
      _codec = message<DiscoveryFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hello != null) {
          w.uint32(10)
          Hello.codec().encode(obj.hello, w)
        }

        if (obj.records != null) {
          w.uint32(18)
          Records.codec().encode(obj.records, w)
        }

        if (obj.probe != null) {
          w.uint32(26)
          Probe.codec().encode(obj.probe, w)
        }

        if (obj.ack != null) {
          w.uint32(34)
          Ack.codec().encode(obj.ack, w)
        }

        if (obj.probeRequest != null) {
          w.uint32(42)
          ProbeRequest.codec().encode(obj.probeRequest, w)
        }

        if (obj.suspicion != null) {
          w.uint32(50)
          Suspicion.codec().encode(obj.suspicion, w)
        }

        if (obj.fetch != null) {
          w.uint32(58)
          Fetch.codec().encode(obj.fetch, w)
        }

        if (obj.conflict != null) {
          w.uint32(66)
          Conflict.codec().encode(obj.conflict, w)
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
              obj.hello = Hello.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hello
              })
              break
            }
            case 2: {
              obj.records = Records.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.records
              })
              break
            }
            case 3: {
              obj.probe = Probe.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.probe
              })
              break
            }
            case 4: {
              obj.ack = Ack.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ack
              })
              break
            }
            case 5: {
              obj.probeRequest = ProbeRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.probeRequest
              })
              break
            }
            case 6: {
              obj.suspicion = Suspicion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.suspicion
              })
              break
            }
            case 7: {
              obj.fetch = Fetch.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.fetch
              })
              break
            }
            case 8: {
              obj.conflict = Conflict.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.conflict
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
              yield * Hello.codec().stream(reader, reader.uint32(), `${prefix}.hello`, {
                limits: opts.limits?.hello
              })

              break
            }
            case 2: {
              yield * Records.codec().stream(reader, reader.uint32(), `${prefix}.records`, {
                limits: opts.limits?.records
              })

              break
            }
            case 3: {
              yield * Probe.codec().stream(reader, reader.uint32(), `${prefix}.probe`, {
                limits: opts.limits?.probe
              })

              break
            }
            case 4: {
              yield * Ack.codec().stream(reader, reader.uint32(), `${prefix}.ack`, {
                limits: opts.limits?.ack
              })

              break
            }
            case 5: {
              yield * ProbeRequest.codec().stream(reader, reader.uint32(), `${prefix}.probeRequest`, {
                limits: opts.limits?.probeRequest
              })

              break
            }
            case 6: {
              yield * Suspicion.codec().stream(reader, reader.uint32(), `${prefix}.suspicion`, {
                limits: opts.limits?.suspicion
              })

              break
            }
            case 7: {
              yield * Fetch.codec().stream(reader, reader.uint32(), `${prefix}.fetch`, {
                limits: opts.limits?.fetch
              })

              break
            }
            case 8: {
              yield * Conflict.codec().stream(reader, reader.uint32(), `${prefix}.conflict`, {
                limits: opts.limits?.conflict
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

  export interface DiscoveryFrameHelloSelfRecordFieldEvent {
    field: '$.hello.self.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameHelloSelfSignatureFieldEvent {
    field: '$.hello.self.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameHelloSelfPublicKeyFieldEvent {
    field: '$.hello.self.publicKey'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameHelloBootNonceFieldEvent {
    field: '$.hello.bootNonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameHelloDigestIdFieldEvent {
    field: '$.hello.digest[].id'
    value: string
    index: number
  }

  export interface DiscoveryFrameHelloDigestIncarnationFieldEvent {
    field: '$.hello.digest[].incarnation'
    value: number
    index: number
  }

  export interface DiscoveryFrameHelloDigestSeqFieldEvent {
    field: '$.hello.digest[].seq'
    value: number
    index: number
  }

  export interface DiscoveryFrameHelloReplyFieldEvent {
    field: '$.hello.reply'
    value: boolean
  }

  export interface DiscoveryFrameRecordsRecordsRecordFieldEvent {
    field: '$.records.records[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DiscoveryFrameRecordsRecordsSignatureFieldEvent {
    field: '$.records.records[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DiscoveryFrameRecordsRecordsPublicKeyFieldEvent {
    field: '$.records.records[].publicKey'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DiscoveryFrameProbeNonceFieldEvent {
    field: '$.probe.nonce'
    value: number
  }

  export interface DiscoveryFrameAckNonceFieldEvent {
    field: '$.ack.nonce'
    value: number
  }

  export interface DiscoveryFrameProbeRequestNonceFieldEvent {
    field: '$.probeRequest.nonce'
    value: number
  }

  export interface DiscoveryFrameProbeRequestTargetFieldEvent {
    field: '$.probeRequest.target'
    value: string
  }

  export interface DiscoveryFrameSuspicionIdFieldEvent {
    field: '$.suspicion.id'
    value: string
  }

  export interface DiscoveryFrameSuspicionIncarnationFieldEvent {
    field: '$.suspicion.incarnation'
    value: number
  }

  export interface DiscoveryFrameSuspicionSeqFieldEvent {
    field: '$.suspicion.seq'
    value: number
  }

  export interface DiscoveryFrameSuspicionRefusedFieldEvent {
    field: '$.suspicion.refused'
    value: boolean
  }

  export interface DiscoveryFrameSuspicionGoneFieldEvent {
    field: '$.suspicion.gone'
    value: boolean
  }

  export interface DiscoveryFrameFetchIdsFieldEvent {
    field: '$.fetch.ids[]'
    index: number
    value: string
  }

  export interface DiscoveryFrameConflictChallengeFieldEvent {
    field: '$.conflict.challenge'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameConflictBootNonceFieldEvent {
    field: '$.conflict.bootNonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DiscoveryFrameConflictSignatureFieldEvent {
    field: '$.conflict.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DiscoveryFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DiscoveryFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DiscoveryFrame>): DiscoveryFrame {
    return decodeMessage(buf, DiscoveryFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DiscoveryFrame>): Generator<DiscoveryFrameHelloSelfRecordFieldEvent | DiscoveryFrameHelloSelfSignatureFieldEvent | DiscoveryFrameHelloSelfPublicKeyFieldEvent | DiscoveryFrameHelloBootNonceFieldEvent | DiscoveryFrameHelloDigestIdFieldEvent | DiscoveryFrameHelloDigestIncarnationFieldEvent | DiscoveryFrameHelloDigestSeqFieldEvent | DiscoveryFrameHelloReplyFieldEvent | DiscoveryFrameRecordsRecordsRecordFieldEvent | DiscoveryFrameRecordsRecordsSignatureFieldEvent | DiscoveryFrameRecordsRecordsPublicKeyFieldEvent | DiscoveryFrameProbeNonceFieldEvent | DiscoveryFrameAckNonceFieldEvent | DiscoveryFrameProbeRequestNonceFieldEvent | DiscoveryFrameProbeRequestTargetFieldEvent | DiscoveryFrameSuspicionIdFieldEvent | DiscoveryFrameSuspicionIncarnationFieldEvent | DiscoveryFrameSuspicionSeqFieldEvent | DiscoveryFrameSuspicionRefusedFieldEvent | DiscoveryFrameSuspicionGoneFieldEvent | DiscoveryFrameFetchIdsFieldEvent | DiscoveryFrameConflictChallengeFieldEvent | DiscoveryFrameConflictBootNonceFieldEvent | DiscoveryFrameConflictSignatureFieldEvent> {
    return streamMessage(buf, DiscoveryFrame.codec(), opts)
  }
}

export interface Hello {
  self?: SignedRecord
  bootNonce: Uint8Array<ArrayBuffer>
  digest: Known[]
  reply: boolean
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.self != null) {
          w.uint32(10)
          SignedRecord.codec().encode(obj.self, w)
        }

        if ((obj.bootNonce != null && obj.bootNonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.bootNonce)
        }

        if (obj.digest != null && obj.digest.length > 0) {
          for (const value of obj.digest) {
            w.uint32(26)
            Known.codec().encode(value, w)
          }
        }

        if ((obj.reply != null && obj.reply !== false)) {
          w.uint32(32)
          w.bool(obj.reply)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          bootNonce: uint8ArrayAlloc(0),
          digest: [],
          reply: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.self = SignedRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.self
              })
              break
            }
            case 2: {
              obj.bootNonce = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.digest != null && obj.digest.length === opts.limits.digest) {
                throw new MaxLengthError('Decode error - repeated field "digest" had too many elements')
              }

              obj.digest.push(Known.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.digest$
              }))
              break
            }
            case 4: {
              obj.reply = reader.bool()
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
          digest: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * SignedRecord.codec().stream(reader, reader.uint32(), `${prefix}.self`, {
                limits: opts.limits?.self
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.bootNonce`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.digest != null && obj.digest === opts.limits.digest) {
                throw new MaxLengthError('Streaming decode error - repeated field "digest" had too many elements')
              }

              for (const evt of Known.codec().stream(reader, reader.uint32(), `${prefix}.digest[]`, {
                limits: opts.limits?.digest$
              })) {
                yield {
                  ...evt,
                  index: obj.digest
                }
              }

              obj.digest++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.reply`,
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

  export interface HelloSelfRecordFieldEvent {
    field: '$.self.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloSelfSignatureFieldEvent {
    field: '$.self.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloSelfPublicKeyFieldEvent {
    field: '$.self.publicKey'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloBootNonceFieldEvent {
    field: '$.bootNonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloDigestIdFieldEvent {
    field: '$.digest[].id'
    value: string
    index: number
  }

  export interface HelloDigestIncarnationFieldEvent {
    field: '$.digest[].incarnation'
    value: number
    index: number
  }

  export interface HelloDigestSeqFieldEvent {
    field: '$.digest[].seq'
    value: number
    index: number
  }

  export interface HelloReplyFieldEvent {
    field: '$.reply'
    value: boolean
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloSelfRecordFieldEvent | HelloSelfSignatureFieldEvent | HelloSelfPublicKeyFieldEvent | HelloBootNonceFieldEvent | HelloDigestIdFieldEvent | HelloDigestIncarnationFieldEvent | HelloDigestSeqFieldEvent | HelloReplyFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface Known {
  id: string
  incarnation: number
  seq: number
}

export namespace Known {
  let _codec: Codec<Known>

  export const codec = (): Codec<Known> => {
    if (_codec == null) {
      _codec = message<Known>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.incarnation != null && obj.incarnation !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.incarnation)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.seq)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          incarnation: 0,
          seq: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.string()
              break
            }
            case 2: {
              obj.incarnation = reader.uint64Number()
              break
            }
            case 3: {
              obj.seq = reader.uint64Number()
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
                field: `${prefix}.seq`,
                value: reader.uint64Number()
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

  export interface KnownIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface KnownIncarnationFieldEvent {
    field: '$.incarnation'
    value: number
  }

  export interface KnownSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export function encode (obj: Partial<Known>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Known.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Known>): Known {
    return decodeMessage(buf, Known.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Known>): Generator<KnownIdFieldEvent | KnownIncarnationFieldEvent | KnownSeqFieldEvent> {
    return streamMessage(buf, Known.codec(), opts)
  }
}

export interface Records {
  records: SignedRecord[]
}

export namespace Records {
  let _codec: Codec<Records>

  export const codec = (): Codec<Records> => {
    if (_codec == null) {
      _codec = message<Records>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.records != null && obj.records.length > 0) {
          for (const value of obj.records) {
            w.uint32(10)
            SignedRecord.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          records: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.records != null && obj.records.length === opts.limits.records) {
                throw new MaxLengthError('Decode error - repeated field "records" had too many elements')
              }

              obj.records.push(SignedRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.records$
              }))
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
          records: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.records != null && obj.records === opts.limits.records) {
                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements')
              }

              for (const evt of SignedRecord.codec().stream(reader, reader.uint32(), `${prefix}.records[]`, {
                limits: opts.limits?.records$
              })) {
                yield {
                  ...evt,
                  index: obj.records
                }
              }

              obj.records++

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

  export interface RecordsRecordsRecordFieldEvent {
    field: '$.records[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RecordsRecordsSignatureFieldEvent {
    field: '$.records[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RecordsRecordsPublicKeyFieldEvent {
    field: '$.records[].publicKey'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<Records>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Records.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Records>): Records {
    return decodeMessage(buf, Records.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Records>): Generator<RecordsRecordsRecordFieldEvent | RecordsRecordsSignatureFieldEvent | RecordsRecordsPublicKeyFieldEvent> {
    return streamMessage(buf, Records.codec(), opts)
  }
}

export interface Fetch {
  ids: string[]
}

export namespace Fetch {
  let _codec: Codec<Fetch>

  export const codec = (): Codec<Fetch> => {
    if (_codec == null) {
      _codec = message<Fetch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.ids != null && obj.ids.length > 0) {
          for (const value of obj.ids) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ids: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ids != null && obj.ids.length === opts.limits.ids) {
                throw new MaxLengthError('Decode error - repeated field "ids" had too many elements')
              }

              obj.ids.push(reader.string())
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
          ids: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ids != null && obj.ids === opts.limits.ids) {
                throw new MaxLengthError('Streaming decode error - repeated field "ids" had too many elements')
              }

              yield {
                field: `${prefix}.ids[]`,
                index: obj.ids,
                value: reader.string()
              }

              obj.ids++

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

  export interface FetchIdsFieldEvent {
    field: '$.ids[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Fetch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Fetch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Fetch {
    return decodeMessage(buf, Fetch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Generator<FetchIdsFieldEvent> {
    return streamMessage(buf, Fetch.codec(), opts)
  }
}

export interface Conflict {
  challenge: Uint8Array<ArrayBuffer>
  bootNonce: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

export namespace Conflict {
  let _codec: Codec<Conflict>

  export const codec = (): Codec<Conflict> => {
    if (_codec == null) {
      _codec = message<Conflict>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.challenge != null && obj.challenge.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.challenge)
        }

        if ((obj.bootNonce != null && obj.bootNonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.bootNonce)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          challenge: uint8ArrayAlloc(0),
          bootNonce: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.challenge = reader.bytes()
              break
            }
            case 2: {
              obj.bootNonce = reader.bytes()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
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
                field: `${prefix}.challenge`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.bootNonce`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
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

  export interface ConflictChallengeFieldEvent {
    field: '$.challenge'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ConflictBootNonceFieldEvent {
    field: '$.bootNonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ConflictSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Conflict>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Conflict.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Conflict>): Conflict {
    return decodeMessage(buf, Conflict.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Conflict>): Generator<ConflictChallengeFieldEvent | ConflictBootNonceFieldEvent | ConflictSignatureFieldEvent> {
    return streamMessage(buf, Conflict.codec(), opts)
  }
}

export interface Probe {
  nonce: number
}

export namespace Probe {
  let _codec: Codec<Probe>

  export const codec = (): Codec<Probe> => {
    if (_codec == null) {
      _codec = message<Probe>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
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
                field: `${prefix}.nonce`,
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

  export interface ProbeNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export function encode (obj: Partial<Probe>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Probe.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Probe>): Probe {
    return decodeMessage(buf, Probe.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Probe>): Generator<ProbeNonceFieldEvent> {
    return streamMessage(buf, Probe.codec(), opts)
  }
}

export interface Ack {
  nonce: number
}

export namespace Ack {
  let _codec: Codec<Ack>

  export const codec = (): Codec<Ack> => {
    if (_codec == null) {
      _codec = message<Ack>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
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
                field: `${prefix}.nonce`,
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

  export interface AckNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export function encode (obj: Partial<Ack>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ack.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Ack {
    return decodeMessage(buf, Ack.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Generator<AckNonceFieldEvent> {
    return streamMessage(buf, Ack.codec(), opts)
  }
}

export interface ProbeRequest {
  nonce: number
  target: string
}

export namespace ProbeRequest {
  let _codec: Codec<ProbeRequest>

  export const codec = (): Codec<ProbeRequest> => {
    if (_codec == null) {
      _codec = message<ProbeRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if ((obj.target != null && obj.target !== '')) {
          w.uint32(18)
          w.string(obj.target)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0,
          target: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
              break
            }
            case 2: {
              obj.target = reader.string()
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
                field: `${prefix}.nonce`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.target`,
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

  export interface ProbeRequestNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface ProbeRequestTargetFieldEvent {
    field: '$.target'
    value: string
  }

  export function encode (obj: Partial<ProbeRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ProbeRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ProbeRequest>): ProbeRequest {
    return decodeMessage(buf, ProbeRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ProbeRequest>): Generator<ProbeRequestNonceFieldEvent | ProbeRequestTargetFieldEvent> {
    return streamMessage(buf, ProbeRequest.codec(), opts)
  }
}

export interface Suspicion {
  id: string
  incarnation: number
  seq: number
  refused: boolean
  gone: boolean
}

export namespace Suspicion {
  let _codec: Codec<Suspicion>

  export const codec = (): Codec<Suspicion> => {
    if (_codec == null) {
      _codec = message<Suspicion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.incarnation != null && obj.incarnation !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.incarnation)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.seq)
        }

        if ((obj.refused != null && obj.refused !== false)) {
          w.uint32(32)
          w.bool(obj.refused)
        }

        if ((obj.gone != null && obj.gone !== false)) {
          w.uint32(40)
          w.bool(obj.gone)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          incarnation: 0,
          seq: 0,
          refused: false,
          gone: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.string()
              break
            }
            case 2: {
              obj.incarnation = reader.uint64Number()
              break
            }
            case 3: {
              obj.seq = reader.uint64Number()
              break
            }
            case 4: {
              obj.refused = reader.bool()
              break
            }
            case 5: {
              obj.gone = reader.bool()
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
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.refused`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.gone`,
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

  export interface SuspicionIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface SuspicionIncarnationFieldEvent {
    field: '$.incarnation'
    value: number
  }

  export interface SuspicionSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface SuspicionRefusedFieldEvent {
    field: '$.refused'
    value: boolean
  }

  export interface SuspicionGoneFieldEvent {
    field: '$.gone'
    value: boolean
  }

  export function encode (obj: Partial<Suspicion>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Suspicion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Suspicion>): Suspicion {
    return decodeMessage(buf, Suspicion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Suspicion>): Generator<SuspicionIdFieldEvent | SuspicionIncarnationFieldEvent | SuspicionSeqFieldEvent | SuspicionRefusedFieldEvent | SuspicionGoneFieldEvent> {
    return streamMessage(buf, Suspicion.codec(), opts)
  }
}
