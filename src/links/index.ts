/**
 * @packageDocumentation
 *
 * A token stays on the node that it was linked to, along the whole chain of calls, for every caller, until that node goes.
 *
 * The leader of the called service decides: the first call of a token asks it, a majority of the service's voters holds
 * the link before it is answered, and from then on callers know the way by heart. The called node is the last to judge: it
 * runs a call of a token only if it holds its link, and otherwise says who does. So a caller whose memory is old loses one
 * hop and nothing runs on a wrong node.
 *
 * What is linked is a relation: calls of service `a` with a token go to one node of `b`, and those of `c` to another,
 * perhaps. Only an id of the token ever leaves the process that was given it. Ids can be guessed as tokens can, unless
 * all nodes of the mesh share a `secret`.
 *
 * A service without voters, such as one of browser tabs, has nobody to decide: its tokens go where weighted rendezvous
 * says, which every caller works out for itself.
 *
 * @example
 *
 * ```ts
 * await mesh.rpc.invoke('cart', 'add', item, { token: session })   // always the same node of `cart`
 * const node = await mesh.links.target(session, 'cart')
 * await mesh.links.link(session, other, { replace: true })         // move it
 * await mesh.links.unlink(session, 'cart')                         // the next call may go anywhere
 * ```
 */
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election } from '../election/index.ts'
import type { Records } from '../records/index.ts'
import type { Rpc, TokenId } from '../rpc/index.ts'
import type { AbortOptions, ComponentLogger, TypedEventTarget } from '@libp2p/interface'

export interface LinksOptions {
  /** `local`: links of this process only, decided by itself. @default 'shared' */
  mode?: 'shared' | 'local'
  /**
   * `relation`: callers of each service have links of their own. `service`: all callers share the links of a service. The
   * same on all nodes of a mesh.
   *
   * @default 'relation'
   */
  scope?: 'relation' | 'service'
  /**
   * While a service has voters and no leader, a token whose link is not known waits for one (`fail`: until the call's
   * deadline), or goes where rendezvous says (`provisional`).
   *
   * @default 'fail'
   */
  onNoLeader?: 'fail' | 'provisional'
  /**
   * `open`: a node that cannot reach its leader runs the calls of tokens that it holds, and of those it knows nothing of;
   * `ctx.link.rank` tells links apart that were made on both sides of a split network. `strict`: it runs none once it has
   * not heard of its leader for 2.5 s, and the leader moves no token away from a node that may still run it. The same on
   * all nodes of a service.
   *
   * @default 'open'
   */
  ownership?: 'open' | 'strict'
  /** Milliseconds without a call after which a link ends; it may take twice that. 1 s to 30 days. @default 3600000 */
  ttl?: number
  /**
   * Load most of the room's code when it is first needed, not at the start: for pages. A call with a token waits for it, and
   * so do those that come with one; when it cannot be loaded they fail as if no leader answered, and the next try loads again,
   * after some failures at a pace.
   *
   * @default false; in pages `createMesh` makes it true
   */
  lazy?: boolean
}

/** What happened to a link. */
export interface LinkChange {
  /** Id of the token. */
  readonly token: TokenId
  /** The calling service; empty for callers without one; `*` with scope `service`. */
  readonly parent: string
  /** The called service. */
  readonly service: string
  /** Peer id of the node it leads to now; of a removal, of the one that it led to. */
  readonly node: string
  /** Of a move: peer id of the node that it led to before. */
  readonly former?: string
  /** Of the link, or of its removal. Compared as texts; grows with every change. */
  readonly rank: string
  /** By this node, as the leader of the service: of all nodes one says so. The others hold the link or use it. */
  readonly decided: boolean
}

/** Each node tells of the links that it decides, holds or uses, once it learns of a change. */
export interface LinkEvents {
  'link:add': CustomEvent<LinkChange>
  'link:move': CustomEvent<LinkChange>
  'link:remove': CustomEvent<LinkChange>
  /** braid's topic: a token was unlinked. Detail: its id. */
  'braid.topic.linkcache.unlink': CustomEvent<TokenId>
  /** braid's topic: how many links a node holds, when that has changed. Detail: peer id and number. */
  'braid.topic.linkcache.service_link_number': CustomEvent<{ readonly ID: string, readonly Num: number }>
}

