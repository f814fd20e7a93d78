/** Nodes that nobody can dial, as behind NAT or in a browser tab, serve through a relay: any node with `relay: true`. */
import { createMesh } from 'braid-mesh'

// in production: npx braid-mesh relay --mesh home --data ./relay
await using relay = await createMesh({ mesh: 'home', relay: true, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
const bootstrap = relay.libp2p.getMultiaddrs().map(String)

// listens by circuit only; it takes a place on the relay by itself, and says so when there is none
await using lamp = await createMesh({ mesh: 'home', service: 'lamp', listen: ['/p2p-circuit'], bootstrap })
lamp.addEventListener('unreachable', ({ detail }) => { console.error(detail.reasons) })
lamp.rpc.handle('switch', (on: boolean) => on ? 'the lamp is on' : 'the lamp is off')

await using phone = await createMesh({ mesh: 'home', listen: [], bootstrap })
console.log(await phone.rpc.invoke('lamp', 'switch', true))

const [connection] = phone.libp2p.getConnections(lamp.libp2p.peerId)
console.log(`by circuit: ${connection?.remoteAddr.toString().includes('/p2p-circuit')}`)
