/** Which node takes the next call of a service. */
import { createPicker } from '../balancing/index.ts'
import { unsuspected } from '../balancing/unsuspected.core.ts'
import { MAX_PICKERS, MAX_TARGETS, RECOUNT } from './numbers.ts'
import { byVersion } from './versions.core.ts'
import type { BalancerName, PickContext, Picker, PickerFactory } from '../balancing/index.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { LoadSource, Routed, TokenId, TokenRouter } from './index.ts'

const NO_NODES: readonly NodeInfo[] = []

type Balancer = BalancerName | PickerFactory

/** A picker and the candidates it was given. */
interface Seat {
  readonly picker: Picker<NodeInfo>
  nodes: readonly NodeInfo[] | undefined
  counted: number
}

/** What may be asked of a service, or of those of its nodes that serve a version. */
class Target {
  readonly random: Seat
  readonly seats = new Map<Balancer, Seat>()
  nodes: readonly NodeInfo[] | undefined
  /** Some node lists a method with a version. */
  versioned = false
  /** By method. */
  readonly versions = new Map<string, Versions>()

  constructor () {
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

  renew (nodes: readonly NodeInfo[]): void {
    this.nodes = nodes
    this.versioned = nodes.some(({ methods }) => methods.some(method => method.includes('@')))
  }

  /** Itself, or the part of it that serves the newest version of the call's method and was not tried yet. */
  fitting (call: Wanted): Target {
    if (!this.versioned && !call.method.includes('@')) {
      return this
    }
    let known = this.versions.get(call.method)
    if (known === undefined) {
      if (this.versions.size >= MAX_TARGETS) {
        this.versions.clear()
      }
      known = { of: undefined, newest: new Target(), compatible: new Target() }
      this.versions.set(call.method, known)
    }
    if (known.of !== this.nodes) {
      known.of = this.nodes
      const serving = byVersion(this.nodes ?? [], call.method)
      known.newest.nodes = serving?.newest ?? this.nodes
      known.compatible.nodes = serving?.compatible ?? this.nodes
    }
    return known.newest.nodes?.some(({ id, state }) => state === 'up' && call.tried?.has(id) !== true) === true ? known.newest : known.compatible
  }
}

interface Versions {
  /** The nodes that they were made from. */
  of: readonly NodeInfo[] | undefined
  readonly newest: Target
  readonly compatible: Target
}

/** What of a call decides where it may go. */
interface Wanted {
  readonly service: string
  readonly method: string
  readonly balancer: Balancer | undefined
  readonly tried: ReadonlySet<string> | undefined
}

/** The default {@link TokenRouter}: weighted rendezvous. A suspect keeps its tokens until it is given up or refuses. */
class RendezvousRouter implements TokenRouter {
  /** A list of candidates is the same until something changes, and this picker learns nothing that would be lost. */
  readonly #pickers = new WeakMap<readonly NodeInfo[], Picker<NodeInfo>>()
  readonly #context: PickContext = { now: 0, random: Math.random }

  route (token: TokenId, _service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined): NodeInfo | undefined {
    let picker = this.#pickers.get(candidates)
    if (picker === undefined) {
      picker = createPicker<NodeInfo>('rendezvous')
      picker.update(candidates.map(unsuspected))
      this.#pickers.set(candidates, picker)
    }
    this.#context.token = token
    this.#context.exclude = exclude
    return picker.pick(this.#context)
  }

  /** Its nodes keep to links, which this one knows nothing of. */
  moved (_token: TokenId, _service: string, node: string, details: unknown): Routed | undefined {
    const owner = isObject(details) ? details['owner'] : undefined
    return typeof owner === 'string' && owner !== node ? { id: owner } : undefined
  }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

export class Targets {
  readonly #discovery: Discovery
  readonly #targets = new Map<string, Target>()
  readonly #context: PickContext
  readonly #rendezvous = new RendezvousRouter()
  #router: TokenRouter = this.#rendezvous
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
    this.#targets.clear()
  }

  /** Links that this process knows a node to hold. */
  links (node: NodeInfo): number {
    return this.#loads?.links(node.id) ?? node.load.links
  }

  /** The picker of a call, with the nodes of now that may take it. */
  picker (call: Wanted, now: number): Picker<NodeInfo> {
    const target = this.#target(call)
    const { nodes = NO_NODES } = target
    const seat = call.balancer === undefined ? target.random : target.seat(call.balancer)
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

  /** {@link TokenRouter.binding} */
  get binding (): boolean {
    return this.#router.binding === true
  }

  route (token: TokenId, call: Wanted, propose: (() => string | undefined) | undefined): Routed | undefined | Promise<Routed | undefined> {
    return this.#router.route(token, call.service, this.#target(call).nodes ?? NO_NODES, call.tried, propose)
  }

  /** The node of an idempotency key, which may have its reply. */
  home (key: string, call: Wanted & { readonly avoid: ReadonlySet<string> | undefined }): NodeInfo | undefined {
    const { avoid, tried } = call
    const { nodes = NO_NODES } = this.#target(call)
    const node = avoid === undefined ? undefined : this.#rendezvous.route(key, call.service, nodes, new Set([...avoid, ...tried ?? []]))
    return node ?? this.#rendezvous.route(key, call.service, nodes, tried)
  }

  claim (token: TokenId, call: Wanted, node: string): Uint8Array | undefined {
    return this.#router.claim?.(token, call.service, node)
  }

  /** The node of this word may bring a record of whom it names. */
  moved (call: Wanted & { readonly tokenId: TokenId | undefined }, node: string, details: unknown): Routed | undefined | Promise<Routed | undefined> {
    const { owner, record } = isObject(details) ? details : {}
    if (typeof owner === 'string' && record instanceof Uint8Array && this.#discovery.node(owner) === undefined) {
      const learnt = this.#discovery.introduce(owner, record, node)
      if (learnt instanceof Promise) return learnt.then(() => this.#moved(call, node, details))
    }
    return this.#moved(call, node, details)
  }

  #moved (call: Wanted & { readonly tokenId: TokenId | undefined }, node: string, details: unknown): Routed | undefined {
    const next = call.tokenId === undefined ? undefined : this.#router.moved?.(call.tokenId, call.service, node, details)
    // a word of anybody
    return next !== undefined && this.#discovery.node(next.id)?.service === call.service ? next : undefined
  }

  #target (call: Wanted): Target {
    const target = this.#targets.get(call.service) ?? this.#add(call.service)
    const nodes = this.#discovery.nodes(call.service)
    if (target.nodes !== nodes) {
      target.renew(nodes)
    }
    return target.fitting(call)
  }

  #add (service: string): Target {
    if (this.#targets.size >= MAX_TARGETS) {
      this.#targets.clear()
    }
    const target = new Target()
    this.#targets.set(service, target)
    return target
  }

  #counted (nodes: readonly NodeInfo[], loads: LoadSource): NodeInfo[] {
    return nodes.map(node => ({ ...node, load: { links: loads.links(node.id), inflight: node.load.inflight } }))
  }
}
