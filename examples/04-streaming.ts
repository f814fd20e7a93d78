/** A contract that both sides share: types flow from its schemas, and results come one by one as fast as they are read. */
import { createMesh, defineService, serverStream, unary } from 'braid-mesh'
import { z } from 'zod'

const prices = defineService('prices', {
  now: unary({ input: z.string(), output: z.number() }),
  watch: serverStream({ input: z.object({ symbol: z.string() }), output: z.object({ price: z.number() }) })
})

const listen = ['/ip4/127.0.0.1/tcp/0']
await using exchange = await createMesh({ mesh: 'streaming', service: 'prices', listen })
exchange.rpc.serve(prices, {
  now: () => 100,
  watch: async function * (_, { signal }) {
    // the signal aborts when the caller leaves; a slow reader holds this loop up
    for (let price = 100; !signal.aborted; price++) yield { price }
  }
})

await using trader = await createMesh({ mesh: 'streaming', listen, bootstrap: exchange.libp2p.getMultiaddrs().map(String) })
const client = trader.rpc.client(prices)

console.log(`now ${await client.now('ACME')}`)
for await (const { price } of client.watch({ symbol: 'ACME' })) {
  if (price > 103) break                             // cancels: the handler's signal aborts
  console.log(price)
}
