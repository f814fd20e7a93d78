/** Names of the calls by which nodes speak of links. Pure. */

/** Asks a leader, in batches. */
export const ASK = 'braid.links.ask'
/** A leader tells a node about its links. */
export const TELL = 'braid.links.tell'
/** A node reports which of its links are used. */
export const USED = 'braid.links.used'
/** How many links there are. */
export const COUNT = 'braid.links.count'
/** All links of a node are dead. */
export const DOWN = 'braid.links.down'
/** A node may go on to run calls of its tokens; `ownership: 'strict'` only. */
export const RENEW = 'braid.links.renew'
/** A node is to begin no more calls of a token; `ownership: 'strict'` only. */
export const REVOKE = 'braid.links.revoke'

/** What a node of a service answers to. */
export const METHODS: readonly string[] = [ASK, TELL, USED, COUNT, DOWN, RENEW, REVOKE]
