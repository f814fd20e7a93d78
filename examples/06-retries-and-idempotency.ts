/** What certainly did not run is tried again; what may have run only with a key, under which a node keeps its reply. */
import { createMesh, retry, RpcError } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using bank = await createMesh({ mesh: 'retries', service: 'bank', listen })

let payments = 0
let attempts = 0
bank.rpc.handle('pay', ({ amount }: { amount: number }) => {
  payments++
  return `paid ${amount}`
})
bank.rpc.handle('rate', () => {
  if (++attempts < 3) throw new RpcError('UNAVAILABLE', 'the market opens in a moment', { retryAfter: 10 })
  return 1.1
}, { idempotent: true })

await using shop = await createMesh({
  mesh: 'retries',
  listen,
  bootstrap: bank.libp2p.getMultiaddrs().map(String),
  rpc: { interceptors: { client: [retry({ attempts: 5 })] } }
})

// may be repeated: with `idempotent` its client says that to run twice is as good as once
console.log(await shop.rpc.invoke('bank', 'rate', undefined, { idempotent: true }), `after ${attempts} attempts`)

// the same key, the same reply, however often the button was pressed and the connection lost
const press = async (): Promise<unknown> => shop.rpc.invoke('bank', 'pay', { amount: 5 }, { idempotencyKey: 'order-17' })
console.log(await press(), await press(), `with ${payments} payment`)
