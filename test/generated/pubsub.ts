// @ts-nocheck generated from pubsub.proto by npm run generate: do not edit
import { decodeMessage, encodeMessage, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface PubsubFrame {
  open?: Open
  credit?: Credit
  ack?: Ack
  lacks?: Lacks
  leave?: Leave
  stale?: Stale
  opened?: Opened
  assign?: Assign
  drop?: Drop
  covered?: Covered
  beat?: Beat
  stored?: StoredUpto
  fetch?: Fetch
  range?: Range
  cursors?: Cursors
  ask?: Ask
  have?: Have
  registry?: RegistryPart
  batch?: BatchPart
  openedAll?: OpenedAll
  announce?: Announce
}

export namespace PubsubFrame {
  let _codec: Codec<PubsubFrame>

  export const codec = (): Codec<PubsubFrame> => {
    if (_codec == null) {
      _codec = message<PubsubFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.open != null) {
          w.uint32(10)
          Open.codec().encode(obj.open, w)
        }

        if (obj.credit != null) {
          w.uint32(18)
          Credit.codec().encode(obj.credit, w)
        }

        if (obj.ack != null) {
          w.uint32(26)
          Ack.codec().encode(obj.ack, w)
        }

        if (obj.lacks != null) {
          w.uint32(34)
          Lacks.codec().encode(obj.lacks, w)
        }

        if (obj.leave != null) {
          w.uint32(42)
          Leave.codec().encode(obj.leave, w)
        }

        if (obj.stale != null) {
          w.uint32(50)
          Stale.codec().encode(obj.stale, w)
        }

        if (obj.opened != null) {
          w.uint32(58)
          Opened.codec().encode(obj.opened, w)
        }

        if (obj.assign != null) {
          w.uint32(66)
          Assign.codec().encode(obj.assign, w)
        }

        if (obj.drop != null) {
          w.uint32(74)
          Drop.codec().encode(obj.drop, w)
        }

        if (obj.covered != null) {
          w.uint32(82)
          Covered.codec().encode(obj.covered, w)
        }

        if (obj.beat != null) {
          w.uint32(90)
          Beat.codec().encode(obj.beat, w)
        }

        if (obj.stored != null) {
          w.uint32(98)
          StoredUpto.codec().encode(obj.stored, w)
        }

        if (obj.fetch != null) {
          w.uint32(106)
          Fetch.codec().encode(obj.fetch, w)
        }

        if (obj.range != null) {
          w.uint32(114)
          Range.codec().encode(obj.range, w)
        }

        if (obj.cursors != null) {
          w.uint32(122)
          Cursors.codec().encode(obj.cursors, w)
        }

        if (obj.ask != null) {
          w.uint32(130)
          Ask.codec().encode(obj.ask, w)
        }

        if (obj.have != null) {
          w.uint32(138)
          Have.codec().encode(obj.have, w)
        }

        if (obj.registry != null) {
          w.uint32(146)
          RegistryPart.codec().encode(obj.registry, w)
        }

        if (obj.batch != null) {
          w.uint32(154)
          BatchPart.codec().encode(obj.batch, w)
        }

        if (obj.openedAll != null) {
          w.uint32(162)
          OpenedAll.codec().encode(obj.openedAll, w)
        }

        if (obj.announce != null) {
          w.uint32(170)
          Announce.codec().encode(obj.announce, w)
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
              obj.open = Open.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.open
              })
              break
            }
            case 2: {
              obj.credit = Credit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.credit
              })
              break
            }
            case 3: {
              obj.ack = Ack.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ack
              })
              break
            }
            case 4: {
              obj.lacks = Lacks.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lacks
              })
              break
            }
            case 5: {
              obj.leave = Leave.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.leave
              })
              break
            }
            case 6: {
              obj.stale = Stale.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stale
              })
              break
            }
            case 7: {
              obj.opened = Opened.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.opened
              })
              break
            }
            case 8: {
              obj.assign = Assign.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.assign
              })
              break
            }
            case 9: {
              obj.drop = Drop.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.drop
              })
              break
            }
            case 10: {
              obj.covered = Covered.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.covered
              })
              break
            }
            case 11: {
              obj.beat = Beat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.beat
              })
              break
            }
            case 12: {
              obj.stored = StoredUpto.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stored
              })
              break
            }
            case 13: {
              obj.fetch = Fetch.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.fetch
              })
              break
            }
            case 14: {
              obj.range = Range.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.range
              })
              break
            }
            case 15: {
              obj.cursors = Cursors.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cursors
              })
              break
            }
            case 16: {
              obj.ask = Ask.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ask
              })
              break
            }
            case 17: {
              obj.have = Have.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.have
              })
              break
            }
            case 18: {
              obj.registry = RegistryPart.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.registry
              })
              break
            }
            case 19: {
              obj.batch = BatchPart.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.batch
              })
              break
            }
            case 20: {
              obj.openedAll = OpenedAll.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.openedAll
              })
              break
            }
            case 21: {
              obj.announce = Announce.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.announce
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
              yield * Open.codec().stream(reader, reader.uint32(), `${prefix}.open`, {
                limits: opts.limits?.open
              })

              break
            }
            case 2: {
              yield * Credit.codec().stream(reader, reader.uint32(), `${prefix}.credit`, {
                limits: opts.limits?.credit
              })

              break
            }
            case 3: {
              yield * Ack.codec().stream(reader, reader.uint32(), `${prefix}.ack`, {
                limits: opts.limits?.ack
              })

              break
            }
            case 4: {
              yield * Lacks.codec().stream(reader, reader.uint32(), `${prefix}.lacks`, {
                limits: opts.limits?.lacks
              })

              break
            }
            case 5: {
              yield * Leave.codec().stream(reader, reader.uint32(), `${prefix}.leave`, {
                limits: opts.limits?.leave
              })

              break
            }
            case 6: {
              yield * Stale.codec().stream(reader, reader.uint32(), `${prefix}.stale`, {
                limits: opts.limits?.stale
              })

              break
            }
            case 7: {
              yield * Opened.codec().stream(reader, reader.uint32(), `${prefix}.opened`, {
                limits: opts.limits?.opened
              })

              break
            }
            case 8: {
              yield * Assign.codec().stream(reader, reader.uint32(), `${prefix}.assign`, {
                limits: opts.limits?.assign
              })

              break
            }
            case 9: {
              yield * Drop.codec().stream(reader, reader.uint32(), `${prefix}.drop`, {
                limits: opts.limits?.drop
              })

              break
            }
            case 10: {
              yield * Covered.codec().stream(reader, reader.uint32(), `${prefix}.covered`, {
                limits: opts.limits?.covered
              })

              break
            }
            case 11: {
              yield * Beat.codec().stream(reader, reader.uint32(), `${prefix}.beat`, {
                limits: opts.limits?.beat
              })

              break
            }
            case 12: {
              yield * StoredUpto.codec().stream(reader, reader.uint32(), `${prefix}.stored`, {
                limits: opts.limits?.stored
              })

              break
            }
            case 13: {
              yield * Fetch.codec().stream(reader, reader.uint32(), `${prefix}.fetch`, {
                limits: opts.limits?.fetch
              })

              break
            }
            case 14: {
              yield * Range.codec().stream(reader, reader.uint32(), `${prefix}.range`, {
                limits: opts.limits?.range
              })

              break
            }
            case 15: {
              yield * Cursors.codec().stream(reader, reader.uint32(), `${prefix}.cursors`, {
                limits: opts.limits?.cursors
              })

              break
            }
            case 16: {
              yield * Ask.codec().stream(reader, reader.uint32(), `${prefix}.ask`, {
                limits: opts.limits?.ask
              })

              break
            }
            case 17: {
              yield * Have.codec().stream(reader, reader.uint32(), `${prefix}.have`, {
                limits: opts.limits?.have
              })

              break
            }
            case 18: {
              yield * RegistryPart.codec().stream(reader, reader.uint32(), `${prefix}.registry`, {
                limits: opts.limits?.registry
              })

              break
            }
            case 19: {
              yield * BatchPart.codec().stream(reader, reader.uint32(), `${prefix}.batch`, {
                limits: opts.limits?.batch
              })

              break
            }
            case 20: {
              yield * OpenedAll.codec().stream(reader, reader.uint32(), `${prefix}.openedAll`, {
                limits: opts.limits?.openedAll
              })

              break
            }
            case 21: {
              yield * Announce.codec().stream(reader, reader.uint32(), `${prefix}.announce`, {
                limits: opts.limits?.announce
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

  export interface PubsubFrameOpenLogTopicFieldEvent {
    field: '$.open.log.topic'
    value: string
  }

  export interface PubsubFrameOpenLogPublisherFieldEvent {
    field: '$.open.log.publisher'
    value: string
  }

  export interface PubsubFrameOpenLogEpochFieldEvent {
    field: '$.open.log.epoch'
    value: number
  }

  export interface PubsubFrameOpenSpecChannelFieldEvent {
    field: '$.open.spec.channel'
    value: string
  }

  export interface PubsubFrameOpenSpecPatternFieldEvent {
    field: '$.open.spec.pattern'
    value: string
  }

  export interface PubsubFrameOpenSpecNameFieldEvent {
    field: '$.open.spec.name'
    value: string
  }

  export interface PubsubFrameOpenSpecOpenedFieldEvent {
    field: '$.open.spec.opened'
    value: number
  }

  export interface PubsubFrameOpenSpecStartFieldEvent {
    field: '$.open.spec.start'
    value: number
  }

  export interface PubsubFrameOpenSpecDurableFieldEvent {
    field: '$.open.spec.durable'
    value: boolean
  }

  export interface PubsubFrameOpenSpecExpireFieldEvent {
    field: '$.open.spec.expire'
    value: number
  }

  export interface PubsubFrameOpenSpecMaxDeliverFieldEvent {
    field: '$.open.spec.maxDeliver'
    value: number
  }

  export interface PubsubFrameOpenSpecAckWaitFieldEvent {
    field: '$.open.spec.ackWait'
    value: number
  }

  export interface PubsubFrameOpenSpecBackoffFieldEvent {
    field: '$.open.spec.backoff[]'
    index: number
    value: number
  }

  export interface PubsubFrameOpenWeightFieldEvent {
    field: '$.open.weight'
    value: number
  }

  export interface PubsubFrameOpenFreshFieldEvent {
    field: '$.open.fresh'
    value: boolean
  }

  export interface PubsubFrameOpenSessionFieldEvent {
    field: '$.open.session'
    value: number
  }

  export interface PubsubFrameOpenPrefetchFieldEvent {
    field: '$.open.prefetch'
    value: number
  }

  export interface PubsubFrameOpenConcurrencyFieldEvent {
    field: '$.open.concurrency'
    value: number
  }

  export interface PubsubFrameOpenHoldsFieldEvent {
    field: '$.open.holds[]'
    index: number
    value: number
  }

  export interface PubsubFrameOpenLowFieldEvent {
    field: '$.open.low'
    value: number
  }

  export interface PubsubFrameOpenOutcomesDoneFieldEvent {
    field: '$.open.outcomes.done[]'
    index: number
    value: number
  }

  export interface PubsubFrameOpenOutcomesNaksSeqFieldEvent {
    field: '$.open.outcomes.naks[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameOpenOutcomesNaksAttemptFieldEvent {
    field: '$.open.outcomes.naks[].attempt'
    value: number
    index: number
  }

  export interface PubsubFrameOpenOutcomesNaksDelayFieldEvent {
    field: '$.open.outcomes.naks[].delay'
    value: number
    index: number
  }

  export interface PubsubFrameOpenOutcomesNaksReasonFieldEvent {
    field: '$.open.outcomes.naks[].reason'
    value: string
    index: number
  }

  export interface PubsubFrameOpenOutcomesNaksUnstartedFieldEvent {
    field: '$.open.outcomes.naks[].unstarted'
    value: boolean
    index: number
  }

  export interface PubsubFrameOpenOutcomesTermsSeqFieldEvent {
    field: '$.open.outcomes.terms[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameOpenOutcomesTermsReasonFieldEvent {
    field: '$.open.outcomes.terms[].reason'
    value: string
    index: number
  }

  export interface PubsubFrameOpenOutcomesExpiredFieldEvent {
    field: '$.open.outcomes.expired[]'
    index: number
    value: number
  }

  export interface PubsubFrameOpenOutcomesWorkingFieldEvent {
    field: '$.open.outcomes.working[]'
    index: number
    value: number
  }

  export interface PubsubFrameCreditLogTopicFieldEvent {
    field: '$.credit.log.topic'
    value: string
  }

  export interface PubsubFrameCreditLogPublisherFieldEvent {
    field: '$.credit.log.publisher'
    value: string
  }

  export interface PubsubFrameCreditLogEpochFieldEvent {
    field: '$.credit.log.epoch'
    value: number
  }

  export interface PubsubFrameCreditChannelFieldEvent {
    field: '$.credit.channel'
    value: string
  }

  export interface PubsubFrameCreditPrefetchFieldEvent {
    field: '$.credit.prefetch'
    value: number
  }

  export interface PubsubFrameCreditConcurrencyFieldEvent {
    field: '$.credit.concurrency'
    value: number
  }

  export interface PubsubFrameCreditUnstartedFieldEvent {
    field: '$.credit.unstarted[]'
    index: number
    value: number
  }

  export interface PubsubFrameAckLogTopicFieldEvent {
    field: '$.ack.log.topic'
    value: string
  }

  export interface PubsubFrameAckLogPublisherFieldEvent {
    field: '$.ack.log.publisher'
    value: string
  }

  export interface PubsubFrameAckLogEpochFieldEvent {
    field: '$.ack.log.epoch'
    value: number
  }

  export interface PubsubFrameAckChannelFieldEvent {
    field: '$.ack.channel'
    value: string
  }

  export interface PubsubFrameAckOutcomesDoneFieldEvent {
    field: '$.ack.outcomes.done[]'
    index: number
    value: number
  }

  export interface PubsubFrameAckOutcomesNaksSeqFieldEvent {
    field: '$.ack.outcomes.naks[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameAckOutcomesNaksAttemptFieldEvent {
    field: '$.ack.outcomes.naks[].attempt'
    value: number
    index: number
  }

  export interface PubsubFrameAckOutcomesNaksDelayFieldEvent {
    field: '$.ack.outcomes.naks[].delay'
    value: number
    index: number
  }

  export interface PubsubFrameAckOutcomesNaksReasonFieldEvent {
    field: '$.ack.outcomes.naks[].reason'
    value: string
    index: number
  }

  export interface PubsubFrameAckOutcomesNaksUnstartedFieldEvent {
    field: '$.ack.outcomes.naks[].unstarted'
    value: boolean
    index: number
  }

  export interface PubsubFrameAckOutcomesTermsSeqFieldEvent {
    field: '$.ack.outcomes.terms[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameAckOutcomesTermsReasonFieldEvent {
    field: '$.ack.outcomes.terms[].reason'
    value: string
    index: number
  }

  export interface PubsubFrameAckOutcomesExpiredFieldEvent {
    field: '$.ack.outcomes.expired[]'
    index: number
    value: number
  }

  export interface PubsubFrameAckOutcomesWorkingFieldEvent {
    field: '$.ack.outcomes.working[]'
    index: number
    value: number
  }

  export interface PubsubFrameLacksLogTopicFieldEvent {
    field: '$.lacks.log.topic'
    value: string
  }

  export interface PubsubFrameLacksLogPublisherFieldEvent {
    field: '$.lacks.log.publisher'
    value: string
  }

  export interface PubsubFrameLacksLogEpochFieldEvent {
    field: '$.lacks.log.epoch'
    value: number
  }

  export interface PubsubFrameLacksChannelFieldEvent {
    field: '$.lacks.channel'
    value: string
  }

  export interface PubsubFrameLacksRangesFieldEvent {
    field: '$.lacks.ranges[]'
    index: number
    value: number
  }

  export interface PubsubFrameLeaveLogTopicFieldEvent {
    field: '$.leave.log.topic'
    value: string
  }

  export interface PubsubFrameLeaveLogPublisherFieldEvent {
    field: '$.leave.log.publisher'
    value: string
  }

  export interface PubsubFrameLeaveLogEpochFieldEvent {
    field: '$.leave.log.epoch'
    value: number
  }

  export interface PubsubFrameLeaveChannelFieldEvent {
    field: '$.leave.channel'
    value: string
  }

  export interface PubsubFrameLeaveUnstartedFieldEvent {
    field: '$.leave.unstarted[]'
    index: number
    value: number
  }

  export interface PubsubFrameStaleLogTopicFieldEvent {
    field: '$.stale.log.topic'
    value: string
  }

  export interface PubsubFrameStaleLogPublisherFieldEvent {
    field: '$.stale.log.publisher'
    value: string
  }

  export interface PubsubFrameStaleLogEpochFieldEvent {
    field: '$.stale.log.epoch'
    value: number
  }

  export interface PubsubFrameStaleGenerationNumberFieldEvent {
    field: '$.stale.generation.number'
    value: number
  }

  export interface PubsubFrameStaleGenerationByFieldEvent {
    field: '$.stale.generation.by'
    value: string
  }

  export interface PubsubFrameOpenedLogTopicFieldEvent {
    field: '$.opened.log.topic'
    value: string
  }

  export interface PubsubFrameOpenedLogPublisherFieldEvent {
    field: '$.opened.log.publisher'
    value: string
  }

  export interface PubsubFrameOpenedLogEpochFieldEvent {
    field: '$.opened.log.epoch'
    value: number
  }

  export interface PubsubFrameOpenedChannelFieldEvent {
    field: '$.opened.channel'
    value: string
  }

  export interface PubsubFrameOpenedGenerationNumberFieldEvent {
    field: '$.opened.generation.number'
    value: number
  }

  export interface PubsubFrameOpenedGenerationByFieldEvent {
    field: '$.opened.generation.by'
    value: string
  }

  export interface PubsubFrameOpenedLowFieldEvent {
    field: '$.opened.low'
    value: number
  }

  export interface PubsubFrameOpenedHighFieldEvent {
    field: '$.opened.high'
    value: number
  }

  export interface PubsubFrameAssignLogTopicFieldEvent {
    field: '$.assign.log.topic'
    value: string
  }

  export interface PubsubFrameAssignLogPublisherFieldEvent {
    field: '$.assign.log.publisher'
    value: string
  }

  export interface PubsubFrameAssignLogEpochFieldEvent {
    field: '$.assign.log.epoch'
    value: number
  }

  export interface PubsubFrameAssignChannelFieldEvent {
    field: '$.assign.channel'
    value: string
  }

  export interface PubsubFrameAssignGenerationNumberFieldEvent {
    field: '$.assign.generation.number'
    value: number
  }

  export interface PubsubFrameAssignGenerationByFieldEvent {
    field: '$.assign.generation.by'
    value: string
  }

  export interface PubsubFrameAssignLowFieldEvent {
    field: '$.assign.low'
    value: number
  }

  export interface PubsubFrameAssignItemsMessageSeqFieldEvent {
    field: '$.assign.items[].message.seq'
    value: number
    index: number
  }

  export interface PubsubFrameAssignItemsMessageAtFieldEvent {
    field: '$.assign.items[].message.at'
    value: number
    index: number
  }

  export interface PubsubFrameAssignItemsMessageTtlFieldEvent {
    field: '$.assign.items[].message.ttl'
    value: number
    index: number
  }

  export interface PubsubFrameAssignItemsMessageKeyFieldEvent {
    field: '$.assign.items[].message.key'
    value: string
    index: number
  }

  export interface PubsubFrameAssignItemsMessagePayloadFieldEvent {
    field: '$.assign.items[].message.payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface PubsubFrameAssignItemsAttemptFieldEvent {
    field: '$.assign.items[].attempt'
    value: number
    index: number
  }

  export interface PubsubFrameAssignItemsUnstartedFieldEvent {
    field: '$.assign.items[].unstarted'
    value: number
    index: number
  }

  export interface PubsubFrameDropLogTopicFieldEvent {
    field: '$.drop.log.topic'
    value: string
  }

  export interface PubsubFrameDropLogPublisherFieldEvent {
    field: '$.drop.log.publisher'
    value: string
  }

  export interface PubsubFrameDropLogEpochFieldEvent {
    field: '$.drop.log.epoch'
    value: number
  }

  export interface PubsubFrameDropChannelFieldEvent {
    field: '$.drop.channel'
    value: string
  }

  export interface PubsubFrameDropGenerationNumberFieldEvent {
    field: '$.drop.generation.number'
    value: number
  }

  export interface PubsubFrameDropGenerationByFieldEvent {
    field: '$.drop.generation.by'
    value: string
  }

  export interface PubsubFrameDropRangesFieldEvent {
    field: '$.drop.ranges[]'
    index: number
    value: number
  }

  export interface PubsubFrameCoveredLogTopicFieldEvent {
    field: '$.covered.log.topic'
    value: string
  }

  export interface PubsubFrameCoveredLogPublisherFieldEvent {
    field: '$.covered.log.publisher'
    value: string
  }

  export interface PubsubFrameCoveredLogEpochFieldEvent {
    field: '$.covered.log.epoch'
    value: number
  }

  export interface PubsubFrameCoveredChannelFieldEvent {
    field: '$.covered.channel'
    value: string
  }

  export interface PubsubFrameCoveredGenerationNumberFieldEvent {
    field: '$.covered.generation.number'
    value: number
  }

  export interface PubsubFrameCoveredGenerationByFieldEvent {
    field: '$.covered.generation.by'
    value: string
  }

  export interface PubsubFrameCoveredRangesFieldEvent {
    field: '$.covered.ranges[]'
    index: number
    value: number
  }

  export interface PubsubFrameBeatLogTopicFieldEvent {
    field: '$.beat.log.topic'
    value: string
  }

  export interface PubsubFrameBeatLogPublisherFieldEvent {
    field: '$.beat.log.publisher'
    value: string
  }

  export interface PubsubFrameBeatLogEpochFieldEvent {
    field: '$.beat.log.epoch'
    value: number
  }

  export interface PubsubFrameBeatGenerationNumberFieldEvent {
    field: '$.beat.generation.number'
    value: number
  }

  export interface PubsubFrameBeatGenerationByFieldEvent {
    field: '$.beat.generation.by'
    value: string
  }

  export interface PubsubFrameBeatHighFieldEvent {
    field: '$.beat.high'
    value: number
  }

  export interface PubsubFrameBeatLowsChannelFieldEvent {
    field: '$.beat.lows[].channel'
    value: string
    index: number
  }

  export interface PubsubFrameBeatLowsLowFieldEvent {
    field: '$.beat.lows[].low'
    value: number
    index: number
  }

  export interface PubsubFrameStoredLogTopicFieldEvent {
    field: '$.stored.log.topic'
    value: string
  }

  export interface PubsubFrameStoredLogPublisherFieldEvent {
    field: '$.stored.log.publisher'
    value: string
  }

  export interface PubsubFrameStoredLogEpochFieldEvent {
    field: '$.stored.log.epoch'
    value: number
  }

  export interface PubsubFrameStoredUptoFieldEvent {
    field: '$.stored.upto'
    value: number
  }

  export interface PubsubFrameStoredDurableFieldEvent {
    field: '$.stored.durable'
    value: boolean
  }

  export interface PubsubFrameFetchLogTopicFieldEvent {
    field: '$.fetch.log.topic'
    value: string
  }

  export interface PubsubFrameFetchLogPublisherFieldEvent {
    field: '$.fetch.log.publisher'
    value: string
  }

  export interface PubsubFrameFetchLogEpochFieldEvent {
    field: '$.fetch.log.epoch'
    value: number
  }

  export interface PubsubFrameFetchRangesFieldEvent {
    field: '$.fetch.ranges[]'
    index: number
    value: number
  }

  export interface PubsubFrameRangeLogTopicFieldEvent {
    field: '$.range.log.topic'
    value: string
  }

  export interface PubsubFrameRangeLogPublisherFieldEvent {
    field: '$.range.log.publisher'
    value: string
  }

  export interface PubsubFrameRangeLogEpochFieldEvent {
    field: '$.range.log.epoch'
    value: number
  }

  export interface PubsubFrameRangeMessagesSeqFieldEvent {
    field: '$.range.messages[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameRangeMessagesAtFieldEvent {
    field: '$.range.messages[].at'
    value: number
    index: number
  }

  export interface PubsubFrameRangeMessagesTtlFieldEvent {
    field: '$.range.messages[].ttl'
    value: number
    index: number
  }

  export interface PubsubFrameRangeMessagesKeyFieldEvent {
    field: '$.range.messages[].key'
    value: string
    index: number
  }

  export interface PubsubFrameRangeMessagesPayloadFieldEvent {
    field: '$.range.messages[].payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface PubsubFrameRangeLostFieldEvent {
    field: '$.range.lost[]'
    index: number
    value: number
  }

  export interface PubsubFrameCursorsLogTopicFieldEvent {
    field: '$.cursors.log.topic'
    value: string
  }

  export interface PubsubFrameCursorsLogPublisherFieldEvent {
    field: '$.cursors.log.publisher'
    value: string
  }

  export interface PubsubFrameCursorsLogEpochFieldEvent {
    field: '$.cursors.log.epoch'
    value: number
  }

  export interface PubsubFrameCursorsGenerationNumberFieldEvent {
    field: '$.cursors.generation.number'
    value: number
  }

  export interface PubsubFrameCursorsGenerationByFieldEvent {
    field: '$.cursors.generation.by'
    value: string
  }

  export interface PubsubFrameCursorsHighFieldEvent {
    field: '$.cursors.high'
    value: number
  }

  export interface PubsubFrameCursorsCursorsChannelFieldEvent {
    field: '$.cursors.cursors[].channel'
    value: string
    index: number
  }

  export interface PubsubFrameCursorsCursorsOpenedFieldEvent {
    field: '$.cursors.cursors[].opened'
    value: number
    index: number
  }

  export interface PubsubFrameCursorsCursorsLowFieldEvent {
    field: '$.cursors.cursors[].low'
    value: number
    index: number
  }

  export interface PubsubFrameCursorsCursorsDoneFieldEvent {
    field: '$.cursors.cursors[].done[]'
    index: number
    value: number
  }

  export interface PubsubFrameCursorsGoneChannelFieldEvent {
    field: '$.cursors.gone[].channel'
    value: string
    index: number
  }

  export interface PubsubFrameCursorsGoneOpenedFieldEvent {
    field: '$.cursors.gone[].opened'
    value: number
    index: number
  }

  export interface PubsubFrameAskLogTopicFieldEvent {
    field: '$.ask.log.topic'
    value: string
  }

  export interface PubsubFrameAskLogPublisherFieldEvent {
    field: '$.ask.log.publisher'
    value: string
  }

  export interface PubsubFrameAskLogEpochFieldEvent {
    field: '$.ask.log.epoch'
    value: number
  }

  export interface PubsubFrameAskGenerationNumberFieldEvent {
    field: '$.ask.generation.number'
    value: number
  }

  export interface PubsubFrameAskGenerationByFieldEvent {
    field: '$.ask.generation.by'
    value: string
  }

  export interface PubsubFrameHaveLogTopicFieldEvent {
    field: '$.have.log.topic'
    value: string
  }

  export interface PubsubFrameHaveLogPublisherFieldEvent {
    field: '$.have.log.publisher'
    value: string
  }

  export interface PubsubFrameHaveLogEpochFieldEvent {
    field: '$.have.log.epoch'
    value: number
  }

  export interface PubsubFrameHaveGenerationNumberFieldEvent {
    field: '$.have.generation.number'
    value: number
  }

  export interface PubsubFrameHaveGenerationByFieldEvent {
    field: '$.have.generation.by'
    value: string
  }

  export interface PubsubFrameHaveAskedNumberFieldEvent {
    field: '$.have.asked.number'
    value: number
  }

  export interface PubsubFrameHaveAskedByFieldEvent {
    field: '$.have.asked.by'
    value: string
  }

  export interface PubsubFrameHaveRangesFieldEvent {
    field: '$.have.ranges[]'
    index: number
    value: number
  }

  export interface PubsubFrameHaveHighFieldEvent {
    field: '$.have.high'
    value: number
  }

  export interface PubsubFrameHaveCursorsChannelFieldEvent {
    field: '$.have.cursors[].channel'
    value: string
    index: number
  }

  export interface PubsubFrameHaveCursorsOpenedFieldEvent {
    field: '$.have.cursors[].opened'
    value: number
    index: number
  }

  export interface PubsubFrameHaveCursorsLowFieldEvent {
    field: '$.have.cursors[].low'
    value: number
    index: number
  }

  export interface PubsubFrameHaveCursorsDoneFieldEvent {
    field: '$.have.cursors[].done[]'
    index: number
    value: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsTagFieldEvent {
    field: '$.registry.delta.openings[].tag'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsByFieldEvent {
    field: '$.registry.delta.openings[].by'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecChannelFieldEvent {
    field: '$.registry.delta.openings[].spec.channel'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecPatternFieldEvent {
    field: '$.registry.delta.openings[].spec.pattern'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecNameFieldEvent {
    field: '$.registry.delta.openings[].spec.name'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecOpenedFieldEvent {
    field: '$.registry.delta.openings[].spec.opened'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecStartFieldEvent {
    field: '$.registry.delta.openings[].spec.start'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecDurableFieldEvent {
    field: '$.registry.delta.openings[].spec.durable'
    value: boolean
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecExpireFieldEvent {
    field: '$.registry.delta.openings[].spec.expire'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecMaxDeliverFieldEvent {
    field: '$.registry.delta.openings[].spec.maxDeliver'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecAckWaitFieldEvent {
    field: '$.registry.delta.openings[].spec.ackWait'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsSpecBackoffFieldEvent {
    field: '$.registry.delta.openings[].spec.backoff[]'
    index: number
    value: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsAtFieldEvent {
    field: '$.registry.delta.openings[].at'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaOpeningsStatedFieldEvent {
    field: '$.registry.delta.openings[].stated'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaRemovedFieldEvent {
    field: '$.registry.delta.removed[]'
    index: number
    value: string
  }

  export interface PubsubFrameRegistryDeltaMembersIdFieldEvent {
    field: '$.registry.delta.members[].id'
    value: string
    index: number
  }

  export interface PubsubFrameRegistryDeltaMembersIncarnationFieldEvent {
    field: '$.registry.delta.members[].incarnation'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaMembersVersionFieldEvent {
    field: '$.registry.delta.members[].version'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaMembersWeightFieldEvent {
    field: '$.registry.delta.members[].weight'
    value: number
    index: number
  }

  export interface PubsubFrameRegistryDeltaMembersChannelsFieldEvent {
    field: '$.registry.delta.members[].channels[]'
    index: number
    value: string
  }

  export interface PubsubFrameBatchBatchLogTopicFieldEvent {
    field: '$.batch.batch.log.topic'
    value: string
  }

  export interface PubsubFrameBatchBatchLogPublisherFieldEvent {
    field: '$.batch.batch.log.publisher'
    value: string
  }

  export interface PubsubFrameBatchBatchLogEpochFieldEvent {
    field: '$.batch.batch.log.epoch'
    value: number
  }

  export interface PubsubFrameBatchBatchGenerationNumberFieldEvent {
    field: '$.batch.batch.generation.number'
    value: number
  }

  export interface PubsubFrameBatchBatchGenerationByFieldEvent {
    field: '$.batch.batch.generation.by'
    value: string
  }

  export interface PubsubFrameBatchBatchMessagesSeqFieldEvent {
    field: '$.batch.batch.messages[].seq'
    value: number
    index: number
  }

  export interface PubsubFrameBatchBatchMessagesAtFieldEvent {
    field: '$.batch.batch.messages[].at'
    value: number
    index: number
  }

  export interface PubsubFrameBatchBatchMessagesTtlFieldEvent {
    field: '$.batch.batch.messages[].ttl'
    value: number
    index: number
  }

  export interface PubsubFrameBatchBatchMessagesKeyFieldEvent {
    field: '$.batch.batch.messages[].key'
    value: string
    index: number
  }

  export interface PubsubFrameBatchBatchMessagesPayloadFieldEvent {
    field: '$.batch.batch.messages[].payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface PubsubFrameBatchBatchChannelsChannelFieldEvent {
    field: '$.batch.batch.channels[].channel'
    value: string
    index: number
  }

  export interface PubsubFrameBatchBatchChannelsLowFieldEvent {
    field: '$.batch.batch.channels[].low'
    value: number
    index: number
  }

  export interface PubsubFrameBatchBatchChannelsMembersFieldEvent {
    field: '$.batch.batch.channels[].members[]'
    index: number
    value: string
  }

  export interface PubsubFrameBatchBatchChannelsToFieldEvent {
    field: '$.batch.batch.channels[].to'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface PubsubFrameOpenedAllChannelFieldEvent {
    field: '$.openedAll.channel'
    value: string
  }

  export interface PubsubFrameAnnounceChannelFieldEvent {
    field: '$.announce.channel'
    value: string
  }

  export interface PubsubFrameAnnounceWeightFieldEvent {
    field: '$.announce.weight'
    value: number
  }

  export interface PubsubFrameAnnounceSessionFieldEvent {
    field: '$.announce.session'
    value: number
  }

  export interface PubsubFrameAnnouncePrefetchFieldEvent {
    field: '$.announce.prefetch'
    value: number
  }

  export interface PubsubFrameAnnounceConcurrencyFieldEvent {
    field: '$.announce.concurrency'
    value: number
  }

  export function encode (obj: Partial<PubsubFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PubsubFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PubsubFrame>): PubsubFrame {
    return decodeMessage(buf, PubsubFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PubsubFrame>): Generator<PubsubFrameOpenLogTopicFieldEvent | PubsubFrameOpenLogPublisherFieldEvent | PubsubFrameOpenLogEpochFieldEvent | PubsubFrameOpenSpecChannelFieldEvent | PubsubFrameOpenSpecPatternFieldEvent | PubsubFrameOpenSpecNameFieldEvent | PubsubFrameOpenSpecOpenedFieldEvent | PubsubFrameOpenSpecStartFieldEvent | PubsubFrameOpenSpecDurableFieldEvent | PubsubFrameOpenSpecExpireFieldEvent | PubsubFrameOpenSpecMaxDeliverFieldEvent | PubsubFrameOpenSpecAckWaitFieldEvent | PubsubFrameOpenSpecBackoffFieldEvent | PubsubFrameOpenWeightFieldEvent | PubsubFrameOpenFreshFieldEvent | PubsubFrameOpenSessionFieldEvent | PubsubFrameOpenPrefetchFieldEvent | PubsubFrameOpenConcurrencyFieldEvent | PubsubFrameOpenHoldsFieldEvent | PubsubFrameOpenLowFieldEvent | PubsubFrameOpenOutcomesDoneFieldEvent | PubsubFrameOpenOutcomesNaksSeqFieldEvent | PubsubFrameOpenOutcomesNaksAttemptFieldEvent | PubsubFrameOpenOutcomesNaksDelayFieldEvent | PubsubFrameOpenOutcomesNaksReasonFieldEvent | PubsubFrameOpenOutcomesNaksUnstartedFieldEvent | PubsubFrameOpenOutcomesTermsSeqFieldEvent | PubsubFrameOpenOutcomesTermsReasonFieldEvent | PubsubFrameOpenOutcomesExpiredFieldEvent | PubsubFrameOpenOutcomesWorkingFieldEvent | PubsubFrameCreditLogTopicFieldEvent | PubsubFrameCreditLogPublisherFieldEvent | PubsubFrameCreditLogEpochFieldEvent | PubsubFrameCreditChannelFieldEvent | PubsubFrameCreditPrefetchFieldEvent | PubsubFrameCreditConcurrencyFieldEvent | PubsubFrameCreditUnstartedFieldEvent | PubsubFrameAckLogTopicFieldEvent | PubsubFrameAckLogPublisherFieldEvent | PubsubFrameAckLogEpochFieldEvent | PubsubFrameAckChannelFieldEvent | PubsubFrameAckOutcomesDoneFieldEvent | PubsubFrameAckOutcomesNaksSeqFieldEvent | PubsubFrameAckOutcomesNaksAttemptFieldEvent | PubsubFrameAckOutcomesNaksDelayFieldEvent | PubsubFrameAckOutcomesNaksReasonFieldEvent | PubsubFrameAckOutcomesNaksUnstartedFieldEvent | PubsubFrameAckOutcomesTermsSeqFieldEvent | PubsubFrameAckOutcomesTermsReasonFieldEvent | PubsubFrameAckOutcomesExpiredFieldEvent | PubsubFrameAckOutcomesWorkingFieldEvent | PubsubFrameLacksLogTopicFieldEvent | PubsubFrameLacksLogPublisherFieldEvent | PubsubFrameLacksLogEpochFieldEvent | PubsubFrameLacksChannelFieldEvent | PubsubFrameLacksRangesFieldEvent | PubsubFrameLeaveLogTopicFieldEvent | PubsubFrameLeaveLogPublisherFieldEvent | PubsubFrameLeaveLogEpochFieldEvent | PubsubFrameLeaveChannelFieldEvent | PubsubFrameLeaveUnstartedFieldEvent | PubsubFrameStaleLogTopicFieldEvent | PubsubFrameStaleLogPublisherFieldEvent | PubsubFrameStaleLogEpochFieldEvent | PubsubFrameStaleGenerationNumberFieldEvent | PubsubFrameStaleGenerationByFieldEvent | PubsubFrameOpenedLogTopicFieldEvent | PubsubFrameOpenedLogPublisherFieldEvent | PubsubFrameOpenedLogEpochFieldEvent | PubsubFrameOpenedChannelFieldEvent | PubsubFrameOpenedGenerationNumberFieldEvent | PubsubFrameOpenedGenerationByFieldEvent | PubsubFrameOpenedLowFieldEvent | PubsubFrameOpenedHighFieldEvent | PubsubFrameAssignLogTopicFieldEvent | PubsubFrameAssignLogPublisherFieldEvent | PubsubFrameAssignLogEpochFieldEvent | PubsubFrameAssignChannelFieldEvent | PubsubFrameAssignGenerationNumberFieldEvent | PubsubFrameAssignGenerationByFieldEvent | PubsubFrameAssignLowFieldEvent | PubsubFrameAssignItemsMessageSeqFieldEvent | PubsubFrameAssignItemsMessageAtFieldEvent | PubsubFrameAssignItemsMessageTtlFieldEvent | PubsubFrameAssignItemsMessageKeyFieldEvent | PubsubFrameAssignItemsMessagePayloadFieldEvent | PubsubFrameAssignItemsAttemptFieldEvent | PubsubFrameAssignItemsUnstartedFieldEvent | PubsubFrameDropLogTopicFieldEvent | PubsubFrameDropLogPublisherFieldEvent | PubsubFrameDropLogEpochFieldEvent | PubsubFrameDropChannelFieldEvent | PubsubFrameDropGenerationNumberFieldEvent | PubsubFrameDropGenerationByFieldEvent | PubsubFrameDropRangesFieldEvent | PubsubFrameCoveredLogTopicFieldEvent | PubsubFrameCoveredLogPublisherFieldEvent | PubsubFrameCoveredLogEpochFieldEvent | PubsubFrameCoveredChannelFieldEvent | PubsubFrameCoveredGenerationNumberFieldEvent | PubsubFrameCoveredGenerationByFieldEvent | PubsubFrameCoveredRangesFieldEvent | PubsubFrameBeatLogTopicFieldEvent | PubsubFrameBeatLogPublisherFieldEvent | PubsubFrameBeatLogEpochFieldEvent | PubsubFrameBeatGenerationNumberFieldEvent | PubsubFrameBeatGenerationByFieldEvent | PubsubFrameBeatHighFieldEvent | PubsubFrameBeatLowsChannelFieldEvent | PubsubFrameBeatLowsLowFieldEvent | PubsubFrameStoredLogTopicFieldEvent | PubsubFrameStoredLogPublisherFieldEvent | PubsubFrameStoredLogEpochFieldEvent | PubsubFrameStoredUptoFieldEvent | PubsubFrameStoredDurableFieldEvent | PubsubFrameFetchLogTopicFieldEvent | PubsubFrameFetchLogPublisherFieldEvent | PubsubFrameFetchLogEpochFieldEvent | PubsubFrameFetchRangesFieldEvent | PubsubFrameRangeLogTopicFieldEvent | PubsubFrameRangeLogPublisherFieldEvent | PubsubFrameRangeLogEpochFieldEvent | PubsubFrameRangeMessagesSeqFieldEvent | PubsubFrameRangeMessagesAtFieldEvent | PubsubFrameRangeMessagesTtlFieldEvent | PubsubFrameRangeMessagesKeyFieldEvent | PubsubFrameRangeMessagesPayloadFieldEvent | PubsubFrameRangeLostFieldEvent | PubsubFrameCursorsLogTopicFieldEvent | PubsubFrameCursorsLogPublisherFieldEvent | PubsubFrameCursorsLogEpochFieldEvent | PubsubFrameCursorsGenerationNumberFieldEvent | PubsubFrameCursorsGenerationByFieldEvent | PubsubFrameCursorsHighFieldEvent | PubsubFrameCursorsCursorsChannelFieldEvent | PubsubFrameCursorsCursorsOpenedFieldEvent | PubsubFrameCursorsCursorsLowFieldEvent | PubsubFrameCursorsCursorsDoneFieldEvent | PubsubFrameCursorsGoneChannelFieldEvent | PubsubFrameCursorsGoneOpenedFieldEvent | PubsubFrameAskLogTopicFieldEvent | PubsubFrameAskLogPublisherFieldEvent | PubsubFrameAskLogEpochFieldEvent | PubsubFrameAskGenerationNumberFieldEvent | PubsubFrameAskGenerationByFieldEvent | PubsubFrameHaveLogTopicFieldEvent | PubsubFrameHaveLogPublisherFieldEvent | PubsubFrameHaveLogEpochFieldEvent | PubsubFrameHaveGenerationNumberFieldEvent | PubsubFrameHaveGenerationByFieldEvent | PubsubFrameHaveAskedNumberFieldEvent | PubsubFrameHaveAskedByFieldEvent | PubsubFrameHaveRangesFieldEvent | PubsubFrameHaveHighFieldEvent | PubsubFrameHaveCursorsChannelFieldEvent | PubsubFrameHaveCursorsOpenedFieldEvent | PubsubFrameHaveCursorsLowFieldEvent | PubsubFrameHaveCursorsDoneFieldEvent | PubsubFrameRegistryDeltaOpeningsTagFieldEvent | PubsubFrameRegistryDeltaOpeningsByFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecChannelFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecPatternFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecNameFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecOpenedFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecStartFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecDurableFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecExpireFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecMaxDeliverFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecAckWaitFieldEvent | PubsubFrameRegistryDeltaOpeningsSpecBackoffFieldEvent | PubsubFrameRegistryDeltaOpeningsAtFieldEvent | PubsubFrameRegistryDeltaOpeningsStatedFieldEvent | PubsubFrameRegistryDeltaRemovedFieldEvent | PubsubFrameRegistryDeltaMembersIdFieldEvent | PubsubFrameRegistryDeltaMembersIncarnationFieldEvent | PubsubFrameRegistryDeltaMembersVersionFieldEvent | PubsubFrameRegistryDeltaMembersWeightFieldEvent | PubsubFrameRegistryDeltaMembersChannelsFieldEvent | PubsubFrameBatchBatchLogTopicFieldEvent | PubsubFrameBatchBatchLogPublisherFieldEvent | PubsubFrameBatchBatchLogEpochFieldEvent | PubsubFrameBatchBatchGenerationNumberFieldEvent | PubsubFrameBatchBatchGenerationByFieldEvent | PubsubFrameBatchBatchMessagesSeqFieldEvent | PubsubFrameBatchBatchMessagesAtFieldEvent | PubsubFrameBatchBatchMessagesTtlFieldEvent | PubsubFrameBatchBatchMessagesKeyFieldEvent | PubsubFrameBatchBatchMessagesPayloadFieldEvent | PubsubFrameBatchBatchChannelsChannelFieldEvent | PubsubFrameBatchBatchChannelsLowFieldEvent | PubsubFrameBatchBatchChannelsMembersFieldEvent | PubsubFrameBatchBatchChannelsToFieldEvent | PubsubFrameOpenedAllChannelFieldEvent | PubsubFrameAnnounceChannelFieldEvent | PubsubFrameAnnounceWeightFieldEvent | PubsubFrameAnnounceSessionFieldEvent | PubsubFrameAnnouncePrefetchFieldEvent | PubsubFrameAnnounceConcurrencyFieldEvent> {
    return streamMessage(buf, PubsubFrame.codec(), opts)
  }
}

export interface LogId {
  topic: string
  publisher: string
  epoch: number
}

export namespace LogId {
  let _codec: Codec<LogId>

  export const codec = (): Codec<LogId> => {
    if (_codec == null) {
      _codec = message<LogId>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.topic != null && obj.topic !== '')) {
          w.uint32(10)
          w.string(obj.topic)
        }

        if ((obj.publisher != null && obj.publisher !== '')) {
          w.uint32(18)
          w.string(obj.publisher)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.epoch)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          topic: '',
          publisher: '',
          epoch: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.topic = reader.string()
              break
            }
            case 2: {
              obj.publisher = reader.string()
              break
            }
            case 3: {
              obj.epoch = reader.uint64Number()
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
                field: `${prefix}.topic`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.publisher`,
                value: reader.string()
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

  export interface LogIdTopicFieldEvent {
    field: '$.topic'
    value: string
  }

  export interface LogIdPublisherFieldEvent {
    field: '$.publisher'
    value: string
  }

  export interface LogIdEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export function encode (obj: Partial<LogId>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LogId.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogId>): LogId {
    return decodeMessage(buf, LogId.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogId>): Generator<LogIdTopicFieldEvent | LogIdPublisherFieldEvent | LogIdEpochFieldEvent> {
    return streamMessage(buf, LogId.codec(), opts)
  }
}

export interface Generation {
  number: number
  by: string
}

export namespace Generation {
  let _codec: Codec<Generation>

  export const codec = (): Codec<Generation> => {
    if (_codec == null) {
      _codec = message<Generation>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.number)
        }

        if ((obj.by != null && obj.by !== '')) {
          w.uint32(18)
          w.string(obj.by)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          number: 0,
          by: ''
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
              obj.by = reader.string()
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
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.by`,
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

  export interface GenerationNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface GenerationByFieldEvent {
    field: '$.by'
    value: string
  }

  export function encode (obj: Partial<Generation>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Generation.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Generation>): Generation {
    return decodeMessage(buf, Generation.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Generation>): Generator<GenerationNumberFieldEvent | GenerationByFieldEvent> {
    return streamMessage(buf, Generation.codec(), opts)
  }
}

export interface Message {
  seq: number
  at: number
  ttl: number
  key?: string
  payload: Uint8Array<ArrayBuffer>
}

export namespace Message {
  let _codec: Codec<Message>

  export const codec = (): Codec<Message> => {
    if (_codec == null) {
      _codec = message<Message>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.seq)
        }

        if ((obj.at != null && obj.at !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.at)
        }

        if ((obj.ttl != null && obj.ttl !== 0)) {
          w.uint32(24)
          w.uint32(obj.ttl)
        }

        if (obj.key != null) {
          w.uint32(34)
          w.string(obj.key)
        }

        if ((obj.payload != null && obj.payload.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.payload)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seq: 0,
          at: 0,
          ttl: 0,
          payload: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seq = reader.uint64Number()
              break
            }
            case 2: {
              obj.at = reader.uint64Number()
              break
            }
            case 3: {
              obj.ttl = reader.uint32()
              break
            }
            case 4: {
              obj.key = reader.string()
              break
            }
            case 5: {
              obj.payload = reader.bytes()
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
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.at`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.ttl`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.payload`,
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

  export interface MessageSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface MessageAtFieldEvent {
    field: '$.at'
    value: number
  }

  export interface MessageTtlFieldEvent {
    field: '$.ttl'
    value: number
  }

  export interface MessageKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface MessagePayloadFieldEvent {
    field: '$.payload'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Message>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Message.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Message {
    return decodeMessage(buf, Message.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Generator<MessageSeqFieldEvent | MessageAtFieldEvent | MessageTtlFieldEvent | MessageKeyFieldEvent | MessagePayloadFieldEvent> {
    return streamMessage(buf, Message.codec(), opts)
  }
}

export interface Payload {
  codec: number
  headers: Map<string, string>
  body: Uint8Array<ArrayBuffer>
}

export namespace Payload {
  export interface Payload$headersEntry {
    key: string
    value: string
  }

  export namespace Payload$headersEntry {
    let _codec: Codec<Payload$headersEntry>

    export const codec = (): Codec<Payload$headersEntry> => {
      if (_codec == null) {
        _codec = message<Payload$headersEntry>((obj, w, opts = {}) => {
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

    export interface Payload$headersEntryKeyFieldEvent {
      field: '$.key'
      value: string
    }

    export interface Payload$headersEntryValueFieldEvent {
      field: '$.value'
      value: string
    }

    export function encode (obj: Partial<Payload$headersEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Payload$headersEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload$headersEntry>): Payload$headersEntry {
      return decodeMessage(buf, Payload$headersEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload$headersEntry>): Generator<Payload$headersEntryKeyFieldEvent | Payload$headersEntryValueFieldEvent> {
      return streamMessage(buf, Payload$headersEntry.codec(), opts)
    }
  }

  let _codec: Codec<Payload>

  export const codec = (): Codec<Payload> => {
    if (_codec == null) {
      _codec = message<Payload>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.codec != null && obj.codec !== 0)) {
          w.uint32(8)
          w.uint32(obj.codec)
        }

        if (obj.headers != null && obj.headers.size > 0) {
          for (const [key, value] of obj.headers.entries()) {
            w.uint32(18)
            Payload.Payload$headersEntry.codec().encode({ key, value }, w)
          }
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.body)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          codec: 0,
          headers: new Map<string, string>(),
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
              if (opts.limits?.headers != null && obj.headers.size === opts.limits.headers) {
                throw new MaxSizeError('Decode error - map field "headers" had too many elements')
              }

              const entry = Payload.Payload$headersEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.headers$value
                }
              })
              obj.headers.set(entry.key, entry.value)
              break
            }
            case 3: {
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
        const obj = {
          headers: 0
        }

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
              if (opts.limits?.headers != null && obj.headers === opts.limits.headers) {
                throw new MaxLengthError('Decode error - map field "headers" had too many elements')
              }

              yield * Payload.Payload$headersEntry.codec().stream(reader, reader.uint32(), `${prefix}.headers{}`, {
                limits: {
                  value: opts.limits?.headers$value
                }
              })

              obj.headers++

              break
            }
            case 3: {
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

  export interface PayloadCodecFieldEvent {
    field: '$.codec'
    value: number
  }

  export interface PayloadHeadersFieldEvent {
    field: '$.headers{}'
    key: string
    value: string
  }

  export interface PayloadBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Payload>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Payload.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload>): Payload {
    return decodeMessage(buf, Payload.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload>): Generator<PayloadCodecFieldEvent | PayloadHeadersFieldEvent | PayloadBodyFieldEvent> {
    return streamMessage(buf, Payload.codec(), opts)
  }
}

export interface ChannelCursor {
  channel: string
  opened: number
  low: number
  done: number[]
}

export namespace ChannelCursor {
  let _codec: Codec<ChannelCursor>

  export const codec = (): Codec<ChannelCursor> => {
    if (_codec == null) {
      _codec = message<ChannelCursor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.opened != null && obj.opened !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.opened)
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.low)
        }

        if (obj.done != null && obj.done.length > 0) {
          for (const value of obj.done) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          opened: 0,
          low: 0,
          done: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.opened = reader.uint64Number()
              break
            }
            case 3: {
              obj.low = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.done != null && obj.done.length === opts.limits.done) {
                throw new MaxLengthError('Decode error - repeated field "done" had too many elements')
              }

              obj.done.push(reader.uint64Number())
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
          done: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.opened`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.low`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.done != null && obj.done === opts.limits.done) {
                throw new MaxLengthError('Streaming decode error - repeated field "done" had too many elements')
              }

              yield {
                field: `${prefix}.done[]`,
                index: obj.done,
                value: reader.uint64Number()
              }

              obj.done++

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

  export interface ChannelCursorChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface ChannelCursorOpenedFieldEvent {
    field: '$.opened'
    value: number
  }

  export interface ChannelCursorLowFieldEvent {
    field: '$.low'
    value: number
  }

  export interface ChannelCursorDoneFieldEvent {
    field: '$.done[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<ChannelCursor>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ChannelCursor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelCursor>): ChannelCursor {
    return decodeMessage(buf, ChannelCursor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelCursor>): Generator<ChannelCursorChannelFieldEvent | ChannelCursorOpenedFieldEvent | ChannelCursorLowFieldEvent | ChannelCursorDoneFieldEvent> {
    return streamMessage(buf, ChannelCursor.codec(), opts)
  }
}

export interface ChannelSpec {
  channel: string
  pattern: string
  name: string
  opened: number
  start: number
  durable: boolean
  expire: number
  maxDeliver: number
  ackWait: number
  backoff: number[]
}

export namespace ChannelSpec {
  let _codec: Codec<ChannelSpec>

  export const codec = (): Codec<ChannelSpec> => {
    if (_codec == null) {
      _codec = message<ChannelSpec>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.pattern != null && obj.pattern !== '')) {
          w.uint32(18)
          w.string(obj.pattern)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(26)
          w.string(obj.name)
        }

        if ((obj.opened != null && obj.opened !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.opened)
        }

        if ((obj.start != null && obj.start !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.start)
        }

        if ((obj.durable != null && obj.durable !== false)) {
          w.uint32(48)
          w.bool(obj.durable)
        }

        if ((obj.expire != null && obj.expire !== 0)) {
          w.uint32(56)
          w.uint32(obj.expire)
        }

        if ((obj.maxDeliver != null && obj.maxDeliver !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.maxDeliver)
        }

        if ((obj.ackWait != null && obj.ackWait !== 0)) {
          w.uint32(72)
          w.uint32(obj.ackWait)
        }

        if (obj.backoff != null && obj.backoff.length > 0) {
          for (const value of obj.backoff) {
            w.uint32(80)
            w.uint32(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          pattern: '',
          name: '',
          opened: 0,
          start: 0,
          durable: false,
          expire: 0,
          maxDeliver: 0,
          ackWait: 0,
          backoff: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.pattern = reader.string()
              break
            }
            case 3: {
              obj.name = reader.string()
              break
            }
            case 4: {
              obj.opened = reader.uint64Number()
              break
            }
            case 5: {
              obj.start = reader.uint64Number()
              break
            }
            case 6: {
              obj.durable = reader.bool()
              break
            }
            case 7: {
              obj.expire = reader.uint32()
              break
            }
            case 8: {
              obj.maxDeliver = reader.uint64Number()
              break
            }
            case 9: {
              obj.ackWait = reader.uint32()
              break
            }
            case 10: {
              if (opts.limits?.backoff != null && obj.backoff.length === opts.limits.backoff) {
                throw new MaxLengthError('Decode error - repeated field "backoff" had too many elements')
              }

              obj.backoff.push(reader.uint32())
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
          backoff: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.pattern`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.opened`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.start`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.durable`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.expire`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.maxDeliver`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.ackWait`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              if (opts.limits?.backoff != null && obj.backoff === opts.limits.backoff) {
                throw new MaxLengthError('Streaming decode error - repeated field "backoff" had too many elements')
              }

              yield {
                field: `${prefix}.backoff[]`,
                index: obj.backoff,
                value: reader.uint32()
              }

              obj.backoff++

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

  export interface ChannelSpecChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface ChannelSpecPatternFieldEvent {
    field: '$.pattern'
    value: string
  }

  export interface ChannelSpecNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ChannelSpecOpenedFieldEvent {
    field: '$.opened'
    value: number
  }

  export interface ChannelSpecStartFieldEvent {
    field: '$.start'
    value: number
  }

  export interface ChannelSpecDurableFieldEvent {
    field: '$.durable'
    value: boolean
  }

  export interface ChannelSpecExpireFieldEvent {
    field: '$.expire'
    value: number
  }

  export interface ChannelSpecMaxDeliverFieldEvent {
    field: '$.maxDeliver'
    value: number
  }

  export interface ChannelSpecAckWaitFieldEvent {
    field: '$.ackWait'
    value: number
  }

  export interface ChannelSpecBackoffFieldEvent {
    field: '$.backoff[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<ChannelSpec>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ChannelSpec.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelSpec>): ChannelSpec {
    return decodeMessage(buf, ChannelSpec.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelSpec>): Generator<ChannelSpecChannelFieldEvent | ChannelSpecPatternFieldEvent | ChannelSpecNameFieldEvent | ChannelSpecOpenedFieldEvent | ChannelSpecStartFieldEvent | ChannelSpecDurableFieldEvent | ChannelSpecExpireFieldEvent | ChannelSpecMaxDeliverFieldEvent | ChannelSpecAckWaitFieldEvent | ChannelSpecBackoffFieldEvent> {
    return streamMessage(buf, ChannelSpec.codec(), opts)
  }
}

export interface BatchChannel {
  channel: string
  low: number
  members: string[]
  to: Uint8Array<ArrayBuffer>
}

export namespace BatchChannel {
  let _codec: Codec<BatchChannel>

  export const codec = (): Codec<BatchChannel> => {
    if (_codec == null) {
      _codec = message<BatchChannel>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.low)
        }

        if (obj.members != null && obj.members.length > 0) {
          for (const value of obj.members) {
            w.uint32(26)
            w.string(value)
          }
        }

        if ((obj.to != null && obj.to.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          low: 0,
          members: [],
          to: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.low = reader.uint64Number()
              break
            }
            case 3: {
              if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              obj.members.push(reader.string())
              break
            }
            case 4: {
              obj.to = reader.bytes()
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
          members: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.low`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              if (opts.limits?.members != null && obj.members === opts.limits.members) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              yield {
                field: `${prefix}.members[]`,
                index: obj.members,
                value: reader.string()
              }

              obj.members++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.to`,
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

  export interface BatchChannelChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface BatchChannelLowFieldEvent {
    field: '$.low'
    value: number
  }

  export interface BatchChannelMembersFieldEvent {
    field: '$.members[]'
    index: number
    value: string
  }

  export interface BatchChannelToFieldEvent {
    field: '$.to'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<BatchChannel>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BatchChannel.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchChannel>): BatchChannel {
    return decodeMessage(buf, BatchChannel.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchChannel>): Generator<BatchChannelChannelFieldEvent | BatchChannelLowFieldEvent | BatchChannelMembersFieldEvent | BatchChannelToFieldEvent> {
    return streamMessage(buf, BatchChannel.codec(), opts)
  }
}

export interface Batch {
  log?: LogId
  generation?: Generation
  messages: Message[]
  channels: BatchChannel[]
}

export namespace Batch {
  let _codec: Codec<Batch>

  export const codec = (): Codec<Batch> => {
    if (_codec == null) {
      _codec = message<Batch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
        }

        if (obj.messages != null && obj.messages.length > 0) {
          for (const value of obj.messages) {
            w.uint32(26)
            Message.codec().encode(value, w)
          }
        }

        if (obj.channels != null && obj.channels.length > 0) {
          for (const value of obj.channels) {
            w.uint32(34)
            BatchChannel.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          messages: [],
          channels: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 3: {
              if (opts.limits?.messages != null && obj.messages.length === opts.limits.messages) {
                throw new MaxLengthError('Decode error - repeated field "messages" had too many elements')
              }

              obj.messages.push(Message.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.messages$
              }))
              break
            }
            case 4: {
              if (opts.limits?.channels != null && obj.channels.length === opts.limits.channels) {
                throw new MaxLengthError('Decode error - repeated field "channels" had too many elements')
              }

              obj.channels.push(BatchChannel.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.channels$
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
          messages: 0,
          channels: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 3: {
              if (opts.limits?.messages != null && obj.messages === opts.limits.messages) {
                throw new MaxLengthError('Streaming decode error - repeated field "messages" had too many elements')
              }

              for (const evt of Message.codec().stream(reader, reader.uint32(), `${prefix}.messages[]`, {
                limits: opts.limits?.messages$
              })) {
                yield {
                  ...evt,
                  index: obj.messages
                }
              }

              obj.messages++

              break
            }
            case 4: {
              if (opts.limits?.channels != null && obj.channels === opts.limits.channels) {
                throw new MaxLengthError('Streaming decode error - repeated field "channels" had too many elements')
              }

              for (const evt of BatchChannel.codec().stream(reader, reader.uint32(), `${prefix}.channels[]`, {
                limits: opts.limits?.channels$
              })) {
                yield {
                  ...evt,
                  index: obj.channels
                }
              }

              obj.channels++

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

  export interface BatchLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface BatchLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface BatchLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface BatchGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface BatchGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface BatchMessagesSeqFieldEvent {
    field: '$.messages[].seq'
    value: number
    index: number
  }

  export interface BatchMessagesAtFieldEvent {
    field: '$.messages[].at'
    value: number
    index: number
  }

  export interface BatchMessagesTtlFieldEvent {
    field: '$.messages[].ttl'
    value: number
    index: number
  }

  export interface BatchMessagesKeyFieldEvent {
    field: '$.messages[].key'
    value: string
    index: number
  }

  export interface BatchMessagesPayloadFieldEvent {
    field: '$.messages[].payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface BatchChannelsChannelFieldEvent {
    field: '$.channels[].channel'
    value: string
    index: number
  }

  export interface BatchChannelsLowFieldEvent {
    field: '$.channels[].low'
    value: number
    index: number
  }

  export interface BatchChannelsMembersFieldEvent {
    field: '$.channels[].members[]'
    index: number
    value: string
  }

  export interface BatchChannelsToFieldEvent {
    field: '$.channels[].to'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<Batch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Batch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Batch {
    return decodeMessage(buf, Batch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Generator<BatchLogTopicFieldEvent | BatchLogPublisherFieldEvent | BatchLogEpochFieldEvent | BatchGenerationNumberFieldEvent | BatchGenerationByFieldEvent | BatchMessagesSeqFieldEvent | BatchMessagesAtFieldEvent | BatchMessagesTtlFieldEvent | BatchMessagesKeyFieldEvent | BatchMessagesPayloadFieldEvent | BatchChannelsChannelFieldEvent | BatchChannelsLowFieldEvent | BatchChannelsMembersFieldEvent | BatchChannelsToFieldEvent> {
    return streamMessage(buf, Batch.codec(), opts)
  }
}

export interface Assignment {
  message?: Message
  attempt: number
  unstarted: number
}

export namespace Assignment {
  let _codec: Codec<Assignment>

  export const codec = (): Codec<Assignment> => {
    if (_codec == null) {
      _codec = message<Assignment>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.message != null) {
          w.uint32(10)
          Message.codec().encode(obj.message, w)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.attempt)
        }

        if ((obj.unstarted != null && obj.unstarted !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.unstarted)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          attempt: 0,
          unstarted: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.message = Message.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.message
              })
              break
            }
            case 2: {
              obj.attempt = reader.uint64Number()
              break
            }
            case 3: {
              obj.unstarted = reader.uint64Number()
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
              yield * Message.codec().stream(reader, reader.uint32(), `${prefix}.message`, {
                limits: opts.limits?.message
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.unstarted`,
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

  export interface AssignmentMessageSeqFieldEvent {
    field: '$.message.seq'
    value: number
  }

  export interface AssignmentMessageAtFieldEvent {
    field: '$.message.at'
    value: number
  }

  export interface AssignmentMessageTtlFieldEvent {
    field: '$.message.ttl'
    value: number
  }

  export interface AssignmentMessageKeyFieldEvent {
    field: '$.message.key'
    value: string
  }

  export interface AssignmentMessagePayloadFieldEvent {
    field: '$.message.payload'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AssignmentAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface AssignmentUnstartedFieldEvent {
    field: '$.unstarted'
    value: number
  }

  export function encode (obj: Partial<Assignment>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Assignment.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assignment>): Assignment {
    return decodeMessage(buf, Assignment.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assignment>): Generator<AssignmentMessageSeqFieldEvent | AssignmentMessageAtFieldEvent | AssignmentMessageTtlFieldEvent | AssignmentMessageKeyFieldEvent | AssignmentMessagePayloadFieldEvent | AssignmentAttemptFieldEvent | AssignmentUnstartedFieldEvent> {
    return streamMessage(buf, Assignment.codec(), opts)
  }
}

export interface Nak {
  seq: number
  attempt: number
  delay?: number
  reason: string
  unstarted: boolean
}

export namespace Nak {
  let _codec: Codec<Nak>

  export const codec = (): Codec<Nak> => {
    if (_codec == null) {
      _codec = message<Nak>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.seq)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.attempt)
        }

        if (obj.delay != null) {
          w.uint32(24)
          w.uint32(obj.delay)
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(34)
          w.string(obj.reason)
        }

        if ((obj.unstarted != null && obj.unstarted !== false)) {
          w.uint32(40)
          w.bool(obj.unstarted)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seq: 0,
          attempt: 0,
          reason: '',
          unstarted: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seq = reader.uint64Number()
              break
            }
            case 2: {
              obj.attempt = reader.uint64Number()
              break
            }
            case 3: {
              obj.delay = reader.uint32()
              break
            }
            case 4: {
              obj.reason = reader.string()
              break
            }
            case 5: {
              obj.unstarted = reader.bool()
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
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.delay`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.unstarted`,
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

  export interface NakSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface NakAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface NakDelayFieldEvent {
    field: '$.delay'
    value: number
  }

  export interface NakReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export interface NakUnstartedFieldEvent {
    field: '$.unstarted'
    value: boolean
  }

  export function encode (obj: Partial<Nak>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Nak.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Nak>): Nak {
    return decodeMessage(buf, Nak.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Nak>): Generator<NakSeqFieldEvent | NakAttemptFieldEvent | NakDelayFieldEvent | NakReasonFieldEvent | NakUnstartedFieldEvent> {
    return streamMessage(buf, Nak.codec(), opts)
  }
}

export interface Term {
  seq: number
  reason: string
}

export namespace Term {
  let _codec: Codec<Term>

  export const codec = (): Codec<Term> => {
    if (_codec == null) {
      _codec = message<Term>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.seq)
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(18)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seq: 0,
          reason: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seq = reader.uint64Number()
              break
            }
            case 2: {
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
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
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

  export interface TermSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface TermReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export function encode (obj: Partial<Term>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Term.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Term>): Term {
    return decodeMessage(buf, Term.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Term>): Generator<TermSeqFieldEvent | TermReasonFieldEvent> {
    return streamMessage(buf, Term.codec(), opts)
  }
}

export interface Outcomes {
  done: number[]
  naks: Nak[]
  terms: Term[]
  expired: number[]
  working: number[]
}

export namespace Outcomes {
  let _codec: Codec<Outcomes>

  export const codec = (): Codec<Outcomes> => {
    if (_codec == null) {
      _codec = message<Outcomes>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.done != null && obj.done.length > 0) {
          for (const value of obj.done) {
            w.uint32(8)
            w.uint64Number(value)
          }
        }

        if (obj.naks != null && obj.naks.length > 0) {
          for (const value of obj.naks) {
            w.uint32(18)
            Nak.codec().encode(value, w)
          }
        }

        if (obj.terms != null && obj.terms.length > 0) {
          for (const value of obj.terms) {
            w.uint32(26)
            Term.codec().encode(value, w)
          }
        }

        if (obj.expired != null && obj.expired.length > 0) {
          for (const value of obj.expired) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if (obj.working != null && obj.working.length > 0) {
          for (const value of obj.working) {
            w.uint32(40)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          done: [],
          naks: [],
          terms: [],
          expired: [],
          working: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.done != null && obj.done.length === opts.limits.done) {
                throw new MaxLengthError('Decode error - repeated field "done" had too many elements')
              }

              obj.done.push(reader.uint64Number())
              break
            }
            case 2: {
              if (opts.limits?.naks != null && obj.naks.length === opts.limits.naks) {
                throw new MaxLengthError('Decode error - repeated field "naks" had too many elements')
              }

              obj.naks.push(Nak.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.naks$
              }))
              break
            }
            case 3: {
              if (opts.limits?.terms != null && obj.terms.length === opts.limits.terms) {
                throw new MaxLengthError('Decode error - repeated field "terms" had too many elements')
              }

              obj.terms.push(Term.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.terms$
              }))
              break
            }
            case 4: {
              if (opts.limits?.expired != null && obj.expired.length === opts.limits.expired) {
                throw new MaxLengthError('Decode error - repeated field "expired" had too many elements')
              }

              obj.expired.push(reader.uint64Number())
              break
            }
            case 5: {
              if (opts.limits?.working != null && obj.working.length === opts.limits.working) {
                throw new MaxLengthError('Decode error - repeated field "working" had too many elements')
              }

              obj.working.push(reader.uint64Number())
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
          done: 0,
          naks: 0,
          terms: 0,
          expired: 0,
          working: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.done != null && obj.done === opts.limits.done) {
                throw new MaxLengthError('Streaming decode error - repeated field "done" had too many elements')
              }

              yield {
                field: `${prefix}.done[]`,
                index: obj.done,
                value: reader.uint64Number()
              }

              obj.done++

              break
            }
            case 2: {
              if (opts.limits?.naks != null && obj.naks === opts.limits.naks) {
                throw new MaxLengthError('Streaming decode error - repeated field "naks" had too many elements')
              }

              for (const evt of Nak.codec().stream(reader, reader.uint32(), `${prefix}.naks[]`, {
                limits: opts.limits?.naks$
              })) {
                yield {
                  ...evt,
                  index: obj.naks
                }
              }

              obj.naks++

              break
            }
            case 3: {
              if (opts.limits?.terms != null && obj.terms === opts.limits.terms) {
                throw new MaxLengthError('Streaming decode error - repeated field "terms" had too many elements')
              }

              for (const evt of Term.codec().stream(reader, reader.uint32(), `${prefix}.terms[]`, {
                limits: opts.limits?.terms$
              })) {
                yield {
                  ...evt,
                  index: obj.terms
                }
              }

              obj.terms++

              break
            }
            case 4: {
              if (opts.limits?.expired != null && obj.expired === opts.limits.expired) {
                throw new MaxLengthError('Streaming decode error - repeated field "expired" had too many elements')
              }

              yield {
                field: `${prefix}.expired[]`,
                index: obj.expired,
                value: reader.uint64Number()
              }

              obj.expired++

              break
            }
            case 5: {
              if (opts.limits?.working != null && obj.working === opts.limits.working) {
                throw new MaxLengthError('Streaming decode error - repeated field "working" had too many elements')
              }

              yield {
                field: `${prefix}.working[]`,
                index: obj.working,
                value: reader.uint64Number()
              }

              obj.working++

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

  export interface OutcomesDoneFieldEvent {
    field: '$.done[]'
    index: number
    value: number
  }

  export interface OutcomesNaksSeqFieldEvent {
    field: '$.naks[].seq'
    value: number
    index: number
  }

  export interface OutcomesNaksAttemptFieldEvent {
    field: '$.naks[].attempt'
    value: number
    index: number
  }

  export interface OutcomesNaksDelayFieldEvent {
    field: '$.naks[].delay'
    value: number
    index: number
  }

  export interface OutcomesNaksReasonFieldEvent {
    field: '$.naks[].reason'
    value: string
    index: number
  }

  export interface OutcomesNaksUnstartedFieldEvent {
    field: '$.naks[].unstarted'
    value: boolean
    index: number
  }

  export interface OutcomesTermsSeqFieldEvent {
    field: '$.terms[].seq'
    value: number
    index: number
  }

  export interface OutcomesTermsReasonFieldEvent {
    field: '$.terms[].reason'
    value: string
    index: number
  }

  export interface OutcomesExpiredFieldEvent {
    field: '$.expired[]'
    index: number
    value: number
  }

  export interface OutcomesWorkingFieldEvent {
    field: '$.working[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Outcomes>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Outcomes.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcomes>): Outcomes {
    return decodeMessage(buf, Outcomes.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcomes>): Generator<OutcomesDoneFieldEvent | OutcomesNaksSeqFieldEvent | OutcomesNaksAttemptFieldEvent | OutcomesNaksDelayFieldEvent | OutcomesNaksReasonFieldEvent | OutcomesNaksUnstartedFieldEvent | OutcomesTermsSeqFieldEvent | OutcomesTermsReasonFieldEvent | OutcomesExpiredFieldEvent | OutcomesWorkingFieldEvent> {
    return streamMessage(buf, Outcomes.codec(), opts)
  }
}

export interface Low {
  channel: string
  low: number
}

export namespace Low {
  let _codec: Codec<Low>

  export const codec = (): Codec<Low> => {
    if (_codec == null) {
      _codec = message<Low>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.low)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          low: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.low = reader.uint64Number()
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
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.low`,
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

  export interface LowChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface LowLowFieldEvent {
    field: '$.low'
    value: number
  }

  export function encode (obj: Partial<Low>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Low.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Low>): Low {
    return decodeMessage(buf, Low.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Low>): Generator<LowChannelFieldEvent | LowLowFieldEvent> {
    return streamMessage(buf, Low.codec(), opts)
  }
}

export interface GoneChannel {
  channel: string
  opened: number
}

export namespace GoneChannel {
  let _codec: Codec<GoneChannel>

  export const codec = (): Codec<GoneChannel> => {
    if (_codec == null) {
      _codec = message<GoneChannel>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.opened != null && obj.opened !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.opened)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          opened: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.opened = reader.uint64Number()
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
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.opened`,
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

  export interface GoneChannelChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface GoneChannelOpenedFieldEvent {
    field: '$.opened'
    value: number
  }

  export function encode (obj: Partial<GoneChannel>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, GoneChannel.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GoneChannel>): GoneChannel {
    return decodeMessage(buf, GoneChannel.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GoneChannel>): Generator<GoneChannelChannelFieldEvent | GoneChannelOpenedFieldEvent> {
    return streamMessage(buf, GoneChannel.codec(), opts)
  }
}

export interface Opening {
  tag: string
  by: string
  spec?: ChannelSpec
  at: number
  stated: number
}

export namespace Opening {
  let _codec: Codec<Opening>

  export const codec = (): Codec<Opening> => {
    if (_codec == null) {
      _codec = message<Opening>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.tag != null && obj.tag !== '')) {
          w.uint32(10)
          w.string(obj.tag)
        }

        if ((obj.by != null && obj.by !== '')) {
          w.uint32(18)
          w.string(obj.by)
        }

        if (obj.spec != null) {
          w.uint32(26)
          ChannelSpec.codec().encode(obj.spec, w)
        }

        if ((obj.at != null && obj.at !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.at)
        }

        if ((obj.stated != null && obj.stated !== 0)) {
          w.uint32(40)
          w.uint32(obj.stated)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tag: '',
          by: '',
          at: 0,
          stated: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tag = reader.string()
              break
            }
            case 2: {
              obj.by = reader.string()
              break
            }
            case 3: {
              obj.spec = ChannelSpec.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.spec
              })
              break
            }
            case 4: {
              obj.at = reader.uint64Number()
              break
            }
            case 5: {
              obj.stated = reader.uint32()
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
                field: `${prefix}.tag`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.by`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * ChannelSpec.codec().stream(reader, reader.uint32(), `${prefix}.spec`, {
                limits: opts.limits?.spec
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.at`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.stated`,
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

  export interface OpeningTagFieldEvent {
    field: '$.tag'
    value: string
  }

  export interface OpeningByFieldEvent {
    field: '$.by'
    value: string
  }

  export interface OpeningSpecChannelFieldEvent {
    field: '$.spec.channel'
    value: string
  }

  export interface OpeningSpecPatternFieldEvent {
    field: '$.spec.pattern'
    value: string
  }

  export interface OpeningSpecNameFieldEvent {
    field: '$.spec.name'
    value: string
  }

  export interface OpeningSpecOpenedFieldEvent {
    field: '$.spec.opened'
    value: number
  }

  export interface OpeningSpecStartFieldEvent {
    field: '$.spec.start'
    value: number
  }

  export interface OpeningSpecDurableFieldEvent {
    field: '$.spec.durable'
    value: boolean
  }

  export interface OpeningSpecExpireFieldEvent {
    field: '$.spec.expire'
    value: number
  }

  export interface OpeningSpecMaxDeliverFieldEvent {
    field: '$.spec.maxDeliver'
    value: number
  }

  export interface OpeningSpecAckWaitFieldEvent {
    field: '$.spec.ackWait'
    value: number
  }

  export interface OpeningSpecBackoffFieldEvent {
    field: '$.spec.backoff[]'
    index: number
    value: number
  }

  export interface OpeningAtFieldEvent {
    field: '$.at'
    value: number
  }

  export interface OpeningStatedFieldEvent {
    field: '$.stated'
    value: number
  }

  export function encode (obj: Partial<Opening>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Opening.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opening>): Opening {
    return decodeMessage(buf, Opening.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opening>): Generator<OpeningTagFieldEvent | OpeningByFieldEvent | OpeningSpecChannelFieldEvent | OpeningSpecPatternFieldEvent | OpeningSpecNameFieldEvent | OpeningSpecOpenedFieldEvent | OpeningSpecStartFieldEvent | OpeningSpecDurableFieldEvent | OpeningSpecExpireFieldEvent | OpeningSpecMaxDeliverFieldEvent | OpeningSpecAckWaitFieldEvent | OpeningSpecBackoffFieldEvent | OpeningAtFieldEvent | OpeningStatedFieldEvent> {
    return streamMessage(buf, Opening.codec(), opts)
  }
}

export interface Membership {
  id: string
  incarnation: number
  version: number
  weight: number
  channels: string[]
}

export namespace Membership {
  let _codec: Codec<Membership>

  export const codec = (): Codec<Membership> => {
    if (_codec == null) {
      _codec = message<Membership>((obj, w, opts = {}) => {
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

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.version)
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(32)
          w.uint32(obj.weight)
        }

        if (obj.channels != null && obj.channels.length > 0) {
          for (const value of obj.channels) {
            w.uint32(42)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          incarnation: 0,
          version: 0,
          weight: 0,
          channels: []
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
              obj.version = reader.uint64Number()
              break
            }
            case 4: {
              obj.weight = reader.uint32()
              break
            }
            case 5: {
              if (opts.limits?.channels != null && obj.channels.length === opts.limits.channels) {
                throw new MaxLengthError('Decode error - repeated field "channels" had too many elements')
              }

              obj.channels.push(reader.string())
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
          channels: 0
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
                field: `${prefix}.incarnation`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.weight`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
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

  export interface MembershipIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface MembershipIncarnationFieldEvent {
    field: '$.incarnation'
    value: number
  }

  export interface MembershipVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface MembershipWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface MembershipChannelsFieldEvent {
    field: '$.channels[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Membership>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Membership.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Membership>): Membership {
    return decodeMessage(buf, Membership.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Membership>): Generator<MembershipIdFieldEvent | MembershipIncarnationFieldEvent | MembershipVersionFieldEvent | MembershipWeightFieldEvent | MembershipChannelsFieldEvent> {
    return streamMessage(buf, Membership.codec(), opts)
  }
}

export interface RegistryDelta {
  openings: Opening[]
  removed: string[]
  members: Membership[]
}

export namespace RegistryDelta {
  let _codec: Codec<RegistryDelta>

  export const codec = (): Codec<RegistryDelta> => {
    if (_codec == null) {
      _codec = message<RegistryDelta>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.openings != null && obj.openings.length > 0) {
          for (const value of obj.openings) {
            w.uint32(10)
            Opening.codec().encode(value, w)
          }
        }

        if (obj.removed != null && obj.removed.length > 0) {
          for (const value of obj.removed) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.members != null && obj.members.length > 0) {
          for (const value of obj.members) {
            w.uint32(26)
            Membership.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          openings: [],
          removed: [],
          members: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.openings != null && obj.openings.length === opts.limits.openings) {
                throw new MaxLengthError('Decode error - repeated field "openings" had too many elements')
              }

              obj.openings.push(Opening.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.openings$
              }))
              break
            }
            case 2: {
              if (opts.limits?.removed != null && obj.removed.length === opts.limits.removed) {
                throw new MaxLengthError('Decode error - repeated field "removed" had too many elements')
              }

              obj.removed.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              obj.members.push(Membership.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.members$
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
          openings: 0,
          removed: 0,
          members: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.openings != null && obj.openings === opts.limits.openings) {
                throw new MaxLengthError('Streaming decode error - repeated field "openings" had too many elements')
              }

              for (const evt of Opening.codec().stream(reader, reader.uint32(), `${prefix}.openings[]`, {
                limits: opts.limits?.openings$
              })) {
                yield {
                  ...evt,
                  index: obj.openings
                }
              }

              obj.openings++

              break
            }
            case 2: {
              if (opts.limits?.removed != null && obj.removed === opts.limits.removed) {
                throw new MaxLengthError('Streaming decode error - repeated field "removed" had too many elements')
              }

              yield {
                field: `${prefix}.removed[]`,
                index: obj.removed,
                value: reader.string()
              }

              obj.removed++

              break
            }
            case 3: {
              if (opts.limits?.members != null && obj.members === opts.limits.members) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              for (const evt of Membership.codec().stream(reader, reader.uint32(), `${prefix}.members[]`, {
                limits: opts.limits?.members$
              })) {
                yield {
                  ...evt,
                  index: obj.members
                }
              }

              obj.members++

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

  export interface RegistryDeltaOpeningsTagFieldEvent {
    field: '$.openings[].tag'
    value: string
    index: number
  }

  export interface RegistryDeltaOpeningsByFieldEvent {
    field: '$.openings[].by'
    value: string
    index: number
  }

  export interface RegistryDeltaOpeningsSpecChannelFieldEvent {
    field: '$.openings[].spec.channel'
    value: string
    index: number
  }

  export interface RegistryDeltaOpeningsSpecPatternFieldEvent {
    field: '$.openings[].spec.pattern'
    value: string
    index: number
  }

  export interface RegistryDeltaOpeningsSpecNameFieldEvent {
    field: '$.openings[].spec.name'
    value: string
    index: number
  }

  export interface RegistryDeltaOpeningsSpecOpenedFieldEvent {
    field: '$.openings[].spec.opened'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsSpecStartFieldEvent {
    field: '$.openings[].spec.start'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsSpecDurableFieldEvent {
    field: '$.openings[].spec.durable'
    value: boolean
    index: number
  }

  export interface RegistryDeltaOpeningsSpecExpireFieldEvent {
    field: '$.openings[].spec.expire'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsSpecMaxDeliverFieldEvent {
    field: '$.openings[].spec.maxDeliver'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsSpecAckWaitFieldEvent {
    field: '$.openings[].spec.ackWait'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsSpecBackoffFieldEvent {
    field: '$.openings[].spec.backoff[]'
    index: number
    value: number
  }

  export interface RegistryDeltaOpeningsAtFieldEvent {
    field: '$.openings[].at'
    value: number
    index: number
  }

  export interface RegistryDeltaOpeningsStatedFieldEvent {
    field: '$.openings[].stated'
    value: number
    index: number
  }

  export interface RegistryDeltaRemovedFieldEvent {
    field: '$.removed[]'
    index: number
    value: string
  }

  export interface RegistryDeltaMembersIdFieldEvent {
    field: '$.members[].id'
    value: string
    index: number
  }

  export interface RegistryDeltaMembersIncarnationFieldEvent {
    field: '$.members[].incarnation'
    value: number
    index: number
  }

  export interface RegistryDeltaMembersVersionFieldEvent {
    field: '$.members[].version'
    value: number
    index: number
  }

  export interface RegistryDeltaMembersWeightFieldEvent {
    field: '$.members[].weight'
    value: number
    index: number
  }

  export interface RegistryDeltaMembersChannelsFieldEvent {
    field: '$.members[].channels[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<RegistryDelta>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RegistryDelta.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RegistryDelta>): RegistryDelta {
    return decodeMessage(buf, RegistryDelta.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RegistryDelta>): Generator<RegistryDeltaOpeningsTagFieldEvent | RegistryDeltaOpeningsByFieldEvent | RegistryDeltaOpeningsSpecChannelFieldEvent | RegistryDeltaOpeningsSpecPatternFieldEvent | RegistryDeltaOpeningsSpecNameFieldEvent | RegistryDeltaOpeningsSpecOpenedFieldEvent | RegistryDeltaOpeningsSpecStartFieldEvent | RegistryDeltaOpeningsSpecDurableFieldEvent | RegistryDeltaOpeningsSpecExpireFieldEvent | RegistryDeltaOpeningsSpecMaxDeliverFieldEvent | RegistryDeltaOpeningsSpecAckWaitFieldEvent | RegistryDeltaOpeningsSpecBackoffFieldEvent | RegistryDeltaOpeningsAtFieldEvent | RegistryDeltaOpeningsStatedFieldEvent | RegistryDeltaRemovedFieldEvent | RegistryDeltaMembersIdFieldEvent | RegistryDeltaMembersIncarnationFieldEvent | RegistryDeltaMembersVersionFieldEvent | RegistryDeltaMembersWeightFieldEvent | RegistryDeltaMembersChannelsFieldEvent> {
    return streamMessage(buf, RegistryDelta.codec(), opts)
  }
}

export interface Open {
  log?: LogId
  spec?: ChannelSpec
  weight: number
  fresh: boolean
  session: number
  prefetch: number
  concurrency: number
  holds: number[]
  low: number
  outcomes?: Outcomes
}

export namespace Open {
  let _codec: Codec<Open>

  export const codec = (): Codec<Open> => {
    if (_codec == null) {
      _codec = message<Open>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.spec != null) {
          w.uint32(18)
          ChannelSpec.codec().encode(obj.spec, w)
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(24)
          w.uint32(obj.weight)
        }

        if ((obj.fresh != null && obj.fresh !== false)) {
          w.uint32(32)
          w.bool(obj.fresh)
        }

        if ((obj.session != null && obj.session !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.session)
        }

        if ((obj.prefetch != null && obj.prefetch !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.prefetch)
        }

        if ((obj.concurrency != null && obj.concurrency !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.concurrency)
        }

        if (obj.holds != null && obj.holds.length > 0) {
          for (const value of obj.holds) {
            w.uint32(64)
            w.uint64Number(value)
          }
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.low)
        }

        if (obj.outcomes != null) {
          w.uint32(82)
          Outcomes.codec().encode(obj.outcomes, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          weight: 0,
          fresh: false,
          session: 0,
          prefetch: 0,
          concurrency: 0,
          holds: [],
          low: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.spec = ChannelSpec.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.spec
              })
              break
            }
            case 3: {
              obj.weight = reader.uint32()
              break
            }
            case 4: {
              obj.fresh = reader.bool()
              break
            }
            case 5: {
              obj.session = reader.uint64Number()
              break
            }
            case 6: {
              obj.prefetch = reader.uint64Number()
              break
            }
            case 7: {
              obj.concurrency = reader.uint64Number()
              break
            }
            case 8: {
              if (opts.limits?.holds != null && obj.holds.length === opts.limits.holds) {
                throw new MaxLengthError('Decode error - repeated field "holds" had too many elements')
              }

              obj.holds.push(reader.uint64Number())
              break
            }
            case 9: {
              obj.low = reader.uint64Number()
              break
            }
            case 10: {
              obj.outcomes = Outcomes.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.outcomes
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
          holds: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * ChannelSpec.codec().stream(reader, reader.uint32(), `${prefix}.spec`, {
                limits: opts.limits?.spec
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.weight`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.fresh`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.session`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.prefetch`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.concurrency`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              if (opts.limits?.holds != null && obj.holds === opts.limits.holds) {
                throw new MaxLengthError('Streaming decode error - repeated field "holds" had too many elements')
              }

              yield {
                field: `${prefix}.holds[]`,
                index: obj.holds,
                value: reader.uint64Number()
              }

              obj.holds++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.low`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              yield * Outcomes.codec().stream(reader, reader.uint32(), `${prefix}.outcomes`, {
                limits: opts.limits?.outcomes
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

  export interface OpenLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface OpenLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface OpenLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface OpenSpecChannelFieldEvent {
    field: '$.spec.channel'
    value: string
  }

  export interface OpenSpecPatternFieldEvent {
    field: '$.spec.pattern'
    value: string
  }

  export interface OpenSpecNameFieldEvent {
    field: '$.spec.name'
    value: string
  }

  export interface OpenSpecOpenedFieldEvent {
    field: '$.spec.opened'
    value: number
  }

  export interface OpenSpecStartFieldEvent {
    field: '$.spec.start'
    value: number
  }

  export interface OpenSpecDurableFieldEvent {
    field: '$.spec.durable'
    value: boolean
  }

  export interface OpenSpecExpireFieldEvent {
    field: '$.spec.expire'
    value: number
  }

  export interface OpenSpecMaxDeliverFieldEvent {
    field: '$.spec.maxDeliver'
    value: number
  }

  export interface OpenSpecAckWaitFieldEvent {
    field: '$.spec.ackWait'
    value: number
  }

  export interface OpenSpecBackoffFieldEvent {
    field: '$.spec.backoff[]'
    index: number
    value: number
  }

  export interface OpenWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface OpenFreshFieldEvent {
    field: '$.fresh'
    value: boolean
  }

  export interface OpenSessionFieldEvent {
    field: '$.session'
    value: number
  }

  export interface OpenPrefetchFieldEvent {
    field: '$.prefetch'
    value: number
  }

  export interface OpenConcurrencyFieldEvent {
    field: '$.concurrency'
    value: number
  }

  export interface OpenHoldsFieldEvent {
    field: '$.holds[]'
    index: number
    value: number
  }

  export interface OpenLowFieldEvent {
    field: '$.low'
    value: number
  }

  export interface OpenOutcomesDoneFieldEvent {
    field: '$.outcomes.done[]'
    index: number
    value: number
  }

  export interface OpenOutcomesNaksSeqFieldEvent {
    field: '$.outcomes.naks[].seq'
    value: number
    index: number
  }

  export interface OpenOutcomesNaksAttemptFieldEvent {
    field: '$.outcomes.naks[].attempt'
    value: number
    index: number
  }

  export interface OpenOutcomesNaksDelayFieldEvent {
    field: '$.outcomes.naks[].delay'
    value: number
    index: number
  }

  export interface OpenOutcomesNaksReasonFieldEvent {
    field: '$.outcomes.naks[].reason'
    value: string
    index: number
  }

  export interface OpenOutcomesNaksUnstartedFieldEvent {
    field: '$.outcomes.naks[].unstarted'
    value: boolean
    index: number
  }

  export interface OpenOutcomesTermsSeqFieldEvent {
    field: '$.outcomes.terms[].seq'
    value: number
    index: number
  }

  export interface OpenOutcomesTermsReasonFieldEvent {
    field: '$.outcomes.terms[].reason'
    value: string
    index: number
  }

  export interface OpenOutcomesExpiredFieldEvent {
    field: '$.outcomes.expired[]'
    index: number
    value: number
  }

  export interface OpenOutcomesWorkingFieldEvent {
    field: '$.outcomes.working[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Open>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Open.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Open {
    return decodeMessage(buf, Open.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Generator<OpenLogTopicFieldEvent | OpenLogPublisherFieldEvent | OpenLogEpochFieldEvent | OpenSpecChannelFieldEvent | OpenSpecPatternFieldEvent | OpenSpecNameFieldEvent | OpenSpecOpenedFieldEvent | OpenSpecStartFieldEvent | OpenSpecDurableFieldEvent | OpenSpecExpireFieldEvent | OpenSpecMaxDeliverFieldEvent | OpenSpecAckWaitFieldEvent | OpenSpecBackoffFieldEvent | OpenWeightFieldEvent | OpenFreshFieldEvent | OpenSessionFieldEvent | OpenPrefetchFieldEvent | OpenConcurrencyFieldEvent | OpenHoldsFieldEvent | OpenLowFieldEvent | OpenOutcomesDoneFieldEvent | OpenOutcomesNaksSeqFieldEvent | OpenOutcomesNaksAttemptFieldEvent | OpenOutcomesNaksDelayFieldEvent | OpenOutcomesNaksReasonFieldEvent | OpenOutcomesNaksUnstartedFieldEvent | OpenOutcomesTermsSeqFieldEvent | OpenOutcomesTermsReasonFieldEvent | OpenOutcomesExpiredFieldEvent | OpenOutcomesWorkingFieldEvent> {
    return streamMessage(buf, Open.codec(), opts)
  }
}

export interface Credit {
  log?: LogId
  channel: string
  prefetch: number
  concurrency: number
  unstarted: number[]
}

export namespace Credit {
  let _codec: Codec<Credit>

  export const codec = (): Codec<Credit> => {
    if (_codec == null) {
      _codec = message<Credit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if ((obj.prefetch != null && obj.prefetch !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.prefetch)
        }

        if ((obj.concurrency != null && obj.concurrency !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.concurrency)
        }

        if (obj.unstarted != null && obj.unstarted.length > 0) {
          for (const value of obj.unstarted) {
            w.uint32(40)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          prefetch: 0,
          concurrency: 0,
          unstarted: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.prefetch = reader.uint64Number()
              break
            }
            case 4: {
              obj.concurrency = reader.uint64Number()
              break
            }
            case 5: {
              if (opts.limits?.unstarted != null && obj.unstarted.length === opts.limits.unstarted) {
                throw new MaxLengthError('Decode error - repeated field "unstarted" had too many elements')
              }

              obj.unstarted.push(reader.uint64Number())
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
          unstarted: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.prefetch`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.concurrency`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              if (opts.limits?.unstarted != null && obj.unstarted === opts.limits.unstarted) {
                throw new MaxLengthError('Streaming decode error - repeated field "unstarted" had too many elements')
              }

              yield {
                field: `${prefix}.unstarted[]`,
                index: obj.unstarted,
                value: reader.uint64Number()
              }

              obj.unstarted++

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

  export interface CreditLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface CreditLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface CreditLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface CreditChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface CreditPrefetchFieldEvent {
    field: '$.prefetch'
    value: number
  }

  export interface CreditConcurrencyFieldEvent {
    field: '$.concurrency'
    value: number
  }

  export interface CreditUnstartedFieldEvent {
    field: '$.unstarted[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Credit>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Credit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Credit {
    return decodeMessage(buf, Credit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Generator<CreditLogTopicFieldEvent | CreditLogPublisherFieldEvent | CreditLogEpochFieldEvent | CreditChannelFieldEvent | CreditPrefetchFieldEvent | CreditConcurrencyFieldEvent | CreditUnstartedFieldEvent> {
    return streamMessage(buf, Credit.codec(), opts)
  }
}

export interface Ack {
  log?: LogId
  channel: string
  outcomes?: Outcomes
}

export namespace Ack {
  let _codec: Codec<Ack>

  export const codec = (): Codec<Ack> => {
    if (_codec == null) {
      _codec = message<Ack>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.outcomes != null) {
          w.uint32(26)
          Outcomes.codec().encode(obj.outcomes, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.outcomes = Outcomes.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.outcomes
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
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Outcomes.codec().stream(reader, reader.uint32(), `${prefix}.outcomes`, {
                limits: opts.limits?.outcomes
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

  export interface AckLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface AckLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface AckLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface AckChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface AckOutcomesDoneFieldEvent {
    field: '$.outcomes.done[]'
    index: number
    value: number
  }

  export interface AckOutcomesNaksSeqFieldEvent {
    field: '$.outcomes.naks[].seq'
    value: number
    index: number
  }

  export interface AckOutcomesNaksAttemptFieldEvent {
    field: '$.outcomes.naks[].attempt'
    value: number
    index: number
  }

  export interface AckOutcomesNaksDelayFieldEvent {
    field: '$.outcomes.naks[].delay'
    value: number
    index: number
  }

  export interface AckOutcomesNaksReasonFieldEvent {
    field: '$.outcomes.naks[].reason'
    value: string
    index: number
  }

  export interface AckOutcomesNaksUnstartedFieldEvent {
    field: '$.outcomes.naks[].unstarted'
    value: boolean
    index: number
  }

  export interface AckOutcomesTermsSeqFieldEvent {
    field: '$.outcomes.terms[].seq'
    value: number
    index: number
  }

  export interface AckOutcomesTermsReasonFieldEvent {
    field: '$.outcomes.terms[].reason'
    value: string
    index: number
  }

  export interface AckOutcomesExpiredFieldEvent {
    field: '$.outcomes.expired[]'
    index: number
    value: number
  }

  export interface AckOutcomesWorkingFieldEvent {
    field: '$.outcomes.working[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Ack>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ack.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Ack {
    return decodeMessage(buf, Ack.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Generator<AckLogTopicFieldEvent | AckLogPublisherFieldEvent | AckLogEpochFieldEvent | AckChannelFieldEvent | AckOutcomesDoneFieldEvent | AckOutcomesNaksSeqFieldEvent | AckOutcomesNaksAttemptFieldEvent | AckOutcomesNaksDelayFieldEvent | AckOutcomesNaksReasonFieldEvent | AckOutcomesNaksUnstartedFieldEvent | AckOutcomesTermsSeqFieldEvent | AckOutcomesTermsReasonFieldEvent | AckOutcomesExpiredFieldEvent | AckOutcomesWorkingFieldEvent> {
    return streamMessage(buf, Ack.codec(), opts)
  }
}

export interface Lacks {
  log?: LogId
  channel: string
  ranges: number[]
}

export namespace Lacks {
  let _codec: Codec<Lacks>

  export const codec = (): Codec<Lacks> => {
    if (_codec == null) {
      _codec = message<Lacks>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(24)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(reader.uint64Number())
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
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              yield {
                field: `${prefix}.ranges[]`,
                index: obj.ranges,
                value: reader.uint64Number()
              }

              obj.ranges++

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

  export interface LacksLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface LacksLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface LacksLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface LacksChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface LacksRangesFieldEvent {
    field: '$.ranges[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Lacks>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Lacks.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lacks>): Lacks {
    return decodeMessage(buf, Lacks.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lacks>): Generator<LacksLogTopicFieldEvent | LacksLogPublisherFieldEvent | LacksLogEpochFieldEvent | LacksChannelFieldEvent | LacksRangesFieldEvent> {
    return streamMessage(buf, Lacks.codec(), opts)
  }
}

export interface Leave {
  log?: LogId
  channel: string
  unstarted: number[]
}

export namespace Leave {
  let _codec: Codec<Leave>

  export const codec = (): Codec<Leave> => {
    if (_codec == null) {
      _codec = message<Leave>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.unstarted != null && obj.unstarted.length > 0) {
          for (const value of obj.unstarted) {
            w.uint32(24)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          unstarted: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              if (opts.limits?.unstarted != null && obj.unstarted.length === opts.limits.unstarted) {
                throw new MaxLengthError('Decode error - repeated field "unstarted" had too many elements')
              }

              obj.unstarted.push(reader.uint64Number())
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
          unstarted: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              if (opts.limits?.unstarted != null && obj.unstarted === opts.limits.unstarted) {
                throw new MaxLengthError('Streaming decode error - repeated field "unstarted" had too many elements')
              }

              yield {
                field: `${prefix}.unstarted[]`,
                index: obj.unstarted,
                value: reader.uint64Number()
              }

              obj.unstarted++

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

  export interface LeaveLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface LeaveLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface LeaveLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface LeaveChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface LeaveUnstartedFieldEvent {
    field: '$.unstarted[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Leave>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Leave.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Leave {
    return decodeMessage(buf, Leave.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Generator<LeaveLogTopicFieldEvent | LeaveLogPublisherFieldEvent | LeaveLogEpochFieldEvent | LeaveChannelFieldEvent | LeaveUnstartedFieldEvent> {
    return streamMessage(buf, Leave.codec(), opts)
  }
}

export interface Stale {
  log?: LogId
  generation?: Generation
}

export namespace Stale {
  let _codec: Codec<Stale>

  export const codec = (): Codec<Stale> => {
    if (_codec == null) {
      _codec = message<Stale>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
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
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
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
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
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

  export interface StaleLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface StaleLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface StaleLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface StaleGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface StaleGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export function encode (obj: Partial<Stale>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Stale.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stale>): Stale {
    return decodeMessage(buf, Stale.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stale>): Generator<StaleLogTopicFieldEvent | StaleLogPublisherFieldEvent | StaleLogEpochFieldEvent | StaleGenerationNumberFieldEvent | StaleGenerationByFieldEvent> {
    return streamMessage(buf, Stale.codec(), opts)
  }
}

export interface Opened {
  log?: LogId
  channel: string
  generation?: Generation
  low: number
  high: number
}

export namespace Opened {
  let _codec: Codec<Opened>

  export const codec = (): Codec<Opened> => {
    if (_codec == null) {
      _codec = message<Opened>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.generation != null) {
          w.uint32(26)
          Generation.codec().encode(obj.generation, w)
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.low)
        }

        if ((obj.high != null && obj.high !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.high)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          low: 0,
          high: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 4: {
              obj.low = reader.uint64Number()
              break
            }
            case 5: {
              obj.high = reader.uint64Number()
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
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.low`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.high`,
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

  export interface OpenedLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface OpenedLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface OpenedLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface OpenedChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface OpenedGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface OpenedGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface OpenedLowFieldEvent {
    field: '$.low'
    value: number
  }

  export interface OpenedHighFieldEvent {
    field: '$.high'
    value: number
  }

  export function encode (obj: Partial<Opened>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Opened.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opened>): Opened {
    return decodeMessage(buf, Opened.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opened>): Generator<OpenedLogTopicFieldEvent | OpenedLogPublisherFieldEvent | OpenedLogEpochFieldEvent | OpenedChannelFieldEvent | OpenedGenerationNumberFieldEvent | OpenedGenerationByFieldEvent | OpenedLowFieldEvent | OpenedHighFieldEvent> {
    return streamMessage(buf, Opened.codec(), opts)
  }
}

export interface Assign {
  log?: LogId
  channel: string
  generation?: Generation
  low: number
  items: Assignment[]
}

export namespace Assign {
  let _codec: Codec<Assign>

  export const codec = (): Codec<Assign> => {
    if (_codec == null) {
      _codec = message<Assign>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.generation != null) {
          w.uint32(26)
          Generation.codec().encode(obj.generation, w)
        }

        if ((obj.low != null && obj.low !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.low)
        }

        if (obj.items != null && obj.items.length > 0) {
          for (const value of obj.items) {
            w.uint32(42)
            Assignment.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          low: 0,
          items: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 4: {
              obj.low = reader.uint64Number()
              break
            }
            case 5: {
              if (opts.limits?.items != null && obj.items.length === opts.limits.items) {
                throw new MaxLengthError('Decode error - repeated field "items" had too many elements')
              }

              obj.items.push(Assignment.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.items$
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
          items: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.low`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              if (opts.limits?.items != null && obj.items === opts.limits.items) {
                throw new MaxLengthError('Streaming decode error - repeated field "items" had too many elements')
              }

              for (const evt of Assignment.codec().stream(reader, reader.uint32(), `${prefix}.items[]`, {
                limits: opts.limits?.items$
              })) {
                yield {
                  ...evt,
                  index: obj.items
                }
              }

              obj.items++

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

  export interface AssignLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface AssignLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface AssignLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface AssignChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface AssignGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface AssignGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface AssignLowFieldEvent {
    field: '$.low'
    value: number
  }

  export interface AssignItemsMessageSeqFieldEvent {
    field: '$.items[].message.seq'
    value: number
    index: number
  }

  export interface AssignItemsMessageAtFieldEvent {
    field: '$.items[].message.at'
    value: number
    index: number
  }

  export interface AssignItemsMessageTtlFieldEvent {
    field: '$.items[].message.ttl'
    value: number
    index: number
  }

  export interface AssignItemsMessageKeyFieldEvent {
    field: '$.items[].message.key'
    value: string
    index: number
  }

  export interface AssignItemsMessagePayloadFieldEvent {
    field: '$.items[].message.payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AssignItemsAttemptFieldEvent {
    field: '$.items[].attempt'
    value: number
    index: number
  }

  export interface AssignItemsUnstartedFieldEvent {
    field: '$.items[].unstarted'
    value: number
    index: number
  }

  export function encode (obj: Partial<Assign>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Assign.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assign>): Assign {
    return decodeMessage(buf, Assign.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Assign>): Generator<AssignLogTopicFieldEvent | AssignLogPublisherFieldEvent | AssignLogEpochFieldEvent | AssignChannelFieldEvent | AssignGenerationNumberFieldEvent | AssignGenerationByFieldEvent | AssignLowFieldEvent | AssignItemsMessageSeqFieldEvent | AssignItemsMessageAtFieldEvent | AssignItemsMessageTtlFieldEvent | AssignItemsMessageKeyFieldEvent | AssignItemsMessagePayloadFieldEvent | AssignItemsAttemptFieldEvent | AssignItemsUnstartedFieldEvent> {
    return streamMessage(buf, Assign.codec(), opts)
  }
}

export interface Drop {
  log?: LogId
  channel: string
  generation?: Generation
  ranges: number[]
}

export namespace Drop {
  let _codec: Codec<Drop>

  export const codec = (): Codec<Drop> => {
    if (_codec == null) {
      _codec = message<Drop>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.generation != null) {
          w.uint32(26)
          Generation.codec().encode(obj.generation, w)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(reader.uint64Number())
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
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              yield {
                field: `${prefix}.ranges[]`,
                index: obj.ranges,
                value: reader.uint64Number()
              }

              obj.ranges++

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

  export interface DropLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface DropLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface DropLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface DropChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface DropGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface DropGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface DropRangesFieldEvent {
    field: '$.ranges[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Drop>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Drop.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Drop>): Drop {
    return decodeMessage(buf, Drop.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Drop>): Generator<DropLogTopicFieldEvent | DropLogPublisherFieldEvent | DropLogEpochFieldEvent | DropChannelFieldEvent | DropGenerationNumberFieldEvent | DropGenerationByFieldEvent | DropRangesFieldEvent> {
    return streamMessage(buf, Drop.codec(), opts)
  }
}

export interface Covered {
  log?: LogId
  channel: string
  generation?: Generation
  ranges: number[]
}

export namespace Covered {
  let _codec: Codec<Covered>

  export const codec = (): Codec<Covered> => {
    if (_codec == null) {
      _codec = message<Covered>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(18)
          w.string(obj.channel)
        }

        if (obj.generation != null) {
          w.uint32(26)
          Generation.codec().encode(obj.generation, w)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.channel = reader.string()
              break
            }
            case 3: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(reader.uint64Number())
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
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              yield {
                field: `${prefix}.ranges[]`,
                index: obj.ranges,
                value: reader.uint64Number()
              }

              obj.ranges++

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

  export interface CoveredLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface CoveredLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface CoveredLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface CoveredChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface CoveredGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface CoveredGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface CoveredRangesFieldEvent {
    field: '$.ranges[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Covered>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Covered.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Covered>): Covered {
    return decodeMessage(buf, Covered.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Covered>): Generator<CoveredLogTopicFieldEvent | CoveredLogPublisherFieldEvent | CoveredLogEpochFieldEvent | CoveredChannelFieldEvent | CoveredGenerationNumberFieldEvent | CoveredGenerationByFieldEvent | CoveredRangesFieldEvent> {
    return streamMessage(buf, Covered.codec(), opts)
  }
}

export interface Beat {
  log?: LogId
  generation?: Generation
  high: number
  lows: Low[]
}

export namespace Beat {
  let _codec: Codec<Beat>

  export const codec = (): Codec<Beat> => {
    if (_codec == null) {
      _codec = message<Beat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
        }

        if ((obj.high != null && obj.high !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.high)
        }

        if (obj.lows != null && obj.lows.length > 0) {
          for (const value of obj.lows) {
            w.uint32(34)
            Low.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          high: 0,
          lows: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 3: {
              obj.high = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.lows != null && obj.lows.length === opts.limits.lows) {
                throw new MaxLengthError('Decode error - repeated field "lows" had too many elements')
              }

              obj.lows.push(Low.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lows$
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
          lows: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.high`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.lows != null && obj.lows === opts.limits.lows) {
                throw new MaxLengthError('Streaming decode error - repeated field "lows" had too many elements')
              }

              for (const evt of Low.codec().stream(reader, reader.uint32(), `${prefix}.lows[]`, {
                limits: opts.limits?.lows$
              })) {
                yield {
                  ...evt,
                  index: obj.lows
                }
              }

              obj.lows++

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

  export interface BeatLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface BeatLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface BeatLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface BeatGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface BeatGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface BeatHighFieldEvent {
    field: '$.high'
    value: number
  }

  export interface BeatLowsChannelFieldEvent {
    field: '$.lows[].channel'
    value: string
    index: number
  }

  export interface BeatLowsLowFieldEvent {
    field: '$.lows[].low'
    value: number
    index: number
  }

  export function encode (obj: Partial<Beat>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Beat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Beat {
    return decodeMessage(buf, Beat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Generator<BeatLogTopicFieldEvent | BeatLogPublisherFieldEvent | BeatLogEpochFieldEvent | BeatGenerationNumberFieldEvent | BeatGenerationByFieldEvent | BeatHighFieldEvent | BeatLowsChannelFieldEvent | BeatLowsLowFieldEvent> {
    return streamMessage(buf, Beat.codec(), opts)
  }
}

export interface StoredUpto {
  log?: LogId
  upto: number
  durable: boolean
}

export namespace StoredUpto {
  let _codec: Codec<StoredUpto>

  export const codec = (): Codec<StoredUpto> => {
    if (_codec == null) {
      _codec = message<StoredUpto>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if ((obj.upto != null && obj.upto !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.upto)
        }

        if ((obj.durable != null && obj.durable !== false)) {
          w.uint32(24)
          w.bool(obj.durable)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          upto: 0,
          durable: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.upto = reader.uint64Number()
              break
            }
            case 3: {
              obj.durable = reader.bool()
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
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.upto`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.durable`,
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

  export interface StoredUptoLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface StoredUptoLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface StoredUptoLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface StoredUptoUptoFieldEvent {
    field: '$.upto'
    value: number
  }

  export interface StoredUptoDurableFieldEvent {
    field: '$.durable'
    value: boolean
  }

  export function encode (obj: Partial<StoredUpto>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredUpto.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredUpto>): StoredUpto {
    return decodeMessage(buf, StoredUpto.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredUpto>): Generator<StoredUptoLogTopicFieldEvent | StoredUptoLogPublisherFieldEvent | StoredUptoLogEpochFieldEvent | StoredUptoUptoFieldEvent | StoredUptoDurableFieldEvent> {
    return streamMessage(buf, StoredUpto.codec(), opts)
  }
}

export interface Fetch {
  log?: LogId
  ranges: number[]
}

export namespace Fetch {
  let _codec: Codec<Fetch>

  export const codec = (): Codec<Fetch> => {
    if (_codec == null) {
      _codec = message<Fetch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(16)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(reader.uint64Number())
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
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              yield {
                field: `${prefix}.ranges[]`,
                index: obj.ranges,
                value: reader.uint64Number()
              }

              obj.ranges++

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

  export interface FetchLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface FetchLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface FetchLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface FetchRangesFieldEvent {
    field: '$.ranges[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Fetch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Fetch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Fetch {
    return decodeMessage(buf, Fetch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Generator<FetchLogTopicFieldEvent | FetchLogPublisherFieldEvent | FetchLogEpochFieldEvent | FetchRangesFieldEvent> {
    return streamMessage(buf, Fetch.codec(), opts)
  }
}

export interface Range {
  log?: LogId
  messages: Message[]
  lost: number[]
}

export namespace Range {
  let _codec: Codec<Range>

  export const codec = (): Codec<Range> => {
    if (_codec == null) {
      _codec = message<Range>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.messages != null && obj.messages.length > 0) {
          for (const value of obj.messages) {
            w.uint32(18)
            Message.codec().encode(value, w)
          }
        }

        if (obj.lost != null && obj.lost.length > 0) {
          for (const value of obj.lost) {
            w.uint32(24)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          messages: [],
          lost: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              if (opts.limits?.messages != null && obj.messages.length === opts.limits.messages) {
                throw new MaxLengthError('Decode error - repeated field "messages" had too many elements')
              }

              obj.messages.push(Message.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.messages$
              }))
              break
            }
            case 3: {
              if (opts.limits?.lost != null && obj.lost.length === opts.limits.lost) {
                throw new MaxLengthError('Decode error - repeated field "lost" had too many elements')
              }

              obj.lost.push(reader.uint64Number())
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
          messages: 0,
          lost: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              if (opts.limits?.messages != null && obj.messages === opts.limits.messages) {
                throw new MaxLengthError('Streaming decode error - repeated field "messages" had too many elements')
              }

              for (const evt of Message.codec().stream(reader, reader.uint32(), `${prefix}.messages[]`, {
                limits: opts.limits?.messages$
              })) {
                yield {
                  ...evt,
                  index: obj.messages
                }
              }

              obj.messages++

              break
            }
            case 3: {
              if (opts.limits?.lost != null && obj.lost === opts.limits.lost) {
                throw new MaxLengthError('Streaming decode error - repeated field "lost" had too many elements')
              }

              yield {
                field: `${prefix}.lost[]`,
                index: obj.lost,
                value: reader.uint64Number()
              }

              obj.lost++

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

  export interface RangeLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface RangeLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface RangeLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface RangeMessagesSeqFieldEvent {
    field: '$.messages[].seq'
    value: number
    index: number
  }

  export interface RangeMessagesAtFieldEvent {
    field: '$.messages[].at'
    value: number
    index: number
  }

  export interface RangeMessagesTtlFieldEvent {
    field: '$.messages[].ttl'
    value: number
    index: number
  }

  export interface RangeMessagesKeyFieldEvent {
    field: '$.messages[].key'
    value: string
    index: number
  }

  export interface RangeMessagesPayloadFieldEvent {
    field: '$.messages[].payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RangeLostFieldEvent {
    field: '$.lost[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Range>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Range.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Range>): Range {
    return decodeMessage(buf, Range.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Range>): Generator<RangeLogTopicFieldEvent | RangeLogPublisherFieldEvent | RangeLogEpochFieldEvent | RangeMessagesSeqFieldEvent | RangeMessagesAtFieldEvent | RangeMessagesTtlFieldEvent | RangeMessagesKeyFieldEvent | RangeMessagesPayloadFieldEvent | RangeLostFieldEvent> {
    return streamMessage(buf, Range.codec(), opts)
  }
}

export interface Cursors {
  log?: LogId
  generation?: Generation
  high: number
  cursors: ChannelCursor[]
  gone: GoneChannel[]
}

export namespace Cursors {
  let _codec: Codec<Cursors>

  export const codec = (): Codec<Cursors> => {
    if (_codec == null) {
      _codec = message<Cursors>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
        }

        if ((obj.high != null && obj.high !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.high)
        }

        if (obj.cursors != null && obj.cursors.length > 0) {
          for (const value of obj.cursors) {
            w.uint32(34)
            ChannelCursor.codec().encode(value, w)
          }
        }

        if (obj.gone != null && obj.gone.length > 0) {
          for (const value of obj.gone) {
            w.uint32(42)
            GoneChannel.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          high: 0,
          cursors: [],
          gone: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 3: {
              obj.high = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.cursors != null && obj.cursors.length === opts.limits.cursors) {
                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements')
              }

              obj.cursors.push(ChannelCursor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cursors$
              }))
              break
            }
            case 5: {
              if (opts.limits?.gone != null && obj.gone.length === opts.limits.gone) {
                throw new MaxLengthError('Decode error - repeated field "gone" had too many elements')
              }

              obj.gone.push(GoneChannel.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.gone$
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
          cursors: 0,
          gone: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.high`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.cursors != null && obj.cursors === opts.limits.cursors) {
                throw new MaxLengthError('Streaming decode error - repeated field "cursors" had too many elements')
              }

              for (const evt of ChannelCursor.codec().stream(reader, reader.uint32(), `${prefix}.cursors[]`, {
                limits: opts.limits?.cursors$
              })) {
                yield {
                  ...evt,
                  index: obj.cursors
                }
              }

              obj.cursors++

              break
            }
            case 5: {
              if (opts.limits?.gone != null && obj.gone === opts.limits.gone) {
                throw new MaxLengthError('Streaming decode error - repeated field "gone" had too many elements')
              }

              for (const evt of GoneChannel.codec().stream(reader, reader.uint32(), `${prefix}.gone[]`, {
                limits: opts.limits?.gone$
              })) {
                yield {
                  ...evt,
                  index: obj.gone
                }
              }

              obj.gone++

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

  export interface CursorsLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface CursorsLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface CursorsLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface CursorsGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface CursorsGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface CursorsHighFieldEvent {
    field: '$.high'
    value: number
  }

  export interface CursorsCursorsChannelFieldEvent {
    field: '$.cursors[].channel'
    value: string
    index: number
  }

  export interface CursorsCursorsOpenedFieldEvent {
    field: '$.cursors[].opened'
    value: number
    index: number
  }

  export interface CursorsCursorsLowFieldEvent {
    field: '$.cursors[].low'
    value: number
    index: number
  }

  export interface CursorsCursorsDoneFieldEvent {
    field: '$.cursors[].done[]'
    index: number
    value: number
  }

  export interface CursorsGoneChannelFieldEvent {
    field: '$.gone[].channel'
    value: string
    index: number
  }

  export interface CursorsGoneOpenedFieldEvent {
    field: '$.gone[].opened'
    value: number
    index: number
  }

  export function encode (obj: Partial<Cursors>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Cursors.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cursors>): Cursors {
    return decodeMessage(buf, Cursors.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cursors>): Generator<CursorsLogTopicFieldEvent | CursorsLogPublisherFieldEvent | CursorsLogEpochFieldEvent | CursorsGenerationNumberFieldEvent | CursorsGenerationByFieldEvent | CursorsHighFieldEvent | CursorsCursorsChannelFieldEvent | CursorsCursorsOpenedFieldEvent | CursorsCursorsLowFieldEvent | CursorsCursorsDoneFieldEvent | CursorsGoneChannelFieldEvent | CursorsGoneOpenedFieldEvent> {
    return streamMessage(buf, Cursors.codec(), opts)
  }
}

export interface Ask {
  log?: LogId
  generation?: Generation
}

export namespace Ask {
  let _codec: Codec<Ask>

  export const codec = (): Codec<Ask> => {
    if (_codec == null) {
      _codec = message<Ask>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
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
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
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
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
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

  export interface AskLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface AskLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface AskLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface AskGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface AskGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export function encode (obj: Partial<Ask>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ask.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ask>): Ask {
    return decodeMessage(buf, Ask.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ask>): Generator<AskLogTopicFieldEvent | AskLogPublisherFieldEvent | AskLogEpochFieldEvent | AskGenerationNumberFieldEvent | AskGenerationByFieldEvent> {
    return streamMessage(buf, Ask.codec(), opts)
  }
}

export interface Have {
  log?: LogId
  generation?: Generation
  asked?: Generation
  ranges: number[]
  high: number
  cursors: ChannelCursor[]
}

export namespace Have {
  let _codec: Codec<Have>

  export const codec = (): Codec<Have> => {
    if (_codec == null) {
      _codec = message<Have>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.log != null) {
          w.uint32(10)
          LogId.codec().encode(obj.log, w)
        }

        if (obj.generation != null) {
          w.uint32(18)
          Generation.codec().encode(obj.generation, w)
        }

        if (obj.asked != null) {
          w.uint32(26)
          Generation.codec().encode(obj.asked, w)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if ((obj.high != null && obj.high !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.high)
        }

        if (obj.cursors != null && obj.cursors.length > 0) {
          for (const value of obj.cursors) {
            w.uint32(50)
            ChannelCursor.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ranges: [],
          high: 0,
          cursors: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.log = LogId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 2: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 3: {
              obj.asked = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.asked
              })
              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(reader.uint64Number())
              break
            }
            case 5: {
              obj.high = reader.uint64Number()
              break
            }
            case 6: {
              if (opts.limits?.cursors != null && obj.cursors.length === opts.limits.cursors) {
                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements')
              }

              obj.cursors.push(ChannelCursor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cursors$
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
          ranges: 0,
          cursors: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * LogId.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 2: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 3: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.asked`, {
                limits: opts.limits?.asked
              })

              break
            }
            case 4: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              yield {
                field: `${prefix}.ranges[]`,
                index: obj.ranges,
                value: reader.uint64Number()
              }

              obj.ranges++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.high`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              if (opts.limits?.cursors != null && obj.cursors === opts.limits.cursors) {
                throw new MaxLengthError('Streaming decode error - repeated field "cursors" had too many elements')
              }

              for (const evt of ChannelCursor.codec().stream(reader, reader.uint32(), `${prefix}.cursors[]`, {
                limits: opts.limits?.cursors$
              })) {
                yield {
                  ...evt,
                  index: obj.cursors
                }
              }

              obj.cursors++

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

  export interface HaveLogTopicFieldEvent {
    field: '$.log.topic'
    value: string
  }

  export interface HaveLogPublisherFieldEvent {
    field: '$.log.publisher'
    value: string
  }

  export interface HaveLogEpochFieldEvent {
    field: '$.log.epoch'
    value: number
  }

  export interface HaveGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface HaveGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface HaveAskedNumberFieldEvent {
    field: '$.asked.number'
    value: number
  }

  export interface HaveAskedByFieldEvent {
    field: '$.asked.by'
    value: string
  }

  export interface HaveRangesFieldEvent {
    field: '$.ranges[]'
    index: number
    value: number
  }

  export interface HaveHighFieldEvent {
    field: '$.high'
    value: number
  }

  export interface HaveCursorsChannelFieldEvent {
    field: '$.cursors[].channel'
    value: string
    index: number
  }

  export interface HaveCursorsOpenedFieldEvent {
    field: '$.cursors[].opened'
    value: number
    index: number
  }

  export interface HaveCursorsLowFieldEvent {
    field: '$.cursors[].low'
    value: number
    index: number
  }

  export interface HaveCursorsDoneFieldEvent {
    field: '$.cursors[].done[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Have>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Have.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Have>): Have {
    return decodeMessage(buf, Have.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Have>): Generator<HaveLogTopicFieldEvent | HaveLogPublisherFieldEvent | HaveLogEpochFieldEvent | HaveGenerationNumberFieldEvent | HaveGenerationByFieldEvent | HaveAskedNumberFieldEvent | HaveAskedByFieldEvent | HaveRangesFieldEvent | HaveHighFieldEvent | HaveCursorsChannelFieldEvent | HaveCursorsOpenedFieldEvent | HaveCursorsLowFieldEvent | HaveCursorsDoneFieldEvent> {
    return streamMessage(buf, Have.codec(), opts)
  }
}

export interface RegistryPart {
  delta?: RegistryDelta
}

export namespace RegistryPart {
  let _codec: Codec<RegistryPart>

  export const codec = (): Codec<RegistryPart> => {
    if (_codec == null) {
      _codec = message<RegistryPart>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.delta != null) {
          w.uint32(10)
          RegistryDelta.codec().encode(obj.delta, w)
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
              obj.delta = RegistryDelta.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.delta
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
              yield * RegistryDelta.codec().stream(reader, reader.uint32(), `${prefix}.delta`, {
                limits: opts.limits?.delta
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

  export interface RegistryPartDeltaOpeningsTagFieldEvent {
    field: '$.delta.openings[].tag'
    value: string
    index: number
  }

  export interface RegistryPartDeltaOpeningsByFieldEvent {
    field: '$.delta.openings[].by'
    value: string
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecChannelFieldEvent {
    field: '$.delta.openings[].spec.channel'
    value: string
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecPatternFieldEvent {
    field: '$.delta.openings[].spec.pattern'
    value: string
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecNameFieldEvent {
    field: '$.delta.openings[].spec.name'
    value: string
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecOpenedFieldEvent {
    field: '$.delta.openings[].spec.opened'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecStartFieldEvent {
    field: '$.delta.openings[].spec.start'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecDurableFieldEvent {
    field: '$.delta.openings[].spec.durable'
    value: boolean
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecExpireFieldEvent {
    field: '$.delta.openings[].spec.expire'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecMaxDeliverFieldEvent {
    field: '$.delta.openings[].spec.maxDeliver'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecAckWaitFieldEvent {
    field: '$.delta.openings[].spec.ackWait'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsSpecBackoffFieldEvent {
    field: '$.delta.openings[].spec.backoff[]'
    index: number
    value: number
  }

  export interface RegistryPartDeltaOpeningsAtFieldEvent {
    field: '$.delta.openings[].at'
    value: number
    index: number
  }

  export interface RegistryPartDeltaOpeningsStatedFieldEvent {
    field: '$.delta.openings[].stated'
    value: number
    index: number
  }

  export interface RegistryPartDeltaRemovedFieldEvent {
    field: '$.delta.removed[]'
    index: number
    value: string
  }

  export interface RegistryPartDeltaMembersIdFieldEvent {
    field: '$.delta.members[].id'
    value: string
    index: number
  }

  export interface RegistryPartDeltaMembersIncarnationFieldEvent {
    field: '$.delta.members[].incarnation'
    value: number
    index: number
  }

  export interface RegistryPartDeltaMembersVersionFieldEvent {
    field: '$.delta.members[].version'
    value: number
    index: number
  }

  export interface RegistryPartDeltaMembersWeightFieldEvent {
    field: '$.delta.members[].weight'
    value: number
    index: number
  }

  export interface RegistryPartDeltaMembersChannelsFieldEvent {
    field: '$.delta.members[].channels[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<RegistryPart>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RegistryPart.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RegistryPart>): RegistryPart {
    return decodeMessage(buf, RegistryPart.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RegistryPart>): Generator<RegistryPartDeltaOpeningsTagFieldEvent | RegistryPartDeltaOpeningsByFieldEvent | RegistryPartDeltaOpeningsSpecChannelFieldEvent | RegistryPartDeltaOpeningsSpecPatternFieldEvent | RegistryPartDeltaOpeningsSpecNameFieldEvent | RegistryPartDeltaOpeningsSpecOpenedFieldEvent | RegistryPartDeltaOpeningsSpecStartFieldEvent | RegistryPartDeltaOpeningsSpecDurableFieldEvent | RegistryPartDeltaOpeningsSpecExpireFieldEvent | RegistryPartDeltaOpeningsSpecMaxDeliverFieldEvent | RegistryPartDeltaOpeningsSpecAckWaitFieldEvent | RegistryPartDeltaOpeningsSpecBackoffFieldEvent | RegistryPartDeltaOpeningsAtFieldEvent | RegistryPartDeltaOpeningsStatedFieldEvent | RegistryPartDeltaRemovedFieldEvent | RegistryPartDeltaMembersIdFieldEvent | RegistryPartDeltaMembersIncarnationFieldEvent | RegistryPartDeltaMembersVersionFieldEvent | RegistryPartDeltaMembersWeightFieldEvent | RegistryPartDeltaMembersChannelsFieldEvent> {
    return streamMessage(buf, RegistryPart.codec(), opts)
  }
}

export interface BatchPart {
  batch?: Batch
}

export namespace BatchPart {
  let _codec: Codec<BatchPart>

  export const codec = (): Codec<BatchPart> => {
    if (_codec == null) {
      _codec = message<BatchPart>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.batch != null) {
          w.uint32(10)
          Batch.codec().encode(obj.batch, w)
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
              obj.batch = Batch.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.batch
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
              yield * Batch.codec().stream(reader, reader.uint32(), `${prefix}.batch`, {
                limits: opts.limits?.batch
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

  export interface BatchPartBatchLogTopicFieldEvent {
    field: '$.batch.log.topic'
    value: string
  }

  export interface BatchPartBatchLogPublisherFieldEvent {
    field: '$.batch.log.publisher'
    value: string
  }

  export interface BatchPartBatchLogEpochFieldEvent {
    field: '$.batch.log.epoch'
    value: number
  }

  export interface BatchPartBatchGenerationNumberFieldEvent {
    field: '$.batch.generation.number'
    value: number
  }

  export interface BatchPartBatchGenerationByFieldEvent {
    field: '$.batch.generation.by'
    value: string
  }

  export interface BatchPartBatchMessagesSeqFieldEvent {
    field: '$.batch.messages[].seq'
    value: number
    index: number
  }

  export interface BatchPartBatchMessagesAtFieldEvent {
    field: '$.batch.messages[].at'
    value: number
    index: number
  }

  export interface BatchPartBatchMessagesTtlFieldEvent {
    field: '$.batch.messages[].ttl'
    value: number
    index: number
  }

  export interface BatchPartBatchMessagesKeyFieldEvent {
    field: '$.batch.messages[].key'
    value: string
    index: number
  }

  export interface BatchPartBatchMessagesPayloadFieldEvent {
    field: '$.batch.messages[].payload'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface BatchPartBatchChannelsChannelFieldEvent {
    field: '$.batch.channels[].channel'
    value: string
    index: number
  }

  export interface BatchPartBatchChannelsLowFieldEvent {
    field: '$.batch.channels[].low'
    value: number
    index: number
  }

  export interface BatchPartBatchChannelsMembersFieldEvent {
    field: '$.batch.channels[].members[]'
    index: number
    value: string
  }

  export interface BatchPartBatchChannelsToFieldEvent {
    field: '$.batch.channels[].to'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<BatchPart>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BatchPart.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchPart>): BatchPart {
    return decodeMessage(buf, BatchPart.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchPart>): Generator<BatchPartBatchLogTopicFieldEvent | BatchPartBatchLogPublisherFieldEvent | BatchPartBatchLogEpochFieldEvent | BatchPartBatchGenerationNumberFieldEvent | BatchPartBatchGenerationByFieldEvent | BatchPartBatchMessagesSeqFieldEvent | BatchPartBatchMessagesAtFieldEvent | BatchPartBatchMessagesTtlFieldEvent | BatchPartBatchMessagesKeyFieldEvent | BatchPartBatchMessagesPayloadFieldEvent | BatchPartBatchChannelsChannelFieldEvent | BatchPartBatchChannelsLowFieldEvent | BatchPartBatchChannelsMembersFieldEvent | BatchPartBatchChannelsToFieldEvent> {
    return streamMessage(buf, BatchPart.codec(), opts)
  }
}

export interface OpenedAll {
  channel: string
}

export namespace OpenedAll {
  let _codec: Codec<OpenedAll>

  export const codec = (): Codec<OpenedAll> => {
    if (_codec == null) {
      _codec = message<OpenedAll>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
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
                field: `${prefix}.channel`,
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

  export interface OpenedAllChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export function encode (obj: Partial<OpenedAll>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, OpenedAll.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OpenedAll>): OpenedAll {
    return decodeMessage(buf, OpenedAll.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OpenedAll>): Generator<OpenedAllChannelFieldEvent> {
    return streamMessage(buf, OpenedAll.codec(), opts)
  }
}

export interface Announce {
  channel: string
  weight: number
  session: number
  prefetch: number
  concurrency: number
}

export namespace Announce {
  let _codec: Codec<Announce>

  export const codec = (): Codec<Announce> => {
    if (_codec == null) {
      _codec = message<Announce>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.weight != null && obj.weight !== 0)) {
          w.uint32(16)
          w.uint32(obj.weight)
        }

        if ((obj.session != null && obj.session !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.session)
        }

        if ((obj.prefetch != null && obj.prefetch !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.prefetch)
        }

        if ((obj.concurrency != null && obj.concurrency !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.concurrency)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          weight: 0,
          session: 0,
          prefetch: 0,
          concurrency: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.weight = reader.uint32()
              break
            }
            case 3: {
              obj.session = reader.uint64Number()
              break
            }
            case 4: {
              obj.prefetch = reader.uint64Number()
              break
            }
            case 5: {
              obj.concurrency = reader.uint64Number()
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
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.weight`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.session`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.prefetch`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.concurrency`,
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

  export interface AnnounceChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface AnnounceWeightFieldEvent {
    field: '$.weight'
    value: number
  }

  export interface AnnounceSessionFieldEvent {
    field: '$.session'
    value: number
  }

  export interface AnnouncePrefetchFieldEvent {
    field: '$.prefetch'
    value: number
  }

  export interface AnnounceConcurrencyFieldEvent {
    field: '$.concurrency'
    value: number
  }

  export function encode (obj: Partial<Announce>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Announce.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Announce>): Announce {
    return decodeMessage(buf, Announce.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Announce>): Generator<AnnounceChannelFieldEvent | AnnounceWeightFieldEvent | AnnounceSessionFieldEvent | AnnouncePrefetchFieldEvent | AnnounceConcurrencyFieldEvent> {
    return streamMessage(buf, Announce.codec(), opts)
  }
}

export interface StoredState {
  generation?: Generation
  cursors: ChannelCursor[]
  told?: number
}

export namespace StoredState {
  let _codec: Codec<StoredState>

  export const codec = (): Codec<StoredState> => {
    if (_codec == null) {
      _codec = message<StoredState>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.generation != null) {
          w.uint32(10)
          Generation.codec().encode(obj.generation, w)
        }

        if (obj.cursors != null && obj.cursors.length > 0) {
          for (const value of obj.cursors) {
            w.uint32(18)
            ChannelCursor.codec().encode(value, w)
          }
        }

        if (obj.told != null) {
          w.uint32(24)
          w.uint64Number(obj.told)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          cursors: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.generation = Generation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.generation
              })
              break
            }
            case 2: {
              if (opts.limits?.cursors != null && obj.cursors.length === opts.limits.cursors) {
                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements')
              }

              obj.cursors.push(ChannelCursor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cursors$
              }))
              break
            }
            case 3: {
              obj.told = reader.uint64Number()
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
          cursors: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Generation.codec().stream(reader, reader.uint32(), `${prefix}.generation`, {
                limits: opts.limits?.generation
              })

              break
            }
            case 2: {
              if (opts.limits?.cursors != null && obj.cursors === opts.limits.cursors) {
                throw new MaxLengthError('Streaming decode error - repeated field "cursors" had too many elements')
              }

              for (const evt of ChannelCursor.codec().stream(reader, reader.uint32(), `${prefix}.cursors[]`, {
                limits: opts.limits?.cursors$
              })) {
                yield {
                  ...evt,
                  index: obj.cursors
                }
              }

              obj.cursors++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.told`,
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

  export interface StoredStateGenerationNumberFieldEvent {
    field: '$.generation.number'
    value: number
  }

  export interface StoredStateGenerationByFieldEvent {
    field: '$.generation.by'
    value: string
  }

  export interface StoredStateCursorsChannelFieldEvent {
    field: '$.cursors[].channel'
    value: string
    index: number
  }

  export interface StoredStateCursorsOpenedFieldEvent {
    field: '$.cursors[].opened'
    value: number
    index: number
  }

  export interface StoredStateCursorsLowFieldEvent {
    field: '$.cursors[].low'
    value: number
    index: number
  }

  export interface StoredStateCursorsDoneFieldEvent {
    field: '$.cursors[].done[]'
    index: number
    value: number
  }

  export interface StoredStateToldFieldEvent {
    field: '$.told'
    value: number
  }

  export function encode (obj: Partial<StoredState>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredState.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredState>): StoredState {
    return decodeMessage(buf, StoredState.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredState>): Generator<StoredStateGenerationNumberFieldEvent | StoredStateGenerationByFieldEvent | StoredStateCursorsChannelFieldEvent | StoredStateCursorsOpenedFieldEvent | StoredStateCursorsLowFieldEvent | StoredStateCursorsDoneFieldEvent | StoredStateToldFieldEvent> {
    return streamMessage(buf, StoredState.codec(), opts)
  }
}
