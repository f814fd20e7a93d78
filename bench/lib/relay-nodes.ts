/** Several full nodes of a mesh in one process. */
import { createMesh } from '../../src/index.ts'
import { runChild } from '../../test/harness/child.ts'
import type { Mesh } from '../../src/index.ts'

runChild(async ({ weight: count = 1, ...options }) => {
  const meshes: Mesh[] = []
  for (let i = 0; i < count; i++) meshes.push(await createMesh({ ...options, name: `${options.name ?? ''}-${i}` }))
  return {
    id: meshes[0]?.id ?? '',
    addresses: meshes.map(({ id }) => id),
    status: meshes[0]?.status ?? '',
    commands: {
      /** Nodes that the one sees that sees the fewest. */
      /** For people: nodes seen, status, connections. */
      how: () => meshes.map(mesh => `${mesh.discovery.nodes().length}/${mesh.status}/${mesh.libp2p.getConnections().length}`),
      seen: () => Math.min(...meshes.map(mesh => mesh.discovery.nodes().length)),
      /** Milliseconds of each call to this node, one after the other. */
      calls: async (node: string, count: number) => {
        const times: number[] = []
        for (let i = 0; i < count; i++) {
          const begin = performance.now()
          await meshes[i % meshes.length]?.rpc.invoke('relay', 'braid.ping', undefined, { node })
          times.push(performance.now() - begin)
        }
        return times
      },
      stop: async () => { await Promise.all(meshes.map(async mesh => mesh.stop())) }
    }
  }
})
