/** Services, their leaders and their links, by what node records and this node's own rooms tell. */
import type { LinkCount, ServiceInfo } from './index.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election } from '../election/index.ts'
import type { LinksStatus } from '../links/index.ts'

/** To look at a group must not make this node follow it, or the nodes of the service form one. */
export function describeServices (discovery: Pick<Discovery, 'services' | 'nodes' | 'self'>, election: Pick<Election, 'peek' | 'status'>): ServiceInfo[] {
  return discovery.services().map(service => {
    const { state = 'observer', leader, voters = [], hint } = election.peek(service) ?? {}
    const own = service === discovery.self.service ? election.status() : undefined
    return {
      service,
      nodes: discovery.nodes(service).map(({ id }) => id),
      state,
      ...leader !== undefined && { leader: { id: leader.id, ...leader.token } },
      voters,
      learners: own?.learners ?? [],
      ...leader !== undefined && leader.id === discovery.self.id && own !== undefined && { leaseLeft: own.leaseLeft },
      ...hint !== undefined && { hint }
    }
  })
}

/** A leader knows its links by relation; of other services' nodes their records tell how many they hold. */
export function describeLinks (own: string | undefined, nodes: readonly NodeInfo[], status: LinksStatus | undefined): LinkCount[] {
  const kept = status?.authority?.nodes
  const known = own === undefined || kept === undefined ? [] : kept.map(({ parent, node, links }) => ({ service: own, parent, node, count: links }))
  const told = nodes.flatMap(({ id, service, load: { links } }) =>
    service === undefined || links === 0 || (kept !== undefined && service === own) ? [] : [{ service, parent: '*', node: id, count: links }])
  return [...known, ...told]
}
