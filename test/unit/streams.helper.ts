import { streamPair } from '@libp2p/utils'
import { framed } from '../../src/streams/index.ts'
import { FakeTime } from './timers.fake.ts'
import { turn } from './turn.ts'
import type { FramedInit, FramedStream } from '../../src/streams/index.ts'
import type { AbstractStream } from '@libp2p/utils'
import type { Stream } from '@libp2p/interface'

/** Lets all that is ready happen. */
export async function settled (): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise<void>(turn)
  }
}

/** One end of a pair, with what it has seen. */
export interface End {
  framed: FramedStream
  stream: AbstractStream
  frames: Uint8Array[]
  /** Reasons of the ends: never more than one. */
  ends: Array<Error | undefined>
}

export interface Pair {
  a: End
  b: End
  time: FakeTime
}

export function end (stream: Stream, time: FakeTime, init: Partial<FramedInit> = {}): End {
  const frames: Uint8Array[] = []
  const ends: Array<Error | undefined> = []
  return {
    stream: stream as AbstractStream,
    frames,
    ends,
    framed: framed(stream, {
      peer: 'peer',
      onFrame: (_, bytes, start, end) => { frames.push(bytes.slice(start, end)) },
      onEnd: (_, reason) => { ends.push(reason) },
      timers: time.timers,
      ...init
    })
  }
}

/** Two framed ends of one stream; `a` opened it. */
export async function pair (a: Partial<FramedInit> = {}, b: Partial<FramedInit> = {}): Promise<Pair> {
  const [outbound, inbound] = await streamPair()
  const time = new FakeTime()
  return { a: end(outbound, time, a), b: end(inbound, time, b), time }
}

export function bytesOf (length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i)
}