export interface LinkOptions extends AbortOptions {
  /** Move the token if it is linked to another node. @default false */
  replace?: boolean
}

/** Links of one relation to one node. */
export interface NodeLinks {
  /** The calling service. */
  readonly parent: string
  /** Peer id. */
  readonly node: string
  readonly links: number
}

export interface LinksStatus {
  readonly mode: 'shared' | 'local'
  readonly scope: 'relation' | 'service'
  /** Links of this node, by the last word of its leader. */
  readonly held: number
  /** Links that this node remembers as a caller. */
  readonly cached: number
  /** Calls whose node was known, and questions to leaders, since the start. */
  readonly hits: number
  readonly asked: number
  /** Only while this node leads its service, or in mode `local`: what it keeps. */
  readonly authority: LinkAuthorityStatus | undefined
}

export interface LinkAuthorityStatus {
  /** Links whose node lives. */
  readonly links: number
  /** Links of nodes that are gone, which are being cleared away. */
  readonly dead: number
  readonly nodes: readonly NodeLinks[]
  /** In the DHT, and on their way there; of those beyond 20000 the leader alone knows. */
  readonly stored: number
  readonly waiting: number
}

export interface Links extends TypedEventTarget<LinkEvents> {
  /**
   * The node that this node's calls with the token go to; undefined when it is not linked. As for them, what the DHT has
   * counts when nobody decides for the moment, and what rendezvous says with `onNoLeader: 'provisional'`, and where the
   * service has no voters, nor had any within the last five minutes.
   *
   * @throws InvalidOptionsError, InvalidNameError; RpcError `UNAVAILABLE` - nobody who decides could be asked, or the room's code
   * could not be loaded
   */
  target (token: string, service: string, options?: AbortOptions): Promise<NodeInfo | undefined>
  /**
   * Link the token to this node of a service, for this node's own calls, unless it is linked. Resolves to the node that
   * has it now.
   *
   * @param node - what discovery knows of it, or its peer id
   * @throws LinkError - the node is gone, is of another service, or takes no new tokens
   * @throws NoAuthorityError - its service has nobody who could decide
   * @throws InvalidOptionsError; RpcError `UNAVAILABLE`, `RESOURCE_EXHAUSTED` - as many links as the voters hold, or as one
   * peer may make of the last quarter; the signal's reason
   */
  link (token: string, node: NodeInfo | string, options?: LinkOptions): Promise<NodeInfo>
  /**
   * End the token's link to a service, or its links to all services. Resolves to how many there were.
   *
   * @throws as {@link target}; NoAuthorityError - a service has nobody who could decide; not `retryable`: whoever decides
   * was lost, and it may have been done
   */
  unlink (token: string, service?: string, options?: AbortOptions): Promise<number>
  /**
   * All links of a node are dead from now on, however many; what is linked to it later, in its next life, is not. Resolves
   * to how many there were.
   *
   * @throws LinkError - no such node is known; NoAuthorityError; RpcError `UNAVAILABLE`; `RESOURCE_EXHAUSTED` - the register
   * of its service is full, or it was taken down a moment ago
   */
  down (node: string, options?: AbortOptions): Promise<number>
  /** Links to the living nodes of a service, of all relations. @throws as {@link target}; NoAuthorityError */
  count (service: string, options?: AbortOptions): Promise<number>
  status (): LinksStatus
  /** This node was away: what it knew of links is asked for again before it is used. */
  resync (): void
  /**
   * Resolves when no token is linked to this node any more, which is draining; when the signal aborts its leader gives the
   * rest to others.
   */
  drain (options?: AbortOptions): Promise<void>
}

/** What {@link links} needs of the services beside it. */
export interface LinksComponents {
  logger: ComponentLogger
  /** The service `discovery: discovery()`, under that key. */
  discovery?: Discovery
  election?: Election
  rpc?: Rpc
  /** Without it links are not found once all voters of a service are gone. */
  records?: Records
}

export { links } from './service.ts'
