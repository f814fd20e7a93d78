/** The services and nodes that this tab sees, as tables. */
import { element, setRows } from './dom.ts'
import type { Row } from './dom.ts'
import type { Mesh, NodeInfo } from '../../src/index.ts'

/** Methods that the node's own service has, without those of the library. */
export function methodsOf (nodes: readonly NodeInfo[]): string[] {
  return Array.from(new Set(nodes.flatMap(node => node.methods)))
    .filter(method => !method.startsWith('braid.'))
    .sort()
}

function pathTo (node: NodeInfo, mesh: Mesh): string {
  if (node.id === mesh.id) return 'this tab'
  const addresses = mesh.libp2p.getConnections()
    .filter(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === node.id)
    .map(({ remoteAddr }) => remoteAddr.toString())
  if (addresses.length === 0) return 'when needed'
  return addresses.every(address => address.includes('/p2p-circuit')) ? 'over a relay' : 'direct'
}

/** By service, with those that serve nothing last, then by name. */
function compare (a: NodeInfo, b: NodeInfo): number {
  if ((a.service == null) !== (b.service == null)) return a.service == null ? 1 : -1
  return (a.service ?? '').localeCompare(b.service ?? '') || a.name.localeCompare(b.name, 'en', { numeric: true })
}

function rowsOf (mesh: Mesh): Row[] {
  return [...mesh.discovery.nodes()].sort(compare).map(node => ({
    key: node.id,
    cells: [node.name, node.service ?? node.roles[0] ?? 'client', node.state, pathTo(node, mesh), `…${node.id.slice(-8)}`],
    attributes: { 'data-node': node.name, 'data-state': node.state, title: node.id, ...node.id === mesh.id ? { 'data-self': '' } : {} }
  }))
}

export function showMesh (mesh: Mesh | undefined): void {
  const none = mesh == null ? 'not joined' : 'nobody yet'
  setRows(element('services'), (mesh?.discovery.services() ?? []).map(service => {
    const nodes = mesh?.discovery.nodes(service) ?? []
    return { key: service, cells: [service, String(nodes.length), methodsOf(nodes).join(', ')] }
  }), none)
  setRows(element('nodes'), mesh == null ? [] : rowsOf(mesh), none)
}
