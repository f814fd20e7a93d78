// @ts-nocheck generated from election.proto by npm run generate: do not edit
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface ElectionFrame {
  service: string
  group: number
  epoch: number
  term: number
  incarnation: Uint8Array<ArrayBuffer>
  hello?: Hello
  prevote?: VoteRequest
  vote?: VoteRequest
  prevoteResponse?: VoteResponse
  voteResponse?: VoteResponse
  heartbeat?: Heartbeat
  heartbeatResponse?: HeartbeatResponse
  config?: ConfigMessage
  configResponse?: ConfigResponse
  read?: ReadRequest
  table?: ReadResponse
  append?: Append
  appendResponse?: AppendResponse
  timeoutNow?: TimeoutNow
  bye?: Bye
  propose?: Propose
  pledge?: Pledge
  yield?: Yield
  lineage?: Lineage
}

export namespace ElectionFrame {
  let _codec: Codec<ElectionFrame>

  export const codec = (): Codec<ElectionFrame> => {
    if (_codec == null) {
      _codec = message<ElectionFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(10)
          w.string(obj.service)
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.group)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.epoch)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.term)
        }

        if ((obj.incarnation != null && obj.incarnation.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.incarnation)
        }

        if (obj.hello != null) {
          w.uint32(82)
          Hello.codec().encode(obj.hello, w)
        }

        if (obj.prevote != null) {
          w.uint32(90)
          VoteRequest.codec().encode(obj.prevote, w)
        }

        if (obj.vote != null) {
          w.uint32(98)
          VoteRequest.codec().encode(obj.vote, w)
        }

        if (obj.prevoteResponse != null) {
          w.uint32(106)
          VoteResponse.codec().encode(obj.prevoteResponse, w)
        }

        if (obj.voteResponse != null) {
          w.uint32(114)
          VoteResponse.codec().encode(obj.voteResponse, w)
        }

        if (obj.heartbeat != null) {
          w.uint32(122)
          Heartbeat.codec().encode(obj.heartbeat, w)
        }

        if (obj.heartbeatResponse != null) {
          w.uint32(130)
          HeartbeatResponse.codec().encode(obj.heartbeatResponse, w)
        }

        if (obj.config != null) {
          w.uint32(138)
          ConfigMessage.codec().encode(obj.config, w)
        }

        if (obj.configResponse != null) {
          w.uint32(146)
          ConfigResponse.codec().encode(obj.configResponse, w)
        }

        if (obj.read != null) {
          w.uint32(154)
          ReadRequest.codec().encode(obj.read, w)
        }

        if (obj.table != null) {
          w.uint32(162)
          ReadResponse.codec().encode(obj.table, w)
        }

        if (obj.append != null) {
          w.uint32(170)
          Append.codec().encode(obj.append, w)
        }

        if (obj.appendResponse != null) {
          w.uint32(178)
          AppendResponse.codec().encode(obj.appendResponse, w)
        }

        if (obj.timeoutNow != null) {
          w.uint32(186)
          TimeoutNow.codec().encode(obj.timeoutNow, w)
        }

        if (obj.bye != null) {
          w.uint32(194)
          Bye.codec().encode(obj.bye, w)
        }

        if (obj.propose != null) {
          w.uint32(202)
          Propose.codec().encode(obj.propose, w)
        }

        if (obj.pledge != null) {
          w.uint32(210)
          Pledge.codec().encode(obj.pledge, w)
        }

        if (obj.yield != null) {
          w.uint32(218)
          Yield.codec().encode(obj.yield, w)
        }

        if (obj.lineage != null) {
          w.uint32(226)
          Lineage.codec().encode(obj.lineage, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          service: '',
          group: 0,
          epoch: 0,
          term: 0,
          incarnation: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.service = reader.string()
              break
            }
            case 2: {
              obj.group = reader.uint64Number()
              break
            }
            case 3: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 4: {
              obj.term = reader.uint64Number()
              break
            }
            case 5: {
              obj.incarnation = reader.bytes()
              break
            }
            case 10: {
              obj.hello = Hello.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hello
              })
              break
            }
            case 11: {
              obj.prevote = VoteRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prevote
              })
              break
            }
            case 12: {
              obj.vote = VoteRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.vote
              })
              break
            }
            case 13: {
              obj.prevoteResponse = VoteResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prevoteResponse
              })
              break
            }
            case 14: {
              obj.voteResponse = VoteResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.voteResponse
              })
              break
            }
            case 15: {
              obj.heartbeat = Heartbeat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heartbeat
              })
              break
            }
            case 16: {
              obj.heartbeatResponse = HeartbeatResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heartbeatResponse
              })
              break
            }
            case 17: {
              obj.config = ConfigMessage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 18: {
              obj.configResponse = ConfigResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.configResponse
              })
              break
            }
            case 19: {
              obj.read = ReadRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.read
              })
              break
            }
            case 20: {
              obj.table = ReadResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.table
              })
              break
            }
            case 21: {
              obj.append = Append.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.append
              })
              break
            }
            case 22: {
              obj.appendResponse = AppendResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.appendResponse
              })
              break
            }
            case 23: {
              obj.timeoutNow = TimeoutNow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.timeoutNow
              })
              break
            }
            case 24: {
              obj.bye = Bye.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.bye
              })
              break
            }
            case 25: {
              obj.propose = Propose.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.propose
              })
              break
            }
            case 26: {
              obj.pledge = Pledge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.pledge
              })
              break
            }
            case 27: {
              obj.yield = Yield.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.yield
              })
              break
            }
            case 28: {
              obj.lineage = Lineage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lineage
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
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.group`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield * Hello.codec().stream(reader, reader.uint32(), `${prefix}.hello`, {
                limits: opts.limits?.hello
              })

              break
            }
            case 11: {
              yield * VoteRequest.codec().stream(reader, reader.uint32(), `${prefix}.prevote`, {
                limits: opts.limits?.prevote
              })

              break
            }
            case 12: {
              yield * VoteRequest.codec().stream(reader, reader.uint32(), `${prefix}.vote`, {
                limits: opts.limits?.vote
              })

              break
            }
            case 13: {
              yield * VoteResponse.codec().stream(reader, reader.uint32(), `${prefix}.prevoteResponse`, {
                limits: opts.limits?.prevoteResponse
              })

              break
            }
            case 14: {
              yield * VoteResponse.codec().stream(reader, reader.uint32(), `${prefix}.voteResponse`, {
                limits: opts.limits?.voteResponse
              })

              break
            }
            case 15: {
              yield * Heartbeat.codec().stream(reader, reader.uint32(), `${prefix}.heartbeat`, {
                limits: opts.limits?.heartbeat
              })

              break
            }
            case 16: {
              yield * HeartbeatResponse.codec().stream(reader, reader.uint32(), `${prefix}.heartbeatResponse`, {
                limits: opts.limits?.heartbeatResponse
              })

              break
            }
            case 17: {
              yield * ConfigMessage.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 18: {
              yield * ConfigResponse.codec().stream(reader, reader.uint32(), `${prefix}.configResponse`, {
                limits: opts.limits?.configResponse
              })

              break
            }
            case 19: {
              yield * ReadRequest.codec().stream(reader, reader.uint32(), `${prefix}.read`, {
                limits: opts.limits?.read
              })

              break
            }
            case 20: {
              yield * ReadResponse.codec().stream(reader, reader.uint32(), `${prefix}.table`, {
                limits: opts.limits?.table
              })

              break
            }
            case 21: {
              yield * Append.codec().stream(reader, reader.uint32(), `${prefix}.append`, {
                limits: opts.limits?.append
              })

              break
            }
            case 22: {
              yield * AppendResponse.codec().stream(reader, reader.uint32(), `${prefix}.appendResponse`, {
                limits: opts.limits?.appendResponse
              })

              break
            }
            case 23: {
              yield * TimeoutNow.codec().stream(reader, reader.uint32(), `${prefix}.timeoutNow`, {
                limits: opts.limits?.timeoutNow
              })

              break
            }
            case 24: {
              yield * Bye.codec().stream(reader, reader.uint32(), `${prefix}.bye`, {
                limits: opts.limits?.bye
              })

              break
            }
            case 25: {
              yield * Propose.codec().stream(reader, reader.uint32(), `${prefix}.propose`, {
                limits: opts.limits?.propose
              })

              break
            }
            case 26: {
              yield * Pledge.codec().stream(reader, reader.uint32(), `${prefix}.pledge`, {
                limits: opts.limits?.pledge
              })

              break
            }
            case 27: {
              yield * Yield.codec().stream(reader, reader.uint32(), `${prefix}.yield`, {
                limits: opts.limits?.yield
              })

              break
            }
            case 28: {
              yield * Lineage.codec().stream(reader, reader.uint32(), `${prefix}.lineage`, {
                limits: opts.limits?.lineage
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

  export interface ElectionFrameServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface ElectionFrameGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface ElectionFrameEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface ElectionFrameTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ElectionFrameIncarnationFieldEvent {
    field: '$.incarnation'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ElectionFrameHelloConfigGroupFieldEvent {
    field: '$.hello.config.group'
    value: number
  }

  export interface ElectionFrameHelloConfigEpochFieldEvent {
    field: '$.hello.config.epoch'
    value: number
  }

  export interface ElectionFrameHelloConfigKindFieldEvent {
    field: '$.hello.config.kind'
    value: GroupKind
  }

  export interface ElectionFrameHelloConfigTermFieldEvent {
    field: '$.hello.config.term'
    value: number
  }

  export interface ElectionFrameHelloConfigVersionFieldEvent {
    field: '$.hello.config.version'
    value: number
  }

  export interface ElectionFrameHelloConfigVotersIdFieldEvent {
    field: '$.hello.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameHelloConfigVotersIncarnationFieldEvent {
    field: '$.hello.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameHelloConfigReplacesFieldEvent {
    field: '$.hello.config.replaces'
    value: number
  }

  export interface ElectionFrameHelloFoundedFieldEvent {
    field: '$.hello.founded'
    value: boolean
  }

  export interface ElectionFrameHelloLeaderFieldEvent {
    field: '$.hello.leader'
    value: string
  }

  export interface ElectionFrameHelloEligibleFieldEvent {
    field: '$.hello.eligible'
    value: boolean
  }

  export interface ElectionFrameHelloKindFieldEvent {
    field: '$.hello.kind'
    value: GroupKind
  }

  export interface ElectionFrameHelloSizeFieldEvent {
    field: '$.hello.size'
    value: number
  }

  export interface ElectionFrameHelloHighestEpochFieldEvent {
    field: '$.hello.highestEpoch'
    value: number
  }

  export interface ElectionFrameHelloAskFieldEvent {
    field: '$.hello.ask'
    value: boolean
  }

  export interface ElectionFramePrevoteConfigGroupFieldEvent {
    field: '$.prevote.config.group'
    value: number
  }

  export interface ElectionFramePrevoteConfigEpochFieldEvent {
    field: '$.prevote.config.epoch'
    value: number
  }

  export interface ElectionFramePrevoteConfigKindFieldEvent {
    field: '$.prevote.config.kind'
    value: GroupKind
  }

  export interface ElectionFramePrevoteConfigTermFieldEvent {
    field: '$.prevote.config.term'
    value: number
  }

  export interface ElectionFramePrevoteConfigVersionFieldEvent {
    field: '$.prevote.config.version'
    value: number
  }

  export interface ElectionFramePrevoteConfigVotersIdFieldEvent {
    field: '$.prevote.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFramePrevoteConfigVotersIncarnationFieldEvent {
    field: '$.prevote.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFramePrevoteConfigReplacesFieldEvent {
    field: '$.prevote.config.replaces'
    value: number
  }

  export interface ElectionFramePrevoteTransferFieldEvent {
    field: '$.prevote.transfer'
    value: boolean
  }

  export interface ElectionFrameVoteConfigGroupFieldEvent {
    field: '$.vote.config.group'
    value: number
  }

  export interface ElectionFrameVoteConfigEpochFieldEvent {
    field: '$.vote.config.epoch'
    value: number
  }

  export interface ElectionFrameVoteConfigKindFieldEvent {
    field: '$.vote.config.kind'
    value: GroupKind
  }

  export interface ElectionFrameVoteConfigTermFieldEvent {
    field: '$.vote.config.term'
    value: number
  }

  export interface ElectionFrameVoteConfigVersionFieldEvent {
    field: '$.vote.config.version'
    value: number
  }

  export interface ElectionFrameVoteConfigVotersIdFieldEvent {
    field: '$.vote.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameVoteConfigVotersIncarnationFieldEvent {
    field: '$.vote.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameVoteConfigReplacesFieldEvent {
    field: '$.vote.config.replaces'
    value: number
  }

  export interface ElectionFrameVoteTransferFieldEvent {
    field: '$.vote.transfer'
    value: boolean
  }

  export interface ElectionFramePrevoteResponseAskedFieldEvent {
    field: '$.prevoteResponse.asked'
    value: number
  }

  export interface ElectionFramePrevoteResponseGrantedFieldEvent {
    field: '$.prevoteResponse.granted'
    value: boolean
  }

  export interface ElectionFramePrevoteResponseConfigGroupFieldEvent {
    field: '$.prevoteResponse.config.group'
    value: number
  }

  export interface ElectionFramePrevoteResponseConfigEpochFieldEvent {
    field: '$.prevoteResponse.config.epoch'
    value: number
  }

  export interface ElectionFramePrevoteResponseConfigKindFieldEvent {
    field: '$.prevoteResponse.config.kind'
    value: GroupKind
  }

  export interface ElectionFramePrevoteResponseConfigTermFieldEvent {
    field: '$.prevoteResponse.config.term'
    value: number
  }

  export interface ElectionFramePrevoteResponseConfigVersionFieldEvent {
    field: '$.prevoteResponse.config.version'
    value: number
  }

  export interface ElectionFramePrevoteResponseConfigVotersIdFieldEvent {
    field: '$.prevoteResponse.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFramePrevoteResponseConfigVotersIncarnationFieldEvent {
    field: '$.prevoteResponse.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFramePrevoteResponseConfigReplacesFieldEvent {
    field: '$.prevoteResponse.config.replaces'
    value: number
  }

  export interface ElectionFrameVoteResponseAskedFieldEvent {
    field: '$.voteResponse.asked'
    value: number
  }

  export interface ElectionFrameVoteResponseGrantedFieldEvent {
    field: '$.voteResponse.granted'
    value: boolean
  }

  export interface ElectionFrameVoteResponseConfigGroupFieldEvent {
    field: '$.voteResponse.config.group'
    value: number
  }

  export interface ElectionFrameVoteResponseConfigEpochFieldEvent {
    field: '$.voteResponse.config.epoch'
    value: number
  }

  export interface ElectionFrameVoteResponseConfigKindFieldEvent {
    field: '$.voteResponse.config.kind'
    value: GroupKind
  }

  export interface ElectionFrameVoteResponseConfigTermFieldEvent {
    field: '$.voteResponse.config.term'
    value: number
  }

  export interface ElectionFrameVoteResponseConfigVersionFieldEvent {
    field: '$.voteResponse.config.version'
    value: number
  }

  export interface ElectionFrameVoteResponseConfigVotersIdFieldEvent {
    field: '$.voteResponse.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameVoteResponseConfigVotersIncarnationFieldEvent {
    field: '$.voteResponse.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameVoteResponseConfigReplacesFieldEvent {
    field: '$.voteResponse.config.replaces'
    value: number
  }

  export interface ElectionFrameHeartbeatRoundFieldEvent {
    field: '$.heartbeat.round'
    value: number
  }

  export interface ElectionFrameHeartbeatConfigTermFieldEvent {
    field: '$.heartbeat.config.term'
    value: number
  }

  export interface ElectionFrameHeartbeatConfigVersionFieldEvent {
    field: '$.heartbeat.config.version'
    value: number
  }

  export interface ElectionFrameHeartbeatFloorEpochFieldEvent {
    field: '$.heartbeat.floor.epoch'
    value: number
  }

  export interface ElectionFrameHeartbeatFloorTermFieldEvent {
    field: '$.heartbeat.floor.term'
    value: number
  }

  export interface ElectionFrameHeartbeatFloorIndexFieldEvent {
    field: '$.heartbeat.floor.index'
    value: number
  }

  export interface ElectionFrameHeartbeatStandbyFieldEvent {
    field: '$.heartbeat.standby'
    value: boolean
  }

  export interface ElectionFrameHeartbeatResponseRoundFieldEvent {
    field: '$.heartbeatResponse.round'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseConfigTermFieldEvent {
    field: '$.heartbeatResponse.config.term'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseConfigVersionFieldEvent {
    field: '$.heartbeatResponse.config.version'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseSyncedEpochFieldEvent {
    field: '$.heartbeatResponse.synced.epoch'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseSyncedTermFieldEvent {
    field: '$.heartbeatResponse.synced.term'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseSyncedIndexFieldEvent {
    field: '$.heartbeatResponse.synced.index'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseLeavingFieldEvent {
    field: '$.heartbeatResponse.leaving'
    value: boolean
  }

  export interface ElectionFrameHeartbeatResponsePromiseFieldEvent {
    field: '$.heartbeatResponse.promise'
    value: number
  }

  export interface ElectionFrameHeartbeatResponseHighestEpochFieldEvent {
    field: '$.heartbeatResponse.highestEpoch'
    value: number
  }

  export interface ElectionFrameConfigConfigGroupFieldEvent {
    field: '$.config.config.group'
    value: number
  }

  export interface ElectionFrameConfigConfigEpochFieldEvent {
    field: '$.config.config.epoch'
    value: number
  }

  export interface ElectionFrameConfigConfigKindFieldEvent {
    field: '$.config.config.kind'
    value: GroupKind
  }

  export interface ElectionFrameConfigConfigTermFieldEvent {
    field: '$.config.config.term'
    value: number
  }

  export interface ElectionFrameConfigConfigVersionFieldEvent {
    field: '$.config.config.version'
    value: number
  }

  export interface ElectionFrameConfigConfigVotersIdFieldEvent {
    field: '$.config.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameConfigConfigVotersIncarnationFieldEvent {
    field: '$.config.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameConfigConfigReplacesFieldEvent {
    field: '$.config.config.replaces'
    value: number
  }

  export interface ElectionFrameConfigFoundedFieldEvent {
    field: '$.config.founded'
    value: boolean
  }

  export interface ElectionFrameConfigResponseConfigTermFieldEvent {
    field: '$.configResponse.config.term'
    value: number
  }

  export interface ElectionFrameConfigResponseConfigVersionFieldEvent {
    field: '$.configResponse.config.version'
    value: number
  }

  export interface ElectionFrameReadSinceEpochFieldEvent {
    field: '$.read.since.epoch'
    value: number
  }

  export interface ElectionFrameReadSinceTermFieldEvent {
    field: '$.read.since.term'
    value: number
  }

  export interface ElectionFrameReadSinceIndexFieldEvent {
    field: '$.read.since.index'
    value: number
  }

  export interface ElectionFrameReadPartFieldEvent {
    field: '$.read.part'
    value: number
  }

  export interface ElectionFrameTableSinceEpochFieldEvent {
    field: '$.table.since.epoch'
    value: number
  }

  export interface ElectionFrameTableSinceTermFieldEvent {
    field: '$.table.since.term'
    value: number
  }

  export interface ElectionFrameTableSinceIndexFieldEvent {
    field: '$.table.since.index'
    value: number
  }

  export interface ElectionFrameTableSyncedEpochFieldEvent {
    field: '$.table.synced.epoch'
    value: number
  }

  export interface ElectionFrameTableSyncedTermFieldEvent {
    field: '$.table.synced.term'
    value: number
  }

  export interface ElectionFrameTableSyncedIndexFieldEvent {
    field: '$.table.synced.index'
    value: number
  }

  export interface ElectionFrameTablePartFieldEvent {
    field: '$.table.part'
    value: number
  }

  export interface ElectionFrameTableLastFieldEvent {
    field: '$.table.last'
    value: boolean
  }

  export interface ElectionFrameTableEntriesKeyFieldEvent {
    field: '$.table.entries[].key'
    value: string
    index: number
  }

  export interface ElectionFrameTableEntriesValueFieldEvent {
    field: '$.table.entries[].value'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameTableEntriesRankEpochFieldEvent {
    field: '$.table.entries[].rank.epoch'
    value: number
    index: number
  }

  export interface ElectionFrameTableEntriesRankTermFieldEvent {
    field: '$.table.entries[].rank.term'
    value: number
    index: number
  }

  export interface ElectionFrameTableEntriesRankIndexFieldEvent {
    field: '$.table.entries[].rank.index'
    value: number
    index: number
  }

  export interface ElectionFrameAppendFromEpochFieldEvent {
    field: '$.append.from.epoch'
    value: number
  }

  export interface ElectionFrameAppendFromTermFieldEvent {
    field: '$.append.from.term'
    value: number
  }

  export interface ElectionFrameAppendFromIndexFieldEvent {
    field: '$.append.from.index'
    value: number
  }

  export interface ElectionFrameAppendToEpochFieldEvent {
    field: '$.append.to.epoch'
    value: number
  }

  export interface ElectionFrameAppendToTermFieldEvent {
    field: '$.append.to.term'
    value: number
  }

  export interface ElectionFrameAppendToIndexFieldEvent {
    field: '$.append.to.index'
    value: number
  }

  export interface ElectionFrameAppendResetFieldEvent {
    field: '$.append.reset'
    value: boolean
  }

  export interface ElectionFrameAppendPartFieldEvent {
    field: '$.append.part'
    value: number
  }

  export interface ElectionFrameAppendLastFieldEvent {
    field: '$.append.last'
    value: boolean
  }

  export interface ElectionFrameAppendEntriesKeyFieldEvent {
    field: '$.append.entries[].key'
    value: string
    index: number
  }

  export interface ElectionFrameAppendEntriesValueFieldEvent {
    field: '$.append.entries[].value'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameAppendEntriesRankEpochFieldEvent {
    field: '$.append.entries[].rank.epoch'
    value: number
    index: number
  }

  export interface ElectionFrameAppendEntriesRankTermFieldEvent {
    field: '$.append.entries[].rank.term'
    value: number
    index: number
  }

  export interface ElectionFrameAppendEntriesRankIndexFieldEvent {
    field: '$.append.entries[].rank.index'
    value: number
    index: number
  }

  export interface ElectionFrameAppendResponseSyncedEpochFieldEvent {
    field: '$.appendResponse.synced.epoch'
    value: number
  }

  export interface ElectionFrameAppendResponseSyncedTermFieldEvent {
    field: '$.appendResponse.synced.term'
    value: number
  }

  export interface ElectionFrameAppendResponseSyncedIndexFieldEvent {
    field: '$.appendResponse.synced.index'
    value: number
  }

  export interface ElectionFrameAppendResponsePartFieldEvent {
    field: '$.appendResponse.part'
    value: number
  }

  export interface ElectionFrameByeSeatFieldEvent {
    field: '$.bye.seat'
    value: boolean
  }

  export interface ElectionFrameProposeConfigGroupFieldEvent {
    field: '$.propose.config.group'
    value: number
  }

  export interface ElectionFrameProposeConfigEpochFieldEvent {
    field: '$.propose.config.epoch'
    value: number
  }

  export interface ElectionFrameProposeConfigKindFieldEvent {
    field: '$.propose.config.kind'
    value: GroupKind
  }

  export interface ElectionFrameProposeConfigTermFieldEvent {
    field: '$.propose.config.term'
    value: number
  }

  export interface ElectionFrameProposeConfigVersionFieldEvent {
    field: '$.propose.config.version'
    value: number
  }

  export interface ElectionFrameProposeConfigVotersIdFieldEvent {
    field: '$.propose.config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameProposeConfigVotersIncarnationFieldEvent {
    field: '$.propose.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameProposeConfigReplacesFieldEvent {
    field: '$.propose.config.replaces'
    value: number
  }

  export interface ElectionFrameProposeSizeFieldEvent {
    field: '$.propose.size'
    value: number
  }

  export interface ElectionFrameProposeFirmFieldEvent {
    field: '$.propose.firm'
    value: boolean
  }

  export interface ElectionFramePledgeProposedFieldEvent {
    field: '$.pledge.proposed'
    value: number
  }

  export interface ElectionFramePledgeOkFieldEvent {
    field: '$.pledge.ok'
    value: boolean
  }

  export interface ElectionFramePledgeWhyFieldEvent {
    field: '$.pledge.why'
    value: string
  }

  export interface ElectionFramePledgeFirmFieldEvent {
    field: '$.pledge.firm'
    value: boolean
  }

  export interface ElectionFrameYieldToFieldEvent {
    field: '$.yield.to'
    value: number
  }

  export interface ElectionFrameLineageConfigsByFieldEvent {
    field: '$.lineage.configs[].by'
    value: string
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigGroupFieldEvent {
    field: '$.lineage.configs[].config.group'
    value: number
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigEpochFieldEvent {
    field: '$.lineage.configs[].config.epoch'
    value: number
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigKindFieldEvent {
    field: '$.lineage.configs[].config.kind'
    value: GroupKind
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigTermFieldEvent {
    field: '$.lineage.configs[].config.term'
    value: number
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigVersionFieldEvent {
    field: '$.lineage.configs[].config.version'
    value: number
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigVotersIdFieldEvent {
    field: '$.lineage.configs[].config.voters[].id'
    value: string
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigVotersIncarnationFieldEvent {
    field: '$.lineage.configs[].config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameLineageConfigsConfigReplacesFieldEvent {
    field: '$.lineage.configs[].config.replaces'
    value: number
    index: number
  }

  export interface ElectionFrameLineageConfigsSignatureFieldEvent {
    field: '$.lineage.configs[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ElectionFrameLineageConfigsPublicKeyFieldEvent {
    field: '$.lineage.configs[].publicKey'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<ElectionFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ElectionFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ElectionFrame>): ElectionFrame {
    return decodeMessage(buf, ElectionFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ElectionFrame>): Generator<ElectionFrameServiceFieldEvent | ElectionFrameGroupFieldEvent | ElectionFrameEpochFieldEvent | ElectionFrameTermFieldEvent | ElectionFrameIncarnationFieldEvent | ElectionFrameHelloConfigGroupFieldEvent | ElectionFrameHelloConfigEpochFieldEvent | ElectionFrameHelloConfigKindFieldEvent | ElectionFrameHelloConfigTermFieldEvent | ElectionFrameHelloConfigVersionFieldEvent | ElectionFrameHelloConfigVotersIdFieldEvent | ElectionFrameHelloConfigVotersIncarnationFieldEvent | ElectionFrameHelloConfigReplacesFieldEvent | ElectionFrameHelloFoundedFieldEvent | ElectionFrameHelloLeaderFieldEvent | ElectionFrameHelloEligibleFieldEvent | ElectionFrameHelloKindFieldEvent | ElectionFrameHelloSizeFieldEvent | ElectionFrameHelloHighestEpochFieldEvent | ElectionFrameHelloAskFieldEvent | ElectionFramePrevoteConfigGroupFieldEvent | ElectionFramePrevoteConfigEpochFieldEvent | ElectionFramePrevoteConfigKindFieldEvent | ElectionFramePrevoteConfigTermFieldEvent | ElectionFramePrevoteConfigVersionFieldEvent | ElectionFramePrevoteConfigVotersIdFieldEvent | ElectionFramePrevoteConfigVotersIncarnationFieldEvent | ElectionFramePrevoteConfigReplacesFieldEvent | ElectionFramePrevoteTransferFieldEvent | ElectionFrameVoteConfigGroupFieldEvent | ElectionFrameVoteConfigEpochFieldEvent | ElectionFrameVoteConfigKindFieldEvent | ElectionFrameVoteConfigTermFieldEvent | ElectionFrameVoteConfigVersionFieldEvent | ElectionFrameVoteConfigVotersIdFieldEvent | ElectionFrameVoteConfigVotersIncarnationFieldEvent | ElectionFrameVoteConfigReplacesFieldEvent | ElectionFrameVoteTransferFieldEvent | ElectionFramePrevoteResponseAskedFieldEvent | ElectionFramePrevoteResponseGrantedFieldEvent | ElectionFramePrevoteResponseConfigGroupFieldEvent | ElectionFramePrevoteResponseConfigEpochFieldEvent | ElectionFramePrevoteResponseConfigKindFieldEvent | ElectionFramePrevoteResponseConfigTermFieldEvent | ElectionFramePrevoteResponseConfigVersionFieldEvent | ElectionFramePrevoteResponseConfigVotersIdFieldEvent | ElectionFramePrevoteResponseConfigVotersIncarnationFieldEvent | ElectionFramePrevoteResponseConfigReplacesFieldEvent | ElectionFrameVoteResponseAskedFieldEvent | ElectionFrameVoteResponseGrantedFieldEvent | ElectionFrameVoteResponseConfigGroupFieldEvent | ElectionFrameVoteResponseConfigEpochFieldEvent | ElectionFrameVoteResponseConfigKindFieldEvent | ElectionFrameVoteResponseConfigTermFieldEvent | ElectionFrameVoteResponseConfigVersionFieldEvent | ElectionFrameVoteResponseConfigVotersIdFieldEvent | ElectionFrameVoteResponseConfigVotersIncarnationFieldEvent | ElectionFrameVoteResponseConfigReplacesFieldEvent | ElectionFrameHeartbeatRoundFieldEvent | ElectionFrameHeartbeatConfigTermFieldEvent | ElectionFrameHeartbeatConfigVersionFieldEvent | ElectionFrameHeartbeatFloorEpochFieldEvent | ElectionFrameHeartbeatFloorTermFieldEvent | ElectionFrameHeartbeatFloorIndexFieldEvent | ElectionFrameHeartbeatStandbyFieldEvent | ElectionFrameHeartbeatResponseRoundFieldEvent | ElectionFrameHeartbeatResponseConfigTermFieldEvent | ElectionFrameHeartbeatResponseConfigVersionFieldEvent | ElectionFrameHeartbeatResponseSyncedEpochFieldEvent | ElectionFrameHeartbeatResponseSyncedTermFieldEvent | ElectionFrameHeartbeatResponseSyncedIndexFieldEvent | ElectionFrameHeartbeatResponseLeavingFieldEvent | ElectionFrameHeartbeatResponsePromiseFieldEvent | ElectionFrameHeartbeatResponseHighestEpochFieldEvent | ElectionFrameConfigConfigGroupFieldEvent | ElectionFrameConfigConfigEpochFieldEvent | ElectionFrameConfigConfigKindFieldEvent | ElectionFrameConfigConfigTermFieldEvent | ElectionFrameConfigConfigVersionFieldEvent | ElectionFrameConfigConfigVotersIdFieldEvent | ElectionFrameConfigConfigVotersIncarnationFieldEvent | ElectionFrameConfigConfigReplacesFieldEvent | ElectionFrameConfigFoundedFieldEvent | ElectionFrameConfigResponseConfigTermFieldEvent | ElectionFrameConfigResponseConfigVersionFieldEvent | ElectionFrameReadSinceEpochFieldEvent | ElectionFrameReadSinceTermFieldEvent | ElectionFrameReadSinceIndexFieldEvent | ElectionFrameReadPartFieldEvent | ElectionFrameTableSinceEpochFieldEvent | ElectionFrameTableSinceTermFieldEvent | ElectionFrameTableSinceIndexFieldEvent | ElectionFrameTableSyncedEpochFieldEvent | ElectionFrameTableSyncedTermFieldEvent | ElectionFrameTableSyncedIndexFieldEvent | ElectionFrameTablePartFieldEvent | ElectionFrameTableLastFieldEvent | ElectionFrameTableEntriesKeyFieldEvent | ElectionFrameTableEntriesValueFieldEvent | ElectionFrameTableEntriesRankEpochFieldEvent | ElectionFrameTableEntriesRankTermFieldEvent | ElectionFrameTableEntriesRankIndexFieldEvent | ElectionFrameAppendFromEpochFieldEvent | ElectionFrameAppendFromTermFieldEvent | ElectionFrameAppendFromIndexFieldEvent | ElectionFrameAppendToEpochFieldEvent | ElectionFrameAppendToTermFieldEvent | ElectionFrameAppendToIndexFieldEvent | ElectionFrameAppendResetFieldEvent | ElectionFrameAppendPartFieldEvent | ElectionFrameAppendLastFieldEvent | ElectionFrameAppendEntriesKeyFieldEvent | ElectionFrameAppendEntriesValueFieldEvent | ElectionFrameAppendEntriesRankEpochFieldEvent | ElectionFrameAppendEntriesRankTermFieldEvent | ElectionFrameAppendEntriesRankIndexFieldEvent | ElectionFrameAppendResponseSyncedEpochFieldEvent | ElectionFrameAppendResponseSyncedTermFieldEvent | ElectionFrameAppendResponseSyncedIndexFieldEvent | ElectionFrameAppendResponsePartFieldEvent | ElectionFrameByeSeatFieldEvent | ElectionFrameProposeConfigGroupFieldEvent | ElectionFrameProposeConfigEpochFieldEvent | ElectionFrameProposeConfigKindFieldEvent | ElectionFrameProposeConfigTermFieldEvent | ElectionFrameProposeConfigVersionFieldEvent | ElectionFrameProposeConfigVotersIdFieldEvent | ElectionFrameProposeConfigVotersIncarnationFieldEvent | ElectionFrameProposeConfigReplacesFieldEvent | ElectionFrameProposeSizeFieldEvent | ElectionFrameProposeFirmFieldEvent | ElectionFramePledgeProposedFieldEvent | ElectionFramePledgeOkFieldEvent | ElectionFramePledgeWhyFieldEvent | ElectionFramePledgeFirmFieldEvent | ElectionFrameYieldToFieldEvent | ElectionFrameLineageConfigsByFieldEvent | ElectionFrameLineageConfigsConfigGroupFieldEvent | ElectionFrameLineageConfigsConfigEpochFieldEvent | ElectionFrameLineageConfigsConfigKindFieldEvent | ElectionFrameLineageConfigsConfigTermFieldEvent | ElectionFrameLineageConfigsConfigVersionFieldEvent | ElectionFrameLineageConfigsConfigVotersIdFieldEvent | ElectionFrameLineageConfigsConfigVotersIncarnationFieldEvent | ElectionFrameLineageConfigsConfigReplacesFieldEvent | ElectionFrameLineageConfigsSignatureFieldEvent | ElectionFrameLineageConfigsPublicKeyFieldEvent> {
    return streamMessage(buf, ElectionFrame.codec(), opts)
  }
}

export enum GroupKind {
  DEFAULT = 'DEFAULT',
  EXPECT = 'EXPECT',
  VOTERS = 'VOTERS',
  RECOVER = 'RECOVER'
}

enum __GroupKindValues {
  DEFAULT = 0,
  EXPECT = 1,
  VOTERS = 2,
  RECOVER = 3
}

export namespace GroupKind {
  export const codec = (): Codec<GroupKind> => {
    return enumeration<GroupKind>(__GroupKindValues)
  }
}

export interface Voter {
  id: string
  incarnation: Uint8Array<ArrayBuffer>
}

export namespace Voter {
  let _codec: Codec<Voter>

  export const codec = (): Codec<Voter> => {
    if (_codec == null) {
      _codec = message<Voter>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.incarnation != null && obj.incarnation.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.incarnation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          incarnation: uint8ArrayAlloc(0)
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
              obj.incarnation = reader.bytes()
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

  export interface VoterIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface VoterIncarnationFieldEvent {
    field: '$.incarnation'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Voter>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Voter.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Voter>): Voter {
    return decodeMessage(buf, Voter.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Voter>): Generator<VoterIdFieldEvent | VoterIncarnationFieldEvent> {
    return streamMessage(buf, Voter.codec(), opts)
  }
}

export interface Config {
  group: number
  epoch: number
  kind: GroupKind
  term: number
  version: number
  voters: Voter[]
  replaces: number
}

export namespace Config {
  let _codec: Codec<Config>

  export const codec = (): Codec<Config> => {
    if (_codec == null) {
      _codec = message<Config>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.group)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if (obj.kind != null && __GroupKindValues[obj.kind] !== 0) {
          w.uint32(24)
          GroupKind.codec().encode(obj.kind, w)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.term)
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.version)
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(50)
            Voter.codec().encode(value, w)
          }
        }

        if ((obj.replaces != null && obj.replaces !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.replaces)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: 0,
          epoch: 0,
          kind: GroupKind.DEFAULT,
          term: 0,
          version: 0,
          voters: [],
          replaces: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.uint64Number()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.kind = GroupKind.codec().decode(reader)
              break
            }
            case 4: {
              obj.term = reader.uint64Number()
              break
            }
            case 5: {
              obj.version = reader.uint64Number()
              break
            }
            case 6: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(Voter.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.voters$
              }))
              break
            }
            case 7: {
              obj.replaces = reader.uint64Number()
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
                field: `${prefix}.group`,
                value: reader.uint64Number()
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
                field: `${prefix}.kind`,
                value: GroupKind.codec().decode(reader)
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              for (const evt of Voter.codec().stream(reader, reader.uint32(), `${prefix}.voters[]`, {
                limits: opts.limits?.voters$
              })) {
                yield {
                  ...evt,
                  index: obj.voters
                }
              }

              obj.voters++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.replaces`,
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

  export interface ConfigGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface ConfigEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface ConfigKindFieldEvent {
    field: '$.kind'
    value: GroupKind
  }

  export interface ConfigTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ConfigVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface ConfigVotersIdFieldEvent {
    field: '$.voters[].id'
    value: string
    index: number
  }

  export interface ConfigVotersIncarnationFieldEvent {
    field: '$.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ConfigReplacesFieldEvent {
    field: '$.replaces'
    value: number
  }

  export function encode (obj: Partial<Config>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Config.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Config>): Config {
    return decodeMessage(buf, Config.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Config>): Generator<ConfigGroupFieldEvent | ConfigEpochFieldEvent | ConfigKindFieldEvent | ConfigTermFieldEvent | ConfigVersionFieldEvent | ConfigVotersIdFieldEvent | ConfigVotersIncarnationFieldEvent | ConfigReplacesFieldEvent> {
    return streamMessage(buf, Config.codec(), opts)
  }
}

export interface ConfigVersion {
  term: number
  version: number
}

export namespace ConfigVersion {
  let _codec: Codec<ConfigVersion>

  export const codec = (): Codec<ConfigVersion> => {
    if (_codec == null) {
      _codec = message<ConfigVersion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.term)
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.version)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          version: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.term = reader.uint64Number()
              break
            }
            case 2: {
              obj.version = reader.uint64Number()
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
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.version`,
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

  export interface ConfigVersionTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ConfigVersionVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export function encode (obj: Partial<ConfigVersion>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ConfigVersion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigVersion>): ConfigVersion {
    return decodeMessage(buf, ConfigVersion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigVersion>): Generator<ConfigVersionTermFieldEvent | ConfigVersionVersionFieldEvent> {
    return streamMessage(buf, ConfigVersion.codec(), opts)
  }
}

export interface Rank {
  epoch: number
  term: number
  index: number
}

export namespace Rank {
  let _codec: Codec<Rank>

  export const codec = (): Codec<Rank> => {
    if (_codec == null) {
      _codec = message<Rank>((obj, w, opts = {}) => {
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

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.index)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          term: 0,
          index: 0
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
              obj.index = reader.uint64Number()
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
                field: `${prefix}.index`,
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

  export interface RankEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface RankTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface RankIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export function encode (obj: Partial<Rank>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Rank.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rank>): Rank {
    return decodeMessage(buf, Rank.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rank>): Generator<RankEpochFieldEvent | RankTermFieldEvent | RankIndexFieldEvent> {
    return streamMessage(buf, Rank.codec(), opts)
  }
}

export interface Entry {
  key: string
  value?: Uint8Array<ArrayBuffer>
  rank?: Rank
}

export namespace Entry {
  let _codec: Codec<Entry>

  export const codec = (): Codec<Entry> => {
    if (_codec == null) {
      _codec = message<Entry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(10)
          w.string(obj.key)
        }

        if (obj.value != null) {
          w.uint32(18)
          w.bytes(obj.value)
        }

        if (obj.rank != null) {
          w.uint32(26)
          Rank.codec().encode(obj.rank, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: ''
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
              obj.value = reader.bytes()
              break
            }
            case 3: {
              obj.rank = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rank
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
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.rank`, {
                limits: opts.limits?.rank
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

  export interface EntryKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface EntryValueFieldEvent {
    field: '$.value'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntryRankEpochFieldEvent {
    field: '$.rank.epoch'
    value: number
  }

  export interface EntryRankTermFieldEvent {
    field: '$.rank.term'
    value: number
  }

  export interface EntryRankIndexFieldEvent {
    field: '$.rank.index'
    value: number
  }

  export function encode (obj: Partial<Entry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Entry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Entry {
    return decodeMessage(buf, Entry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Generator<EntryKeyFieldEvent | EntryValueFieldEvent | EntryRankEpochFieldEvent | EntryRankTermFieldEvent | EntryRankIndexFieldEvent> {
    return streamMessage(buf, Entry.codec(), opts)
  }
}

export interface Hello {
  config?: Config
  founded: boolean
  leader: string
  eligible: boolean
  kind: GroupKind
  size: number
  highestEpoch: number
  ask: boolean
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          Config.codec().encode(obj.config, w)
        }

        if ((obj.founded != null && obj.founded !== false)) {
          w.uint32(16)
          w.bool(obj.founded)
        }

        if ((obj.leader != null && obj.leader !== '')) {
          w.uint32(26)
          w.string(obj.leader)
        }

        if ((obj.eligible != null && obj.eligible !== false)) {
          w.uint32(32)
          w.bool(obj.eligible)
        }

        if (obj.kind != null && __GroupKindValues[obj.kind] !== 0) {
          w.uint32(40)
          GroupKind.codec().encode(obj.kind, w)
        }

        if ((obj.size != null && obj.size !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.size)
        }

        if ((obj.highestEpoch != null && obj.highestEpoch !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.highestEpoch)
        }

        if ((obj.ask != null && obj.ask !== false)) {
          w.uint32(64)
          w.bool(obj.ask)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          founded: false,
          leader: '',
          eligible: false,
          kind: GroupKind.DEFAULT,
          size: 0,
          highestEpoch: 0,
          ask: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 2: {
              obj.founded = reader.bool()
              break
            }
            case 3: {
              obj.leader = reader.string()
              break
            }
            case 4: {
              obj.eligible = reader.bool()
              break
            }
            case 5: {
              obj.kind = GroupKind.codec().decode(reader)
              break
            }
            case 6: {
              obj.size = reader.uint64Number()
              break
            }
            case 7: {
              obj.highestEpoch = reader.uint64Number()
              break
            }
            case 8: {
              obj.ask = reader.bool()
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
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.founded`,
                value: reader.bool()
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
              yield {
                field: `${prefix}.eligible`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.kind`,
                value: GroupKind.codec().decode(reader)
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.size`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.highestEpoch`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.ask`,
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

  export interface HelloConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface HelloConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface HelloConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface HelloConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface HelloConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface HelloConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface HelloConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HelloConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export interface HelloFoundedFieldEvent {
    field: '$.founded'
    value: boolean
  }

  export interface HelloLeaderFieldEvent {
    field: '$.leader'
    value: string
  }

  export interface HelloEligibleFieldEvent {
    field: '$.eligible'
    value: boolean
  }

  export interface HelloKindFieldEvent {
    field: '$.kind'
    value: GroupKind
  }

  export interface HelloSizeFieldEvent {
    field: '$.size'
    value: number
  }

  export interface HelloHighestEpochFieldEvent {
    field: '$.highestEpoch'
    value: number
  }

  export interface HelloAskFieldEvent {
    field: '$.ask'
    value: boolean
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloConfigGroupFieldEvent | HelloConfigEpochFieldEvent | HelloConfigKindFieldEvent | HelloConfigTermFieldEvent | HelloConfigVersionFieldEvent | HelloConfigVotersIdFieldEvent | HelloConfigVotersIncarnationFieldEvent | HelloConfigReplacesFieldEvent | HelloFoundedFieldEvent | HelloLeaderFieldEvent | HelloEligibleFieldEvent | HelloKindFieldEvent | HelloSizeFieldEvent | HelloHighestEpochFieldEvent | HelloAskFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface VoteRequest {
  config?: Config
  transfer: boolean
}

export namespace VoteRequest {
  let _codec: Codec<VoteRequest>

  export const codec = (): Codec<VoteRequest> => {
    if (_codec == null) {
      _codec = message<VoteRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          Config.codec().encode(obj.config, w)
        }

        if ((obj.transfer != null && obj.transfer !== false)) {
          w.uint32(16)
          w.bool(obj.transfer)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          transfer: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 2: {
              obj.transfer = reader.bool()
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
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.transfer`,
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

  export interface VoteRequestConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface VoteRequestConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface VoteRequestConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface VoteRequestConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface VoteRequestConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface VoteRequestConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface VoteRequestConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface VoteRequestConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export interface VoteRequestTransferFieldEvent {
    field: '$.transfer'
    value: boolean
  }

  export function encode (obj: Partial<VoteRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, VoteRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteRequest>): VoteRequest {
    return decodeMessage(buf, VoteRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteRequest>): Generator<VoteRequestConfigGroupFieldEvent | VoteRequestConfigEpochFieldEvent | VoteRequestConfigKindFieldEvent | VoteRequestConfigTermFieldEvent | VoteRequestConfigVersionFieldEvent | VoteRequestConfigVotersIdFieldEvent | VoteRequestConfigVotersIncarnationFieldEvent | VoteRequestConfigReplacesFieldEvent | VoteRequestTransferFieldEvent> {
    return streamMessage(buf, VoteRequest.codec(), opts)
  }
}

export interface VoteResponse {
  asked: number
  granted: boolean
  config?: Config
}

export namespace VoteResponse {
  let _codec: Codec<VoteResponse>

  export const codec = (): Codec<VoteResponse> => {
    if (_codec == null) {
      _codec = message<VoteResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.asked != null && obj.asked !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.asked)
        }

        if ((obj.granted != null && obj.granted !== false)) {
          w.uint32(16)
          w.bool(obj.granted)
        }

        if (obj.config != null) {
          w.uint32(26)
          Config.codec().encode(obj.config, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          asked: 0,
          granted: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.asked = reader.uint64Number()
              break
            }
            case 2: {
              obj.granted = reader.bool()
              break
            }
            case 3: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
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
              yield {
                field: `${prefix}.asked`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.granted`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
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

  export interface VoteResponseAskedFieldEvent {
    field: '$.asked'
    value: number
  }

  export interface VoteResponseGrantedFieldEvent {
    field: '$.granted'
    value: boolean
  }

  export interface VoteResponseConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface VoteResponseConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface VoteResponseConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface VoteResponseConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface VoteResponseConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface VoteResponseConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface VoteResponseConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface VoteResponseConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export function encode (obj: Partial<VoteResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, VoteResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteResponse>): VoteResponse {
    return decodeMessage(buf, VoteResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteResponse>): Generator<VoteResponseAskedFieldEvent | VoteResponseGrantedFieldEvent | VoteResponseConfigGroupFieldEvent | VoteResponseConfigEpochFieldEvent | VoteResponseConfigKindFieldEvent | VoteResponseConfigTermFieldEvent | VoteResponseConfigVersionFieldEvent | VoteResponseConfigVotersIdFieldEvent | VoteResponseConfigVotersIncarnationFieldEvent | VoteResponseConfigReplacesFieldEvent> {
    return streamMessage(buf, VoteResponse.codec(), opts)
  }
}

export interface Heartbeat {
  round: number
  config?: ConfigVersion
  floor?: Rank
  standby: boolean
}

export namespace Heartbeat {
  let _codec: Codec<Heartbeat>

  export const codec = (): Codec<Heartbeat> => {
    if (_codec == null) {
      _codec = message<Heartbeat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.round)
        }

        if (obj.config != null) {
          w.uint32(18)
          ConfigVersion.codec().encode(obj.config, w)
        }

        if (obj.floor != null) {
          w.uint32(26)
          Rank.codec().encode(obj.floor, w)
        }

        if ((obj.standby != null && obj.standby !== false)) {
          w.uint32(32)
          w.bool(obj.standby)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          round: 0,
          standby: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.round = reader.uint64Number()
              break
            }
            case 2: {
              obj.config = ConfigVersion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 3: {
              obj.floor = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.floor
              })
              break
            }
            case 4: {
              obj.standby = reader.bool()
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
                field: `${prefix}.round`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * ConfigVersion.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 3: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.floor`, {
                limits: opts.limits?.floor
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.standby`,
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

  export interface HeartbeatRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export interface HeartbeatConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface HeartbeatConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface HeartbeatFloorEpochFieldEvent {
    field: '$.floor.epoch'
    value: number
  }

  export interface HeartbeatFloorTermFieldEvent {
    field: '$.floor.term'
    value: number
  }

  export interface HeartbeatFloorIndexFieldEvent {
    field: '$.floor.index'
    value: number
  }

  export interface HeartbeatStandbyFieldEvent {
    field: '$.standby'
    value: boolean
  }

  export function encode (obj: Partial<Heartbeat>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Heartbeat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Heartbeat {
    return decodeMessage(buf, Heartbeat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Generator<HeartbeatRoundFieldEvent | HeartbeatConfigTermFieldEvent | HeartbeatConfigVersionFieldEvent | HeartbeatFloorEpochFieldEvent | HeartbeatFloorTermFieldEvent | HeartbeatFloorIndexFieldEvent | HeartbeatStandbyFieldEvent> {
    return streamMessage(buf, Heartbeat.codec(), opts)
  }
}

export interface HeartbeatResponse {
  round: number
  config?: ConfigVersion
  synced?: Rank
  leaving: boolean
  promise: number
  highestEpoch: number
}

export namespace HeartbeatResponse {
  let _codec: Codec<HeartbeatResponse>

  export const codec = (): Codec<HeartbeatResponse> => {
    if (_codec == null) {
      _codec = message<HeartbeatResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.round)
        }

        if (obj.config != null) {
          w.uint32(18)
          ConfigVersion.codec().encode(obj.config, w)
        }

        if (obj.synced != null) {
          w.uint32(26)
          Rank.codec().encode(obj.synced, w)
        }

        if ((obj.leaving != null && obj.leaving !== false)) {
          w.uint32(32)
          w.bool(obj.leaving)
        }

        if ((obj.promise != null && obj.promise !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.promise)
        }

        if ((obj.highestEpoch != null && obj.highestEpoch !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.highestEpoch)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          round: 0,
          leaving: false,
          promise: 0,
          highestEpoch: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.round = reader.uint64Number()
              break
            }
            case 2: {
              obj.config = ConfigVersion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 3: {
              obj.synced = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.synced
              })
              break
            }
            case 4: {
              obj.leaving = reader.bool()
              break
            }
            case 5: {
              obj.promise = reader.uint64Number()
              break
            }
            case 6: {
              obj.highestEpoch = reader.uint64Number()
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
                field: `${prefix}.round`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * ConfigVersion.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 3: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.synced`, {
                limits: opts.limits?.synced
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.leaving`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.promise`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.highestEpoch`,
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

  export interface HeartbeatResponseRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export interface HeartbeatResponseConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface HeartbeatResponseConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface HeartbeatResponseSyncedEpochFieldEvent {
    field: '$.synced.epoch'
    value: number
  }

  export interface HeartbeatResponseSyncedTermFieldEvent {
    field: '$.synced.term'
    value: number
  }

  export interface HeartbeatResponseSyncedIndexFieldEvent {
    field: '$.synced.index'
    value: number
  }

  export interface HeartbeatResponseLeavingFieldEvent {
    field: '$.leaving'
    value: boolean
  }

  export interface HeartbeatResponsePromiseFieldEvent {
    field: '$.promise'
    value: number
  }

  export interface HeartbeatResponseHighestEpochFieldEvent {
    field: '$.highestEpoch'
    value: number
  }

  export function encode (obj: Partial<HeartbeatResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, HeartbeatResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HeartbeatResponse>): HeartbeatResponse {
    return decodeMessage(buf, HeartbeatResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HeartbeatResponse>): Generator<HeartbeatResponseRoundFieldEvent | HeartbeatResponseConfigTermFieldEvent | HeartbeatResponseConfigVersionFieldEvent | HeartbeatResponseSyncedEpochFieldEvent | HeartbeatResponseSyncedTermFieldEvent | HeartbeatResponseSyncedIndexFieldEvent | HeartbeatResponseLeavingFieldEvent | HeartbeatResponsePromiseFieldEvent | HeartbeatResponseHighestEpochFieldEvent> {
    return streamMessage(buf, HeartbeatResponse.codec(), opts)
  }
}

export interface ConfigMessage {
  config?: Config
  founded: boolean
}

export namespace ConfigMessage {
  let _codec: Codec<ConfigMessage>

  export const codec = (): Codec<ConfigMessage> => {
    if (_codec == null) {
      _codec = message<ConfigMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          Config.codec().encode(obj.config, w)
        }

        if ((obj.founded != null && obj.founded !== false)) {
          w.uint32(16)
          w.bool(obj.founded)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          founded: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 2: {
              obj.founded = reader.bool()
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
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.founded`,
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

  export interface ConfigMessageConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface ConfigMessageConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface ConfigMessageConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface ConfigMessageConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface ConfigMessageConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface ConfigMessageConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface ConfigMessageConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ConfigMessageConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export interface ConfigMessageFoundedFieldEvent {
    field: '$.founded'
    value: boolean
  }

  export function encode (obj: Partial<ConfigMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ConfigMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigMessage>): ConfigMessage {
    return decodeMessage(buf, ConfigMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigMessage>): Generator<ConfigMessageConfigGroupFieldEvent | ConfigMessageConfigEpochFieldEvent | ConfigMessageConfigKindFieldEvent | ConfigMessageConfigTermFieldEvent | ConfigMessageConfigVersionFieldEvent | ConfigMessageConfigVotersIdFieldEvent | ConfigMessageConfigVotersIncarnationFieldEvent | ConfigMessageConfigReplacesFieldEvent | ConfigMessageFoundedFieldEvent> {
    return streamMessage(buf, ConfigMessage.codec(), opts)
  }
}

export interface ConfigResponse {
  config?: ConfigVersion
}

export namespace ConfigResponse {
  let _codec: Codec<ConfigResponse>

  export const codec = (): Codec<ConfigResponse> => {
    if (_codec == null) {
      _codec = message<ConfigResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          ConfigVersion.codec().encode(obj.config, w)
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
              obj.config = ConfigVersion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
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
              yield * ConfigVersion.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
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

  export interface ConfigResponseConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface ConfigResponseConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export function encode (obj: Partial<ConfigResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ConfigResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigResponse>): ConfigResponse {
    return decodeMessage(buf, ConfigResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConfigResponse>): Generator<ConfigResponseConfigTermFieldEvent | ConfigResponseConfigVersionFieldEvent> {
    return streamMessage(buf, ConfigResponse.codec(), opts)
  }
}

export interface ReadRequest {
  since?: Rank
  part: number
}

export namespace ReadRequest {
  let _codec: Codec<ReadRequest>

  export const codec = (): Codec<ReadRequest> => {
    if (_codec == null) {
      _codec = message<ReadRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.since != null) {
          w.uint32(10)
          Rank.codec().encode(obj.since, w)
        }

        if ((obj.part != null && obj.part !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.part)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          part: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.since = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.since
              })
              break
            }
            case 2: {
              obj.part = reader.uint64Number()
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
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.since`, {
                limits: opts.limits?.since
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.part`,
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

  export interface ReadRequestSinceEpochFieldEvent {
    field: '$.since.epoch'
    value: number
  }

  export interface ReadRequestSinceTermFieldEvent {
    field: '$.since.term'
    value: number
  }

  export interface ReadRequestSinceIndexFieldEvent {
    field: '$.since.index'
    value: number
  }

  export interface ReadRequestPartFieldEvent {
    field: '$.part'
    value: number
  }

  export function encode (obj: Partial<ReadRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ReadRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadRequest>): ReadRequest {
    return decodeMessage(buf, ReadRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadRequest>): Generator<ReadRequestSinceEpochFieldEvent | ReadRequestSinceTermFieldEvent | ReadRequestSinceIndexFieldEvent | ReadRequestPartFieldEvent> {
    return streamMessage(buf, ReadRequest.codec(), opts)
  }
}

export interface ReadResponse {
  since?: Rank
  synced?: Rank
  part: number
  last: boolean
  entries: Entry[]
}

export namespace ReadResponse {
  let _codec: Codec<ReadResponse>

  export const codec = (): Codec<ReadResponse> => {
    if (_codec == null) {
      _codec = message<ReadResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.since != null) {
          w.uint32(10)
          Rank.codec().encode(obj.since, w)
        }

        if (obj.synced != null) {
          w.uint32(18)
          Rank.codec().encode(obj.synced, w)
        }

        if ((obj.part != null && obj.part !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.part)
        }

        if ((obj.last != null && obj.last !== false)) {
          w.uint32(32)
          w.bool(obj.last)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(42)
            Entry.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          part: 0,
          last: false,
          entries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.since = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.since
              })
              break
            }
            case 2: {
              obj.synced = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.synced
              })
              break
            }
            case 3: {
              obj.part = reader.uint64Number()
              break
            }
            case 4: {
              obj.last = reader.bool()
              break
            }
            case 5: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(Entry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
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
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.since`, {
                limits: opts.limits?.since
              })

              break
            }
            case 2: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.synced`, {
                limits: opts.limits?.synced
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.part`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.last`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of Entry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

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

  export interface ReadResponseSinceEpochFieldEvent {
    field: '$.since.epoch'
    value: number
  }

  export interface ReadResponseSinceTermFieldEvent {
    field: '$.since.term'
    value: number
  }

  export interface ReadResponseSinceIndexFieldEvent {
    field: '$.since.index'
    value: number
  }

  export interface ReadResponseSyncedEpochFieldEvent {
    field: '$.synced.epoch'
    value: number
  }

  export interface ReadResponseSyncedTermFieldEvent {
    field: '$.synced.term'
    value: number
  }

  export interface ReadResponseSyncedIndexFieldEvent {
    field: '$.synced.index'
    value: number
  }

  export interface ReadResponsePartFieldEvent {
    field: '$.part'
    value: number
  }

  export interface ReadResponseLastFieldEvent {
    field: '$.last'
    value: boolean
  }

  export interface ReadResponseEntriesKeyFieldEvent {
    field: '$.entries[].key'
    value: string
    index: number
  }

  export interface ReadResponseEntriesValueFieldEvent {
    field: '$.entries[].value'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ReadResponseEntriesRankEpochFieldEvent {
    field: '$.entries[].rank.epoch'
    value: number
    index: number
  }

  export interface ReadResponseEntriesRankTermFieldEvent {
    field: '$.entries[].rank.term'
    value: number
    index: number
  }

  export interface ReadResponseEntriesRankIndexFieldEvent {
    field: '$.entries[].rank.index'
    value: number
    index: number
  }

  export function encode (obj: Partial<ReadResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ReadResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadResponse>): ReadResponse {
    return decodeMessage(buf, ReadResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadResponse>): Generator<ReadResponseSinceEpochFieldEvent | ReadResponseSinceTermFieldEvent | ReadResponseSinceIndexFieldEvent | ReadResponseSyncedEpochFieldEvent | ReadResponseSyncedTermFieldEvent | ReadResponseSyncedIndexFieldEvent | ReadResponsePartFieldEvent | ReadResponseLastFieldEvent | ReadResponseEntriesKeyFieldEvent | ReadResponseEntriesValueFieldEvent | ReadResponseEntriesRankEpochFieldEvent | ReadResponseEntriesRankTermFieldEvent | ReadResponseEntriesRankIndexFieldEvent> {
    return streamMessage(buf, ReadResponse.codec(), opts)
  }
}

export interface Append {
  from?: Rank
  to?: Rank
  reset: boolean
  part: number
  last: boolean
  entries: Entry[]
}

export namespace Append {
  let _codec: Codec<Append>

  export const codec = (): Codec<Append> => {
    if (_codec == null) {
      _codec = message<Append>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.from != null) {
          w.uint32(10)
          Rank.codec().encode(obj.from, w)
        }

        if (obj.to != null) {
          w.uint32(18)
          Rank.codec().encode(obj.to, w)
        }

        if ((obj.reset != null && obj.reset !== false)) {
          w.uint32(24)
          w.bool(obj.reset)
        }

        if ((obj.part != null && obj.part !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.part)
        }

        if ((obj.last != null && obj.last !== false)) {
          w.uint32(40)
          w.bool(obj.last)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(50)
            Entry.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reset: false,
          part: 0,
          last: false,
          entries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.from
              })
              break
            }
            case 2: {
              obj.to = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.to
              })
              break
            }
            case 3: {
              obj.reset = reader.bool()
              break
            }
            case 4: {
              obj.part = reader.uint64Number()
              break
            }
            case 5: {
              obj.last = reader.bool()
              break
            }
            case 6: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(Entry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
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
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.from`, {
                limits: opts.limits?.from
              })

              break
            }
            case 2: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.to`, {
                limits: opts.limits?.to
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.reset`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.part`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.last`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of Entry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

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

  export interface AppendFromEpochFieldEvent {
    field: '$.from.epoch'
    value: number
  }

  export interface AppendFromTermFieldEvent {
    field: '$.from.term'
    value: number
  }

  export interface AppendFromIndexFieldEvent {
    field: '$.from.index'
    value: number
  }

  export interface AppendToEpochFieldEvent {
    field: '$.to.epoch'
    value: number
  }

  export interface AppendToTermFieldEvent {
    field: '$.to.term'
    value: number
  }

  export interface AppendToIndexFieldEvent {
    field: '$.to.index'
    value: number
  }

  export interface AppendResetFieldEvent {
    field: '$.reset'
    value: boolean
  }

  export interface AppendPartFieldEvent {
    field: '$.part'
    value: number
  }

  export interface AppendLastFieldEvent {
    field: '$.last'
    value: boolean
  }

  export interface AppendEntriesKeyFieldEvent {
    field: '$.entries[].key'
    value: string
    index: number
  }

  export interface AppendEntriesValueFieldEvent {
    field: '$.entries[].value'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AppendEntriesRankEpochFieldEvent {
    field: '$.entries[].rank.epoch'
    value: number
    index: number
  }

  export interface AppendEntriesRankTermFieldEvent {
    field: '$.entries[].rank.term'
    value: number
    index: number
  }

  export interface AppendEntriesRankIndexFieldEvent {
    field: '$.entries[].rank.index'
    value: number
    index: number
  }

  export function encode (obj: Partial<Append>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Append.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Append>): Append {
    return decodeMessage(buf, Append.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Append>): Generator<AppendFromEpochFieldEvent | AppendFromTermFieldEvent | AppendFromIndexFieldEvent | AppendToEpochFieldEvent | AppendToTermFieldEvent | AppendToIndexFieldEvent | AppendResetFieldEvent | AppendPartFieldEvent | AppendLastFieldEvent | AppendEntriesKeyFieldEvent | AppendEntriesValueFieldEvent | AppendEntriesRankEpochFieldEvent | AppendEntriesRankTermFieldEvent | AppendEntriesRankIndexFieldEvent> {
    return streamMessage(buf, Append.codec(), opts)
  }
}

export interface AppendResponse {
  synced?: Rank
  part: number
}

export namespace AppendResponse {
  let _codec: Codec<AppendResponse>

  export const codec = (): Codec<AppendResponse> => {
    if (_codec == null) {
      _codec = message<AppendResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.synced != null) {
          w.uint32(10)
          Rank.codec().encode(obj.synced, w)
        }

        if ((obj.part != null && obj.part !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.part)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          part: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.synced = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.synced
              })
              break
            }
            case 2: {
              obj.part = reader.uint64Number()
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
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.synced`, {
                limits: opts.limits?.synced
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.part`,
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

  export interface AppendResponseSyncedEpochFieldEvent {
    field: '$.synced.epoch'
    value: number
  }

  export interface AppendResponseSyncedTermFieldEvent {
    field: '$.synced.term'
    value: number
  }

  export interface AppendResponseSyncedIndexFieldEvent {
    field: '$.synced.index'
    value: number
  }

  export interface AppendResponsePartFieldEvent {
    field: '$.part'
    value: number
  }

  export function encode (obj: Partial<AppendResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AppendResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendResponse>): AppendResponse {
    return decodeMessage(buf, AppendResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendResponse>): Generator<AppendResponseSyncedEpochFieldEvent | AppendResponseSyncedTermFieldEvent | AppendResponseSyncedIndexFieldEvent | AppendResponsePartFieldEvent> {
    return streamMessage(buf, AppendResponse.codec(), opts)
  }
}

export interface TimeoutNow {}

export namespace TimeoutNow {
  let _codec: Codec<TimeoutNow>

  export const codec = (): Codec<TimeoutNow> => {
    if (_codec == null) {
      _codec = message<TimeoutNow>((obj, w, opts = {}) => {
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

  export function encode (obj: Partial<TimeoutNow>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TimeoutNow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimeoutNow>): TimeoutNow {
    return decodeMessage(buf, TimeoutNow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimeoutNow>): Generator<{}> {
    return streamMessage(buf, TimeoutNow.codec(), opts)
  }
}

export interface Bye {
  seat: boolean
}

export namespace Bye {
  let _codec: Codec<Bye>

  export const codec = (): Codec<Bye> => {
    if (_codec == null) {
      _codec = message<Bye>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seat != null && obj.seat !== false)) {
          w.uint32(8)
          w.bool(obj.seat)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seat: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seat = reader.bool()
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
                field: `${prefix}.seat`,
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

  export interface ByeSeatFieldEvent {
    field: '$.seat'
    value: boolean
  }

  export function encode (obj: Partial<Bye>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Bye.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bye>): Bye {
    return decodeMessage(buf, Bye.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bye>): Generator<ByeSeatFieldEvent> {
    return streamMessage(buf, Bye.codec(), opts)
  }
}

export interface Propose {
  config?: Config
  size: number
  firm: boolean
}

export namespace Propose {
  let _codec: Codec<Propose>

  export const codec = (): Codec<Propose> => {
    if (_codec == null) {
      _codec = message<Propose>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.config != null) {
          w.uint32(10)
          Config.codec().encode(obj.config, w)
        }

        if ((obj.size != null && obj.size !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.size)
        }

        if ((obj.firm != null && obj.firm !== false)) {
          w.uint32(24)
          w.bool(obj.firm)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          size: 0,
          firm: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 2: {
              obj.size = reader.uint64Number()
              break
            }
            case 3: {
              obj.firm = reader.bool()
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
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.size`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.firm`,
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

  export interface ProposeConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface ProposeConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface ProposeConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface ProposeConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface ProposeConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface ProposeConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface ProposeConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ProposeConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export interface ProposeSizeFieldEvent {
    field: '$.size'
    value: number
  }

  export interface ProposeFirmFieldEvent {
    field: '$.firm'
    value: boolean
  }

  export function encode (obj: Partial<Propose>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Propose.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Propose>): Propose {
    return decodeMessage(buf, Propose.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Propose>): Generator<ProposeConfigGroupFieldEvent | ProposeConfigEpochFieldEvent | ProposeConfigKindFieldEvent | ProposeConfigTermFieldEvent | ProposeConfigVersionFieldEvent | ProposeConfigVotersIdFieldEvent | ProposeConfigVotersIncarnationFieldEvent | ProposeConfigReplacesFieldEvent | ProposeSizeFieldEvent | ProposeFirmFieldEvent> {
    return streamMessage(buf, Propose.codec(), opts)
  }
}

export interface Pledge {
  proposed: number
  ok: boolean
  why: string
  firm: boolean
}

export namespace Pledge {
  let _codec: Codec<Pledge>

  export const codec = (): Codec<Pledge> => {
    if (_codec == null) {
      _codec = message<Pledge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.proposed != null && obj.proposed !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.proposed)
        }

        if ((obj.ok != null && obj.ok !== false)) {
          w.uint32(16)
          w.bool(obj.ok)
        }

        if ((obj.why != null && obj.why !== '')) {
          w.uint32(26)
          w.string(obj.why)
        }

        if ((obj.firm != null && obj.firm !== false)) {
          w.uint32(32)
          w.bool(obj.firm)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          proposed: 0,
          ok: false,
          why: '',
          firm: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.proposed = reader.uint64Number()
              break
            }
            case 2: {
              obj.ok = reader.bool()
              break
            }
            case 3: {
              obj.why = reader.string()
              break
            }
            case 4: {
              obj.firm = reader.bool()
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
                field: `${prefix}.proposed`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.ok`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.why`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.firm`,
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

  export interface PledgeProposedFieldEvent {
    field: '$.proposed'
    value: number
  }

  export interface PledgeOkFieldEvent {
    field: '$.ok'
    value: boolean
  }

  export interface PledgeWhyFieldEvent {
    field: '$.why'
    value: string
  }

  export interface PledgeFirmFieldEvent {
    field: '$.firm'
    value: boolean
  }

  export function encode (obj: Partial<Pledge>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Pledge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pledge>): Pledge {
    return decodeMessage(buf, Pledge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pledge>): Generator<PledgeProposedFieldEvent | PledgeOkFieldEvent | PledgeWhyFieldEvent | PledgeFirmFieldEvent> {
    return streamMessage(buf, Pledge.codec(), opts)
  }
}

export interface Yield {
  to: number
}

export namespace Yield {
  let _codec: Codec<Yield>

  export const codec = (): Codec<Yield> => {
    if (_codec == null) {
      _codec = message<Yield>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.to = reader.uint64Number()
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
                field: `${prefix}.to`,
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

  export interface YieldToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<Yield>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Yield.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Yield>): Yield {
    return decodeMessage(buf, Yield.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Yield>): Generator<YieldToFieldEvent> {
    return streamMessage(buf, Yield.codec(), opts)
  }
}

export interface Lineage {
  configs: SignedConfig[]
}

export namespace Lineage {
  let _codec: Codec<Lineage>

  export const codec = (): Codec<Lineage> => {
    if (_codec == null) {
      _codec = message<Lineage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.configs != null && obj.configs.length > 0) {
          for (const value of obj.configs) {
            w.uint32(10)
            SignedConfig.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          configs: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.configs != null && obj.configs.length === opts.limits.configs) {
                throw new MaxLengthError('Decode error - repeated field "configs" had too many elements')
              }

              obj.configs.push(SignedConfig.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.configs$
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
          configs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.configs != null && obj.configs === opts.limits.configs) {
                throw new MaxLengthError('Streaming decode error - repeated field "configs" had too many elements')
              }

              for (const evt of SignedConfig.codec().stream(reader, reader.uint32(), `${prefix}.configs[]`, {
                limits: opts.limits?.configs$
              })) {
                yield {
                  ...evt,
                  index: obj.configs
                }
              }

              obj.configs++

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

  export interface LineageConfigsByFieldEvent {
    field: '$.configs[].by'
    value: string
    index: number
  }

  export interface LineageConfigsConfigGroupFieldEvent {
    field: '$.configs[].config.group'
    value: number
    index: number
  }

  export interface LineageConfigsConfigEpochFieldEvent {
    field: '$.configs[].config.epoch'
    value: number
    index: number
  }

  export interface LineageConfigsConfigKindFieldEvent {
    field: '$.configs[].config.kind'
    value: GroupKind
    index: number
  }

  export interface LineageConfigsConfigTermFieldEvent {
    field: '$.configs[].config.term'
    value: number
    index: number
  }

  export interface LineageConfigsConfigVersionFieldEvent {
    field: '$.configs[].config.version'
    value: number
    index: number
  }

  export interface LineageConfigsConfigVotersIdFieldEvent {
    field: '$.configs[].config.voters[].id'
    value: string
    index: number
  }

  export interface LineageConfigsConfigVotersIncarnationFieldEvent {
    field: '$.configs[].config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface LineageConfigsConfigReplacesFieldEvent {
    field: '$.configs[].config.replaces'
    value: number
    index: number
  }

  export interface LineageConfigsSignatureFieldEvent {
    field: '$.configs[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface LineageConfigsPublicKeyFieldEvent {
    field: '$.configs[].publicKey'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<Lineage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Lineage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lineage>): Lineage {
    return decodeMessage(buf, Lineage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lineage>): Generator<LineageConfigsByFieldEvent | LineageConfigsConfigGroupFieldEvent | LineageConfigsConfigEpochFieldEvent | LineageConfigsConfigKindFieldEvent | LineageConfigsConfigTermFieldEvent | LineageConfigsConfigVersionFieldEvent | LineageConfigsConfigVotersIdFieldEvent | LineageConfigsConfigVotersIncarnationFieldEvent | LineageConfigsConfigReplacesFieldEvent | LineageConfigsSignatureFieldEvent | LineageConfigsPublicKeyFieldEvent> {
    return streamMessage(buf, Lineage.codec(), opts)
  }
}

export interface SignedConfig {
  by: string
  config?: Config
  signature: Uint8Array<ArrayBuffer>
  publicKey: Uint8Array<ArrayBuffer>
}

export namespace SignedConfig {
  let _codec: Codec<SignedConfig>

  export const codec = (): Codec<SignedConfig> => {
    if (_codec == null) {
      _codec = message<SignedConfig>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.by != null && obj.by !== '')) {
          w.uint32(10)
          w.string(obj.by)
        }

        if (obj.config != null) {
          w.uint32(18)
          Config.codec().encode(obj.config, w)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if ((obj.publicKey != null && obj.publicKey.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.publicKey)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          by: '',
          signature: uint8ArrayAlloc(0),
          publicKey: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.by = reader.string()
              break
            }
            case 2: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 3: {
              obj.signature = reader.bytes()
              break
            }
            case 4: {
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
                field: `${prefix}.by`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
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

  export interface SignedConfigByFieldEvent {
    field: '$.by'
    value: string
  }

  export interface SignedConfigConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface SignedConfigConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface SignedConfigConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface SignedConfigConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface SignedConfigConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface SignedConfigConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface SignedConfigConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SignedConfigConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export interface SignedConfigSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedConfigPublicKeyFieldEvent {
    field: '$.publicKey'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedConfig>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedConfig.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedConfig>): SignedConfig {
    return decodeMessage(buf, SignedConfig.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedConfig>): Generator<SignedConfigByFieldEvent | SignedConfigConfigGroupFieldEvent | SignedConfigConfigEpochFieldEvent | SignedConfigConfigKindFieldEvent | SignedConfigConfigTermFieldEvent | SignedConfigConfigVersionFieldEvent | SignedConfigConfigVotersIdFieldEvent | SignedConfigConfigVotersIncarnationFieldEvent | SignedConfigConfigReplacesFieldEvent | SignedConfigSignatureFieldEvent | SignedConfigPublicKeyFieldEvent> {
    return streamMessage(buf, SignedConfig.codec(), opts)
  }
}

export interface Statement {
  mesh: string
  service: string
  by: string
  config?: Config
}

export namespace Statement {
  let _codec: Codec<Statement>

  export const codec = (): Codec<Statement> => {
    if (_codec == null) {
      _codec = message<Statement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.mesh != null && obj.mesh !== '')) {
          w.uint32(10)
          w.string(obj.mesh)
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(18)
          w.string(obj.service)
        }

        if ((obj.by != null && obj.by !== '')) {
          w.uint32(26)
          w.string(obj.by)
        }

        if (obj.config != null) {
          w.uint32(34)
          Config.codec().encode(obj.config, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          mesh: '',
          service: '',
          by: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mesh = reader.string()
              break
            }
            case 2: {
              obj.service = reader.string()
              break
            }
            case 3: {
              obj.by = reader.string()
              break
            }
            case 4: {
              obj.config = Config.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
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
              yield {
                field: `${prefix}.mesh`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.by`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
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

  export interface StatementMeshFieldEvent {
    field: '$.mesh'
    value: string
  }

  export interface StatementServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface StatementByFieldEvent {
    field: '$.by'
    value: string
  }

  export interface StatementConfigGroupFieldEvent {
    field: '$.config.group'
    value: number
  }

  export interface StatementConfigEpochFieldEvent {
    field: '$.config.epoch'
    value: number
  }

  export interface StatementConfigKindFieldEvent {
    field: '$.config.kind'
    value: GroupKind
  }

  export interface StatementConfigTermFieldEvent {
    field: '$.config.term'
    value: number
  }

  export interface StatementConfigVersionFieldEvent {
    field: '$.config.version'
    value: number
  }

  export interface StatementConfigVotersIdFieldEvent {
    field: '$.config.voters[].id'
    value: string
    index: number
  }

  export interface StatementConfigVotersIncarnationFieldEvent {
    field: '$.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StatementConfigReplacesFieldEvent {
    field: '$.config.replaces'
    value: number
  }

  export function encode (obj: Partial<Statement>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Statement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Statement>): Statement {
    return decodeMessage(buf, Statement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Statement>): Generator<StatementMeshFieldEvent | StatementServiceFieldEvent | StatementByFieldEvent | StatementConfigGroupFieldEvent | StatementConfigEpochFieldEvent | StatementConfigKindFieldEvent | StatementConfigTermFieldEvent | StatementConfigVersionFieldEvent | StatementConfigVotersIdFieldEvent | StatementConfigVotersIncarnationFieldEvent | StatementConfigReplacesFieldEvent> {
    return streamMessage(buf, Statement.codec(), opts)
  }
}

export interface Stored {
  number: number
  hard?: Stored.Hard
  reset: boolean
  entries: Entry[]
  drop: string[]
  synced?: Rank
  logged: boolean
}

export namespace Stored {
  export interface Hard {
    incarnation: Uint8Array<ArrayBuffer>
    config?: Config
    founded: boolean
    term: number
    vote: string
    highestEpoch: number
    lineage: SignedConfig[]
    epochAhead: number
  }

  export namespace Hard {
    let _codec: Codec<Hard>

    export const codec = (): Codec<Hard> => {
      if (_codec == null) {
        _codec = message<Hard>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.incarnation != null && obj.incarnation.byteLength > 0)) {
            w.uint32(10)
            w.bytes(obj.incarnation)
          }

          if (obj.config != null) {
            w.uint32(18)
            Config.codec().encode(obj.config, w)
          }

          if ((obj.founded != null && obj.founded !== false)) {
            w.uint32(24)
            w.bool(obj.founded)
          }

          if ((obj.term != null && obj.term !== 0)) {
            w.uint32(32)
            w.uint64Number(obj.term)
          }

          if ((obj.vote != null && obj.vote !== '')) {
            w.uint32(42)
            w.string(obj.vote)
          }

          if ((obj.highestEpoch != null && obj.highestEpoch !== 0)) {
            w.uint32(48)
            w.uint64Number(obj.highestEpoch)
          }

          if (obj.lineage != null && obj.lineage.length > 0) {
            for (const value of obj.lineage) {
              w.uint32(58)
              SignedConfig.codec().encode(value, w)
            }
          }

          if ((obj.epochAhead != null && obj.epochAhead !== 0)) {
            w.uint32(64)
            w.uint64Number(obj.epochAhead)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            incarnation: uint8ArrayAlloc(0),
            founded: false,
            term: 0,
            vote: '',
            highestEpoch: 0,
            lineage: [],
            epochAhead: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.incarnation = reader.bytes()
                break
              }
              case 2: {
                obj.config = Config.codec().decode(reader, reader.uint32(), {
                  limits: opts.limits?.config
                })
                break
              }
              case 3: {
                obj.founded = reader.bool()
                break
              }
              case 4: {
                obj.term = reader.uint64Number()
                break
              }
              case 5: {
                obj.vote = reader.string()
                break
              }
              case 6: {
                obj.highestEpoch = reader.uint64Number()
                break
              }
              case 7: {
                if (opts.limits?.lineage != null && obj.lineage.length === opts.limits.lineage) {
                  throw new MaxLengthError('Decode error - repeated field "lineage" had too many elements')
                }

                obj.lineage.push(SignedConfig.codec().decode(reader, reader.uint32(), {
                  limits: opts.limits?.lineage$
                }))
                break
              }
              case 8: {
                obj.epochAhead = reader.uint64Number()
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
            lineage: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.incarnation`,
                  value: reader.bytes()
                }
                break
              }
              case 2: {
                yield * Config.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                  limits: opts.limits?.config
                })

                break
              }
              case 3: {
                yield {
                  field: `${prefix}.founded`,
                  value: reader.bool()
                }
                break
              }
              case 4: {
                yield {
                  field: `${prefix}.term`,
                  value: reader.uint64Number()
                }
                break
              }
              case 5: {
                yield {
                  field: `${prefix}.vote`,
                  value: reader.string()
                }
                break
              }
              case 6: {
                yield {
                  field: `${prefix}.highestEpoch`,
                  value: reader.uint64Number()
                }
                break
              }
              case 7: {
                if (opts.limits?.lineage != null && obj.lineage === opts.limits.lineage) {
                  throw new MaxLengthError('Streaming decode error - repeated field "lineage" had too many elements')
                }

                for (const evt of SignedConfig.codec().stream(reader, reader.uint32(), `${prefix}.lineage[]`, {
                  limits: opts.limits?.lineage$
                })) {
                  yield {
                    ...evt,
                    index: obj.lineage
                  }
                }

                obj.lineage++

                break
              }
              case 8: {
                yield {
                  field: `${prefix}.epochAhead`,
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

    export interface HardIncarnationFieldEvent {
      field: '$.incarnation'
      value: Uint8Array<ArrayBuffer>
    }

    export interface HardConfigGroupFieldEvent {
      field: '$.config.group'
      value: number
    }

    export interface HardConfigEpochFieldEvent {
      field: '$.config.epoch'
      value: number
    }

    export interface HardConfigKindFieldEvent {
      field: '$.config.kind'
      value: GroupKind
    }

    export interface HardConfigTermFieldEvent {
      field: '$.config.term'
      value: number
    }

    export interface HardConfigVersionFieldEvent {
      field: '$.config.version'
      value: number
    }

    export interface HardConfigVotersIdFieldEvent {
      field: '$.config.voters[].id'
      value: string
      index: number
    }

    export interface HardConfigVotersIncarnationFieldEvent {
      field: '$.config.voters[].incarnation'
      value: Uint8Array<ArrayBuffer>
      index: number
    }

    export interface HardConfigReplacesFieldEvent {
      field: '$.config.replaces'
      value: number
    }

    export interface HardFoundedFieldEvent {
      field: '$.founded'
      value: boolean
    }

    export interface HardTermFieldEvent {
      field: '$.term'
      value: number
    }

    export interface HardVoteFieldEvent {
      field: '$.vote'
      value: string
    }

    export interface HardHighestEpochFieldEvent {
      field: '$.highestEpoch'
      value: number
    }

    export interface HardLineageByFieldEvent {
      field: '$.lineage[].by'
      value: string
      index: number
    }

    export interface HardLineageConfigGroupFieldEvent {
      field: '$.lineage[].config.group'
      value: number
      index: number
    }

    export interface HardLineageConfigEpochFieldEvent {
      field: '$.lineage[].config.epoch'
      value: number
      index: number
    }

    export interface HardLineageConfigKindFieldEvent {
      field: '$.lineage[].config.kind'
      value: GroupKind
      index: number
    }

    export interface HardLineageConfigTermFieldEvent {
      field: '$.lineage[].config.term'
      value: number
      index: number
    }

    export interface HardLineageConfigVersionFieldEvent {
      field: '$.lineage[].config.version'
      value: number
      index: number
    }

    export interface HardLineageConfigVotersIdFieldEvent {
      field: '$.lineage[].config.voters[].id'
      value: string
      index: number
    }

    export interface HardLineageConfigVotersIncarnationFieldEvent {
      field: '$.lineage[].config.voters[].incarnation'
      value: Uint8Array<ArrayBuffer>
      index: number
    }

    export interface HardLineageConfigReplacesFieldEvent {
      field: '$.lineage[].config.replaces'
      value: number
      index: number
    }

    export interface HardLineageSignatureFieldEvent {
      field: '$.lineage[].signature'
      value: Uint8Array<ArrayBuffer>
      index: number
    }

    export interface HardLineagePublicKeyFieldEvent {
      field: '$.lineage[].publicKey'
      value: Uint8Array<ArrayBuffer>
      index: number
    }

    export interface HardEpochAheadFieldEvent {
      field: '$.epochAhead'
      value: number
    }

    export function encode (obj: Partial<Hard>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Hard.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hard>): Hard {
      return decodeMessage(buf, Hard.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hard>): Generator<HardIncarnationFieldEvent | HardConfigGroupFieldEvent | HardConfigEpochFieldEvent | HardConfigKindFieldEvent | HardConfigTermFieldEvent | HardConfigVersionFieldEvent | HardConfigVotersIdFieldEvent | HardConfigVotersIncarnationFieldEvent | HardConfigReplacesFieldEvent | HardFoundedFieldEvent | HardTermFieldEvent | HardVoteFieldEvent | HardHighestEpochFieldEvent | HardLineageByFieldEvent | HardLineageConfigGroupFieldEvent | HardLineageConfigEpochFieldEvent | HardLineageConfigKindFieldEvent | HardLineageConfigTermFieldEvent | HardLineageConfigVersionFieldEvent | HardLineageConfigVotersIdFieldEvent | HardLineageConfigVotersIncarnationFieldEvent | HardLineageConfigReplacesFieldEvent | HardLineageSignatureFieldEvent | HardLineagePublicKeyFieldEvent | HardEpochAheadFieldEvent> {
      return streamMessage(buf, Hard.codec(), opts)
    }
  }

  let _codec: Codec<Stored>

  export const codec = (): Codec<Stored> => {
    if (_codec == null) {
      _codec = message<Stored>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.number)
        }

        if (obj.hard != null) {
          w.uint32(18)
          Stored.Hard.codec().encode(obj.hard, w)
        }

        if ((obj.reset != null && obj.reset !== false)) {
          w.uint32(24)
          w.bool(obj.reset)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(34)
            Entry.codec().encode(value, w)
          }
        }

        if (obj.drop != null && obj.drop.length > 0) {
          for (const value of obj.drop) {
            w.uint32(42)
            w.string(value)
          }
        }

        if (obj.synced != null) {
          w.uint32(50)
          Rank.codec().encode(obj.synced, w)
        }

        if ((obj.logged != null && obj.logged !== false)) {
          w.uint32(56)
          w.bool(obj.logged)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          number: 0,
          reset: false,
          entries: [],
          drop: [],
          logged: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.number = reader.uint64Number()
              break
            }
            case 2: {
              obj.hard = Stored.Hard.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hard
              })
              break
            }
            case 3: {
              obj.reset = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(Entry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 5: {
              if (opts.limits?.drop != null && obj.drop.length === opts.limits.drop) {
                throw new MaxLengthError('Decode error - repeated field "drop" had too many elements')
              }

              obj.drop.push(reader.string())
              break
            }
            case 6: {
              obj.synced = Rank.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.synced
              })
              break
            }
            case 7: {
              obj.logged = reader.bool()
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
          entries: 0,
          drop: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * Stored.Hard.codec().stream(reader, reader.uint32(), `${prefix}.hard`, {
                limits: opts.limits?.hard
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.reset`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of Entry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

              break
            }
            case 5: {
              if (opts.limits?.drop != null && obj.drop === opts.limits.drop) {
                throw new MaxLengthError('Streaming decode error - repeated field "drop" had too many elements')
              }

              yield {
                field: `${prefix}.drop[]`,
                index: obj.drop,
                value: reader.string()
              }

              obj.drop++

              break
            }
            case 6: {
              yield * Rank.codec().stream(reader, reader.uint32(), `${prefix}.synced`, {
                limits: opts.limits?.synced
              })

              break
            }
            case 7: {
              yield {
                field: `${prefix}.logged`,
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

  export interface StoredNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface StoredHardIncarnationFieldEvent {
    field: '$.hard.incarnation'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredHardConfigGroupFieldEvent {
    field: '$.hard.config.group'
    value: number
  }

  export interface StoredHardConfigEpochFieldEvent {
    field: '$.hard.config.epoch'
    value: number
  }

  export interface StoredHardConfigKindFieldEvent {
    field: '$.hard.config.kind'
    value: GroupKind
  }

  export interface StoredHardConfigTermFieldEvent {
    field: '$.hard.config.term'
    value: number
  }

  export interface StoredHardConfigVersionFieldEvent {
    field: '$.hard.config.version'
    value: number
  }

  export interface StoredHardConfigVotersIdFieldEvent {
    field: '$.hard.config.voters[].id'
    value: string
    index: number
  }

  export interface StoredHardConfigVotersIncarnationFieldEvent {
    field: '$.hard.config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredHardConfigReplacesFieldEvent {
    field: '$.hard.config.replaces'
    value: number
  }

  export interface StoredHardFoundedFieldEvent {
    field: '$.hard.founded'
    value: boolean
  }

  export interface StoredHardTermFieldEvent {
    field: '$.hard.term'
    value: number
  }

  export interface StoredHardVoteFieldEvent {
    field: '$.hard.vote'
    value: string
  }

  export interface StoredHardHighestEpochFieldEvent {
    field: '$.hard.highestEpoch'
    value: number
  }

  export interface StoredHardLineageByFieldEvent {
    field: '$.hard.lineage[].by'
    value: string
    index: number
  }

  export interface StoredHardLineageConfigGroupFieldEvent {
    field: '$.hard.lineage[].config.group'
    value: number
    index: number
  }

  export interface StoredHardLineageConfigEpochFieldEvent {
    field: '$.hard.lineage[].config.epoch'
    value: number
    index: number
  }

  export interface StoredHardLineageConfigKindFieldEvent {
    field: '$.hard.lineage[].config.kind'
    value: GroupKind
    index: number
  }

  export interface StoredHardLineageConfigTermFieldEvent {
    field: '$.hard.lineage[].config.term'
    value: number
    index: number
  }

  export interface StoredHardLineageConfigVersionFieldEvent {
    field: '$.hard.lineage[].config.version'
    value: number
    index: number
  }

  export interface StoredHardLineageConfigVotersIdFieldEvent {
    field: '$.hard.lineage[].config.voters[].id'
    value: string
    index: number
  }

  export interface StoredHardLineageConfigVotersIncarnationFieldEvent {
    field: '$.hard.lineage[].config.voters[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredHardLineageConfigReplacesFieldEvent {
    field: '$.hard.lineage[].config.replaces'
    value: number
    index: number
  }

  export interface StoredHardLineageSignatureFieldEvent {
    field: '$.hard.lineage[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredHardLineagePublicKeyFieldEvent {
    field: '$.hard.lineage[].publicKey'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredHardEpochAheadFieldEvent {
    field: '$.hard.epochAhead'
    value: number
  }

  export interface StoredResetFieldEvent {
    field: '$.reset'
    value: boolean
  }

  export interface StoredEntriesKeyFieldEvent {
    field: '$.entries[].key'
    value: string
    index: number
  }

  export interface StoredEntriesValueFieldEvent {
    field: '$.entries[].value'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredEntriesRankEpochFieldEvent {
    field: '$.entries[].rank.epoch'
    value: number
    index: number
  }

  export interface StoredEntriesRankTermFieldEvent {
    field: '$.entries[].rank.term'
    value: number
    index: number
  }

  export interface StoredEntriesRankIndexFieldEvent {
    field: '$.entries[].rank.index'
    value: number
    index: number
  }

  export interface StoredDropFieldEvent {
    field: '$.drop[]'
    index: number
    value: string
  }

  export interface StoredSyncedEpochFieldEvent {
    field: '$.synced.epoch'
    value: number
  }

  export interface StoredSyncedTermFieldEvent {
    field: '$.synced.term'
    value: number
  }

  export interface StoredSyncedIndexFieldEvent {
    field: '$.synced.index'
    value: number
  }

  export interface StoredLoggedFieldEvent {
    field: '$.logged'
    value: boolean
  }

  export function encode (obj: Partial<Stored>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Stored.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stored>): Stored {
    return decodeMessage(buf, Stored.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stored>): Generator<StoredNumberFieldEvent | StoredHardIncarnationFieldEvent | StoredHardConfigGroupFieldEvent | StoredHardConfigEpochFieldEvent | StoredHardConfigKindFieldEvent | StoredHardConfigTermFieldEvent | StoredHardConfigVersionFieldEvent | StoredHardConfigVotersIdFieldEvent | StoredHardConfigVotersIncarnationFieldEvent | StoredHardConfigReplacesFieldEvent | StoredHardFoundedFieldEvent | StoredHardTermFieldEvent | StoredHardVoteFieldEvent | StoredHardHighestEpochFieldEvent | StoredHardLineageByFieldEvent | StoredHardLineageConfigGroupFieldEvent | StoredHardLineageConfigEpochFieldEvent | StoredHardLineageConfigKindFieldEvent | StoredHardLineageConfigTermFieldEvent | StoredHardLineageConfigVersionFieldEvent | StoredHardLineageConfigVotersIdFieldEvent | StoredHardLineageConfigVotersIncarnationFieldEvent | StoredHardLineageConfigReplacesFieldEvent | StoredHardLineageSignatureFieldEvent | StoredHardLineagePublicKeyFieldEvent | StoredHardEpochAheadFieldEvent | StoredResetFieldEvent | StoredEntriesKeyFieldEvent | StoredEntriesValueFieldEvent | StoredEntriesRankEpochFieldEvent | StoredEntriesRankTermFieldEvent | StoredEntriesRankIndexFieldEvent | StoredDropFieldEvent | StoredSyncedEpochFieldEvent | StoredSyncedTermFieldEvent | StoredSyncedIndexFieldEvent | StoredLoggedFieldEvent> {
    return streamMessage(buf, Stored.codec(), opts)
  }
}
