/** A contract: both sides share it, and have their types from its schemas. What a handler refuses says why in a way that code can read. */
import { createMesh, defineService, RpcError, unary } from 'braid-mesh'
import { z } from 'zod'

const shop = defineService('shop', {
  'order.place': unary({ input: z.object({ item: z.string().min(1), count: z.number().int().positive() }), output: z.object({ id: z.string(), at: z.date() }) }),
  'stock.size': unary({ output: z.number(), idempotent: true })
})
/** Details are what a peer sent, so that the caller reads them by a schema, too. */
const lacking = z.object({ item: z.string(), left: z.number() })

const listen = ['/ip4/127.0.0.1/tcp/0']
const stock = new Map([['book', 3]])

await using node = await createMesh({ mesh: 'contracts', service: 'shop', listen })
node.rpc.serve(shop, {
  'order.place': ({ item, count }) => {
    const left = stock.get(item) ?? 0
    if (left < count) throw new RpcError('FAILED_PRECONDITION', `${left} left of ${item}`, { details: { item, left } satisfies z.infer<typeof lacking> })
    stock.set(item, left - count)
    return { id: `${item}-${left}`, at: new Date() }
  },
  'stock.size': () => stock.size
})

await using gate = await createMesh({ mesh: 'contracts', listen, bootstrap: node.libp2p.getMultiaddrs().map(String) })
const client = gate.rpc.client(shop)

const { id, at } = await client['order.place']({ item: 'book', count: 2 })
console.log(id, at instanceof Date)
try {
  await client['order.place']({ item: 'book', count: 2 })
} catch (err) {
  if (!(err instanceof RpcError) || err.code !== 'FAILED_PRECONDITION') throw err
  console.log(`${err.rawMessage}: then ${lacking.parse(err.details).left}`)
}
await client['order.place']({ item: '', count: 1 }).catch((err: RpcError) => { console.log(err.code, err.rawMessage) })

// the same types for a call of every node of the service
for (const result of await gate.rpc.invokeAll(shop, 'stock.size')) {
  console.log(result.status === 'fulfilled' ? result.value + 1 : result.reason.message)
}
