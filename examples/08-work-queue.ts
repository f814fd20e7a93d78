/** A queue: two workers share its messages, one that fails comes again, one that always fails goes to the dead letters. */
import { createMesh } from 'braid-mesh'
import type { Mesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using shop = await createMesh({ mesh: 'queue', listen })
const bootstrap = shop.libp2p.getMultiaddrs().map(String)

const resized: string[] = []
async function worker (): Promise<Mesh> {
  const mesh = await createMesh({ mesh: 'queue', listen, bootstrap })
  const channel = await mesh.pubsub.topic('photos').subscribe('resize', { maxDeliver: 2, backoff: [10], concurrency: 4 })
  channel.onMessage(async message => {
    if (message.body === 'broken.png') throw new Error('not a picture')    // again, and then buried
    if (message.body === 'large.png' && message.attempt === 1) return message.nak(20)    // busy: again in 20 ms, here or elsewhere
    resized.push(message.body)                                             // resolves: acked
  })
  return mesh
}
await using one = await worker()
await using two = await worker()

const buried = Promise.withResolvers<string>()
const dead = await one.pubsub.topic('photos.$dead.resize').subscribe('look')
dead.onMessage(({ body, headers }) => { buried.resolve(`${body}: ${headers['braid-reason']}`) })

const photos = ['a.png', 'b.png', 'large.png', 'broken.png'].map(async name => shop.pubsub.topic('photos').publish(name, { confirm: 'handled' }))
await Promise.all(photos)                                                  // each was handled, or buried
console.log(resized.sort().join(' '))
console.log(await buried.promise)
console.log(`${two.discovery.nodes().length} nodes, no broker`)
