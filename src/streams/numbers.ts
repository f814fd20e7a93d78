/**
 * Times of streams in milliseconds, and how much of anything they hold. Numbers alone, in a file without imports: bundlers
 * put those in place of their names.
 */

/** Bytes of a slab. With yamux' header it is about one Noise packet. */
export const SLAB = 64 * 1_024
/** Larger frames get memory of their own: they would tear slabs apart. */
export const LARGE = 16 * 1_024
/** Bytes beyond its limit that `take` of a batch takes rather than leave the end of a large frame for another piece. */
export const SLACK = 4 * 1_024
/** Slabs kept while no stream is writing, and the room below which one is not worth keeping. */
export const MAX_SPARE = 16
export const MIN_ROOM = 4 * 1_024

/** A length takes at most four bytes: 2^28 is far above any frame that is allowed. */
export const MAX_LENGTH_BITS = 21
/** First allocation for a frame that arrives in parts, and the largest buffer that is kept for the next one. */
export const MIN_BUFFER = 1_024
export const MAX_KEPT_BUFFER = 16 * 1_024

/**
 * Bytes given to libp2p at once. What it cannot send it keeps, in a buffer that by itself knows no bound; so all else
 * stays here, where it is counted. It is also what a muxer's frame holds, of which the peer sees nothing until all of it
 * has arrived: on a thin line larger ones look like silence.
 */
export const MAX_SEND = 64 * 1_024

/** A check that comes later than this (ms) means that this process stood still, not the peer. */
export const STALL = 250
/** Milliseconds after a standstill in which the peer's bytes, which lie in the socket, are read. */
export const RECOVERY = 1_000

/** Outbound streams on one connection. There is one at a time; those that are ending still count. */
export const MAX_OUTBOUND_STREAMS = 64
/** Milliseconds that `stop` gives the peers to take what is queued. */
export const STOP_TIMEOUT = 1_000

/** Milliseconds that the acceptor of a handover has to end the stream in use before, when nothing waited in its queue. */
export const HANDOVER_TIMEOUT = 2_000
/** Milliseconds that it has at least once what waited has begun to leave. A connection that is dead ends before. */
export const FLOWING = 10_000
/** Milliseconds between two looks at a queue, and how long it may go on getting shorter. */
export const LOOK = 250
export const MAX_HANDOVER_TIMEOUT = 60_000
/** Bytes that may be under way after the queue: what was seen to leave it tells how long they take. */
export const UNDER_WAY = 2 * 1_024 * 1_024
/** Milliseconds before a better path that did not take a stream is tried again, doubled up to the second number each time. */
export const HANDOVER_RETRY = 1_000
export const MAX_HANDOVER_RETRY = 30_000
