/** Somebody with a libp2p node of their own takes two rooms and nothing else. */
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { discovery } from 'braid-mesh/discovery'
import { rpc } from 'braid-mesh/rpc'
import { createLibp2p } from 'libp2p'
import type { Discovery } from 'braid-mesh/discovery'
import type { Rpc } from 'braid-mesh/rpc'
import type { Libp2p } from 'libp2p'

async function node (service?: string): Promise<Libp2p<{ rpc: Rpc, discovery: Discovery }>> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { rpc: rpc(), discovery: discovery(service == null ? {} : { service }) }
  })
}

const clock = await node('clock')
clock.services.rpc.handle('add', ([a, b]: [number, number]) => a + b)

const caller = await node()
await caller.dial(clock.getMultiaddrs())
console.log(await caller.services.rpc.invoke('clock', 'add', [19, 23]))

await Promise.all([caller.stop(), clock.stop()])
