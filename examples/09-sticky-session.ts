/** A session stays on the node that has it in memory, for every caller, until that node goes. */
import { createMesh } from 'braid-mesh'
import type { Mesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using web = await createMesh({ mesh: 'sticky', service: 'web', listen })
const bootstrap = web.libp2p.getMultiaddrs().map(String)
await using web2 = await createMesh({ mesh: 'sticky', service: 'web', listen, bootstrap })

/** Of three, any one may go: the majority of them knows where every session is. */
async function cart (name: string): Promise<Mesh> {
  const mesh = await createMesh({ mesh: 'sticky', service: 'cart', name, listen, bootstrap, election: { expect: 3 } })
  const carts = new Map<string, string[]>()
  mesh.rpc.handle('add', (item: string, { token = '' }) => {               // its id: the token itself never travels
    const items = [...carts.get(token) ?? [], item]
    carts.set(token, items)
    return `${name}: ${items.join(' ')}`
  })
  return mesh
}
const carts = await Promise.all(['a', 'b', 'c'].map(cart))

const add = async (mesh: Mesh, item: string): Promise<string> =>
  String(await mesh.rpc.invoke('cart', 'add', item, { token: 'session-42', timeout: 30_000 }))
const [home] = (await add(web, 'book')).split(':')
console.log((await add(web2, 'pen')).replace(`${home}:`, 'the same node:'))

const node = await web.links.target('session-42', 'cart')
await carts.find(({ id }) => id === node?.id)?.stop()
console.log((await add(web, 'ink')).startsWith(`${home}:`) ? 'still there' : 'another node, an empty cart')
await Promise.all(carts.map(async mesh => mesh.stop()))
