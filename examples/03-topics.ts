/** A publisher and two consumers of one channel: each message is handled by one of them, and its publisher is told. */
import { createMesh } from 'braid-mesh'
import type { Mesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using shop = await createMesh({ mesh: 'topics', listen })
const bootstrap = shop.libp2p.getMultiaddrs().map(String)

let handled = 0

async function bill (mesh: Mesh): Promise<void> {
  const channel = await mesh.pubsub.topic('orders').subscribe('billing')
  channel.onMessage(({ body, attempt }) => {
    if (body.item === 'book' && attempt === 1) throw new Error('the first attempt fails: it comes again')
    handled++
  })
}

await using first = await createMesh({ mesh: 'topics', listen, bootstrap })
await using second = await createMesh({ mesh: 'topics', listen, bootstrap })
await bill(first)
await bill(second)

const orders = ['book', 'pen', 'ink'].map(async item => shop.pubsub.topic('orders').publish({ item }, { confirm: 'handled' }))
const [receipt] = await Promise.all(orders)
console.log(`${handled} handled, ${receipt?.reached} in ${receipt?.channels.join()}`)
