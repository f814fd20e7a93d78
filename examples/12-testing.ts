/** A mesh inside one process, for your tests: its network can be cut, silenced, frozen and healed. */
import { createTestMesh } from 'braid-mesh/testing'

await using mesh = await createTestMesh([{ service: 'stock' }, { service: 'stock' }, { service: 'shop' }])
const [a, b, shop] = mesh.nodes
if (a === undefined || b === undefined || shop === undefined) throw new Error('three nodes were asked for')
a.rpc.handle('count', () => 'a')
b.rpc.handle('count', () => 'b')

// no way from the shop to a: its calls find b, each at the first attempt or the second
mesh.cut(shop, a)
const answers = await Promise.all(Array.from({ length: 20 }, async () => shop.rpc.invoke('stock', 'count')))
console.log(`while a is cut off: ${[...new Set(answers)].join(' ')}`)

// a is back, and b crashes: nobody is told, the others find out by themselves
mesh.heal()
mesh.kill(b)
await mesh.ready()
console.log(`after b has crashed: ${await shop.rpc.invoke('stock', 'count')}`)
