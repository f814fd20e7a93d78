/** One look at the rooms of a node. */
import { nodesTopic } from '../wire/protocols.ts'
import type { Observed } from './findings.ts'
import type { MonitorComponents } from './index.ts'

export function observe (components: MonitorComponents, loopDelay: number | undefined): Observed {
  const { discovery, election, pubsub, rpc, status, isolation, unreachable, page, gossip } = components
  const others = discovery.nodes().filter(({ id }) => id !== discovery.self.id)
  const heard = gossip()
  const topic = nodesTopic(discovery.mesh)
  return {
    status: status(),
    isolation: isolation().map(({ message }) => message),
    unreachable: unreachable()?.map(({ message }) => message),
    page,
    leaderless: discovery.services().filter(service => {
      const group = election.peek(service)
      return group !== undefined && group.voters.length > 0 && group.leader === undefined
    }),
    fault: election.status().fault?.message,
    gossip: heard === undefined ? undefined : { subscribers: heard.getSubscribers(topic).length, mesh: heard.getMeshPeers(topic).length },
    full: pubsub.info().topics.filter(({ full }) => full).map(({ name }) => name),
    serving: rpc.health,
    others: others.length,
    suspects: others.filter(({ state }) => state === 'suspect').length,
    loopDelay
  }
}
