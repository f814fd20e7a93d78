/** One node of the demo mesh, in a process of its own: `node.ts <relay|login|mail|gate> <name> [bootstrap…]`. */
import { createMesh } from '../src/index.ts'
import { runGate } from './gate.ts'
import { tell } from './messages.ts'
import { consumers, services } from './services.ts'

const [role = 'login', name = role, ...bootstrap] = process.argv.slice(2)

// A terminal sends Ctrl-C to every process. The first one stops the others in order, by closing their channel; that it is
// gone closes the channel too, so none outlives it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
const stopped = new Promise<void>(resolve => {
  process.once('disconnect', resolve)
  if (!process.connected) resolve()
})

// Whoever is in the mesh may ask a leader to step down: in this demo, not by default.
// Patient: a busy laptop is no reason to change leaders.
const election = { remoteResign: true, profile: 'wan' as const }

const mesh = await createMesh({
  mesh: 'demo',
  name,
  // Tabs dial WebSockets only.
  listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
  bootstrap,
  relay: role === 'relay',
  start: false,
  ...(role in services ? { service: role, election } : {})
})
services[role]?.(mesh, name)
await mesh.start()
await consumers[role]?.(mesh, name)
if (role === 'gate') runGate(mesh)
tell({ type: 'up', id: mesh.id, addresses: mesh.libp2p.getMultiaddrs().map(String) })
await stopped
await mesh.stop()
