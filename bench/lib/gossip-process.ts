/** Raw gossipsub, signed, a network message for each message: what pub/sub without batches, acks and groups does. */
import { identify } from '@libp2p/identify'
import { gossipsub } from '@libp2p/gossipsub'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { runChild } from '../../test/harness/child.ts'

const TOPIC = 'bench'
/** Messages under way at once: more fill its queues, which then drop. */
const WINDOW = 64

runChild(async options => {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1_000 },
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } }) }
  })
  const { pubsub } = node.services
  let count = 0
  pubsub.addEventListener('message', () => { count++ })
  for (const address of options.bootstrap ?? []) await node.dial(multiaddr(address))
  return {
    id: node.peerId.toString(),
    addresses: node.getMultiaddrs().map(String),
    status: 'started',
    commands: {
      subscribe: () => { pubsub.subscribe(TOPIC) },
      subscribers: () => pubsub.getSubscribers(TOPIC).length,
      count: () => count,
      /** Resolves to the messages that were published. */
      publish: async (ms: number, size = 128) => {
        const end = performance.now() + ms
        let published = 0
        await Promise.all(Array.from({ length: WINDOW }, async () => {
          while (performance.now() < end) {
            await pubsub.publish(TOPIC, new Uint8Array(size))
            published++
            // its own loop would keep what arrives from being read
            await new Promise(resolve => { setImmediate(resolve) })
          }
        }))
        return published
      },
      stop: async () => node.stop()
    }
  }
})
