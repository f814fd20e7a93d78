/** What the services of the demo offer, for those who serve and for those who call. */
import { toStandardJsonSchema as schema } from '@valibot/to-json-schema'
import { description, email, examples, integer, maxLength, maxValue, minLength, minValue, number, object, optional, pipe, string, unknown } from 'valibot'
import { bidi, clientStream, defineService, defineTopic, serverStream, unary } from '../src/index.ts'

/** As long as a name or an id may be. */
const text = pipe(string(), maxLength(256))
const user = pipe(string(), minLength(1), maxLength(40), examples(['ada']), description('Who logs in'))

export const login = defineService('login', {
  'user.password': unary({
    description: 'Logs a user in',
    idempotent: true,
    input: schema(object({ user })),
    output: schema(object({ user: string(), session: string(), node: string() }))
  }),
  'user.watch': serverStream({
    description: 'Tells what a user does, one event after the other',
    input: schema(object({
      user,
      events: optional(pipe(number(), integer(), minValue(1), maxValue(1_000), description('How many events')), 12),
      every: optional(pipe(number(), minValue(0), maxValue(10_000), description('Milliseconds between two')), 250)
    })),
    output: schema(object({ number: number(), event: string(), node: string() }))
  }),
  'call.tab': unary({
    description: 'Calls a tab back: a tab is a node as any other',
    input: schema(object({ tab: optional(pipe(string(), description('Name or peer id; empty: any tab'))) })),
    output: schema(object({ node: string(), said: unknown() }))
  }),
  sleep: unary({
    description: 'Takes its time: try a shorter deadline',
    idempotent: true,
    input: schema(object({ milliseconds: pipe(number(), minValue(0), maxValue(60_000), examples([2_000])) })),
    output: schema(object({ slept: number(), node: string() }))
  })
})

export const mail = defineService('mail', {
  send: unary({
    description: 'Pretends to send a mail',
    input: schema(object({
      to: pipe(string(), email('this is no mail address'), examples(['ada@example.org'])),
      subject: optional(pipe(string(), maxLength(200)), 'Hello')
    })),
    output: schema(object({ to: string(), number: number(), node: string() }))
  }),
  digest: clientStream({
    description: 'Takes lines as they come, tells how many there were',
    input: schema(object({ line: pipe(string(), examples(['first'])) })),
    output: schema(object({ lines: number(), letters: number(), node: string() }))
  }),
  echo: bidi({
    description: 'Gives back each line, louder',
    input: schema(object({ line: pipe(string(), examples(['hello'])) })),
    output: schema(object({ line: string(), node: string() }))
  })
})

export const tab = defineService('tab', {
  hello: unary({
    description: 'Greets',
    idempotent: true,
    input: schema(object({ from: optional(pipe(string(), examples(['a tab']))) })),
    output: schema(object({ text: string(), node: string(), calls: number() }))
  }),
  count: serverStream({
    description: 'Counts',
    input: schema(object({ to: pipe(number(), integer(), minValue(1), maxValue(1_000), examples([10])) })),
    output: schema(object({ number: number(), node: string() }))
  })
})

/** Its bodies: `{ item, count }`. */
export const ORDERS = 'orders'
/** The channel that the mail nodes share, and tabs may join. */
export const BILLING = 'billing'
/** Which message was handled, and the name of the node that did. */
export const HANDLED = defineTopic('orders.handled', { body: object({ id: text, by: text, attempt: number() }) })
