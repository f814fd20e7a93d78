/** One side of one peer, in a process of its own; told over IPC what to do. */
import { measure, warmUp } from './measure.ts'
import type { Call } from './measure.ts'

export type Order =
  | { do: 'serve', peer: string }
  | { do: 'connect', peer: string, address: string }
  | { do: 'warm' | 'run', payload: PayloadName, inflight: number, ms: number }

interface Peer {
  serve: () => Promise<string>
  client: (address: string) => Promise<Call>
}

/** Six fields of the kinds that services send, about 128 bytes as CBOR. */
const OBJECT = {
  user: 'ada.lovelace@example.org',
  session: 'b3f1c2d4-8a7e-4c55-9e1b-0d2f6a7c8e90',
  amount: 129.95,
  count: 42,
  active: true,
  tags: ['new', 'eu-west', 'web']
}

const PAYLOADS = {
  '128 B': new Uint8Array(128).fill(7),
  '4 KiB': new Uint8Array(4096).fill(7),
  object: OBJECT,
  'object 4 KiB': { ...OBJECT, note: 'x'.repeat(4096 - 128) }
}

export type PayloadName = keyof typeof PAYLOADS

const load = async (peer: string): Promise<Peer> => await import(`../peers/${peer}.ts`) as Peer
let call: Call | undefined

async function obey (order: Order): Promise<unknown> {
  if (order.do === 'serve') return (await load(order.peer)).serve()
  if (order.do === 'connect') {
    call = await (await load(order.peer)).client(order.address)
    return undefined
  }
  if (call == null) throw new Error('not connected')
  const payload = PAYLOADS[order.payload]
  if (order.do === 'warm') return warmUp(call, payload, order.inflight)
  return measure(call, payload, order.inflight, order.ms)
}

process.on('message', (message: { id: number, order: Order }) => {
  obey(message.order).then(
    result => process.send?.({ id: message.id, result }),
    (error: unknown) => process.send?.({ id: message.id, error: String((error as Error).stack ?? error) })
  )
})
process.on('disconnect', () => { process.exit() })
