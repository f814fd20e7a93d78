/** Meshes, and peers made from the documents beside them. */
import { createMesh } from '../../src/index.ts'
import { ForeignPeer } from './foreign-peer.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

type PeerInit = Parameters<typeof ForeignPeer.start>[0]

export interface ForeignLand {
  /** All there are; more may be pushed. */
  readonly meshes: Mesh[]
  readonly peers: ForeignPeer[]
  /** One more node of the mesh `shop`, which has the others as bootstrap. */
  node (options?: MeshOptions): Promise<Mesh>
  /** A peer that has joined each node that there is by now. */
  abroad (init?: Partial<PeerInit>): Promise<ForeignPeer>
  /** All that there is ends. */
  end (): Promise<void>
}

/** Call in a `describe`: what a test made ends with it. */
export function useForeign (): ForeignLand {
  const meshes: Mesh[] = []
  const peers: ForeignPeer[] = []

  const end = async (): Promise<void> => {
    await Promise.all(peers.splice(0).map(async peer => peer.leave()))
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  }

  afterEach(end)

  return {
    meshes,
    peers,
    end,
    node: async options => {
      const mesh = await createMesh({ mesh: 'shop', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: meshes.flatMap(({ libp2p }) => libp2p.getMultiaddrs().map(String)), ...options })
      meshes.push(mesh)
      return mesh
    },
    abroad: async init => {
      const peer = await ForeignPeer.start({ mesh: 'shop', service: 'abroad', ...init })
      peers.push(peer)
      for (const { libp2p } of meshes) await peer.join(String(libp2p.getMultiaddrs()[0]))
      return peer
    }
  }
}
