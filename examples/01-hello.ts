/** Two nodes of one mesh, in one process for brevity: one serves, the other calls. */
import { createMesh } from 'braid-mesh'

await using login = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/0'] })
login.rpc.handle('user.password', ({ name }: { name: string }) => `welcome ${name}`)

await using gate = await createMesh({
  mesh: 'shop',
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: login.libp2p.getMultiaddrs().map(String)
})
console.log(await gate.rpc.invoke('login', 'user.password', { name: 'ada' }))
