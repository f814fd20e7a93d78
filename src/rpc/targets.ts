/** Which node takes the next call of a service. */
import { createPicker } from '../balancing/index.ts'
import type { BalancerName, PickContext, Picker, PickerFactory } from '../balancing/index.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { LoadSource, TokenId, TokenRouter } from './index.ts'

/** Milliseconds after which the links of the candidates are counted again; they change without a new view. */
const RECOUNT = 1_000
/** Services whose pickers are kept: names come from callers, and a made-up one must not cost memory for ever. */
const MAX_TARGETS = 1_024
const MAX_PICKERS = 16

type Balancer = BalancerName | PickerFactory

/** A picker and the candidates it was given. */
interface Seat {
  readonly picker: Picker<NodeInfo>
  nodes: readonly NodeInfo[] | undefined
  counted: number
}

/** One service's pickers. */
class Target {
  readonly service: string
  readonly random: Seat
  readonly seats = new Map<Balancer, Seat>()

  constructor (service: string) {
    this.service = service
    this.random = this.seat('random')
  }

  seat (balancer: Balancer): Seat {
    let seat = this.seats.get(balancer)
    if (seat === undefined) {
      if (this.seats.size >= MAX_PICKERS) {
        this.seats.delete(this.seats.keys().next().value as Balancer)
      }
      seat = { picker: createPicker<NodeInfo>(balancer), nodes: undefined, counted: 0 }
      this.seats.set(balancer, seat)
    }
    return seat
  }
}

/** The default {@link TokenRouter}: weighted rendezvous. A suspect keeps its tokens until it is given up or refuses. */
class RendezvousRouter implements TokenRouter {
  readonly #seats = new Map<string, Seat>()
  readonly #context: PickContext = { now: 0, random: Math.random }

  route (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined): NodeInfo | undefined {
    let seat = this.#seats.get(service)
    if (seat === undefined) {
      if (this.#seats.size >= MAX_TARGETS) {
        this.#seats.clear()
      }
      seat = { picker: createPicker<NodeInfo>('rendezvous'), nodes: undefined, counted: 0 }
      this.#seats.set(service, seat)
    }
    if (seat.nodes !== candidates) {
      seat.nodes = candidates
      seat.picker.update(candidates.map(unsuspected))
    }
    this.#context.token = token
    this.#context.exclude = exclude
    return seat.picker.pick(this.#context)
  }
}

function unsuspected (node: NodeInfo): NodeInfo {
  return node.state === 'suspect' ? { ...node, state: 'up' } : node
}

export class Targets {
  readonly #discovery: Discovery
  readonly #targets = new Map<string, Target>()
  readonly #context: PickContext
  #router: TokenRouter = new RendezvousRouter()
  #loads: LoadSource | undefined

  constructor (discovery: Discovery, random: () => number) {
    this.#discovery = discovery
    this.#context = { now: 0, random }
  }

  setRouter (router: TokenRouter): void {
    this.#router = router
  }

  setLoads (source: LoadSource): void {
    this.#loads = source
    for (const target of this.#targets.values()) {
      for (const seat of target.seats.values()) {
        seat.nodes = undefined
      }
    }
  }

  /** Links that this process knows a node to hold. */
  links (node: NodeInfo): number {
    return this.#loads?.links(node.id) ?? node.load.links
  }

  /** The picker of a service and balancer, with the service's nodes of now. */
  picker (service: string, balancer: Balancer | undefined, now: number): Picker<NodeInfo> {
    const target = this.#targets.get(service) ?? this.#add(service)
    const seat = balancer === undefined ? target.random : target.seat(balancer)
    const nodes = this.#discovery.nodes(service)
    if (seat.nodes !== nodes || (this.#loads !== undefined && now - seat.counted > RECOUNT)) {
      seat.nodes = nodes
      seat.counted = now
      seat.picker.update(this.#loads === undefined ? nodes : this.#counted(nodes, this.#loads))
    }
    return seat.picker
  }

  pick (picker: Picker<NodeInfo>, token: TokenId | undefined, exclude: ReadonlySet<string> | undefined, now: number): NodeInfo | undefined {
    const context = this.#context
    context.token = token
    context.exclude = exclude
    context.now = now
    return picker.pick(context)
  }

  route (token: TokenId, service: string, exclude: ReadonlySet<string> | undefined): NodeInfo | undefined | Promise<NodeInfo | undefined> {
    return this.#router.route(token, service, this.#discovery.nodes(service), exclude)
  }

  #add (service: string): Target {
    if (this.#targets.size >= MAX_TARGETS) {
      this.#targets.clear()
    }
    const target = new Target(service)
    this.#targets.set(service, target)
    return target
  }

  #counted (nodes: readonly NodeInfo[], loads: LoadSource): NodeInfo[] {
    return nodes.map(node => ({ ...node, load: { links: loads.links(node.id), inflight: node.load.inflight } }))
  }
}
