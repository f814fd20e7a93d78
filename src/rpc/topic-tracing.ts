/** Spans of messages: one of the publish, and one of each handling. */
import { parseTraceparent, TRACEPARENT } from '../wire/trace.ts'
import type { Over } from './hooks.ts'
import type { Span } from './tracing.ts'
import type { TopicTracing } from '../pubsub/index.ts'
import type { Trace } from '../wire/trace.ts'

type Headers = Readonly<Record<string, string>>

/** Makes spans and keeps them. */
export interface SpanMaker {
  span (parent: Trace | undefined): Trace
  keeps (trace: Trace, over: Over): boolean
  keep (trace: Trace, kind: Span['kind'], name: string, node: string | undefined, over: Over): void
}

export function topicSpans (maker: SpanMaker): TopicTracing {
  const run = async <T>(kind: 'producer' | 'consumer', name: string, node: string | undefined, headers: Headers, next: (headers: Headers) => T | Promise<T>): Promise<T> => {
    const span = maker.span(carried(headers))
    const began = performance.now()
    const over = (failed: boolean, outcome: unknown): void => {
      const all: Over = { failed, outcome, began, now: performance.now() }
      if (maker.keeps(span, all)) {
        maker.keep(span, kind, name, node, all)
      }
    }
    try {
      const result = await next({ ...headers, [TRACEPARENT]: span.toString() })
      over(false, undefined)
      return result
    } catch (err) {
      over(true, err)
      throw err
    }
  }
  return {
    publish: ({ topic, headers }, next) => run('producer', topic, undefined, headers, next),
    consume: ({ topic, channel, publisher, headers }, next) => run('consumer', `${topic}/${channel}`, publisher, headers, next)
  }
}

/** The context that came as a text. */
export function carried (texts: Headers | undefined): Trace | undefined {
  return texts === undefined ? undefined : parseTraceparent(texts[TRACEPARENT])
}
