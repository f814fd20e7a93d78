/**
 * Times of what drives the cores in milliseconds, and how much of anything it holds. Numbers alone, in a file without
 * imports: bundlers put those in place of their names.
 */

/** Milliseconds a peer that was cut is not listened to. */
export const BAN = 10_000
/** Milliseconds that a stream may take to open. */
export const OPEN_TIMEOUT = 5_000
/** Attempts after which the frames that wait for a stream are dropped. */
export const ATTEMPTS = 6
/** Peers of whom it is remembered how often they were not reached. */
export const MAX_UNREACHED = 1_000
/** Milliseconds that queued frames get to leave when the node stops. */
export const STOP_TIMEOUT = 500
/** Milliseconds from a broken stream until what may be lost is said again: no peer can make that a busy loop. */
export const LOSS_WAIT = 200
/** Milliseconds in which what was written may still be under way. */
export const SPOKE = 5_000

/** Peers whose frames of one second are counted. */
export const MAX_PEERS = 2_000
/** Bytes of answers that wait for one peer: while it is more, its questions are not heard. */
export const MAX_ANSWERS = 2 * 1_024 * 1_024

/** Milliseconds between two looks at gossip's streams. One is opened within one of them, so that what is missing twice is lost. */
export const WATCH_INTERVAL = 2_000

/** Nodes up to which each gets a message by stream, unless `direct` of the options says otherwise. */
export const DIRECT = 24
/** Bytes of a message beside its payload, and of gossip's envelope with a batch's tables. */
export const OVERHEAD = 64
export const ENVELOPE = 32 * 1_024

/** The same of one that is cut into parts. */
export const PART_OVERHEAD = 512

/** Channels that one node takes messages of that are remembered, as many as it may consume from, and of all together. */
export const MAX_TAKEN = 512
export const MAX_ALL_TAKEN = 100_000

/** Messages of one step of the log, and their bytes. */
export const CHUNK = 512
export const CHUNK_BYTES = 1_024 * 1_024
/** Messages of one flush from which on the next one waits for company: one after the other need not. */
export const CROWD = 8
/** Publishes that wait, and their bytes: who does not await what he publishes must not fill the memory. */
export const MAX_WAITING = 100_000
export const MAX_WAITING_BYTES = 64 * 1_024 * 1_024

/** Random bits of an epoch, below the milliseconds of its start. */
export const EPOCH_BITS = 1_024
/** Milliseconds until a dead letter that was refused is published again. */
export const BURY_AGAIN = 5_000

/** Entries that are read at once. */
export const PAGE = 1_000
/** States that are kept, of which the last one counts. */
export const STATES = 32
/** Milliseconds until a write that failed is tried again. */
export const WRITE_AGAIN = 1_000

/** Milliseconds that a node which publishes for the first time waits for somebody to tell it of channels. */
export const SYNC_TIMEOUT = 500
/** Milliseconds from its start in which a node finds others, if there are any. */
export const FIND_TIMEOUT = 3_000
/** Milliseconds that a channel which is to be deleted may take to be heard of. */
export const DELETE_TIMEOUT = 2_000

/** Milliseconds that a publish may wait for company. */
export const LINGER = 5
/** Milliseconds that a node which leaves gives others to take what is handed over. */
export const HAND_OVER_TIMEOUT = 5_000
/** Milliseconds between two looks whether they have. */
export const HAND_OVER_INTERVAL = 20

/** Milliseconds that `close` of a channel gives the handlers that run. */
export const CLOSE_GRACE = 5_000

/** Milliseconds that a consumer has to say how it takes its messages, before they go to others. */
export const STATE_GRACE = 1_000
/** Characters of the reason for a refusal that travel. */
export const MAX_REASON = 1_024

/** Milliseconds that the publishers have to say where a channel begins. */
export const START_TIMEOUT = 2_000
/** Milliseconds that what runs has to end when a channel is left. */
export const LEAVE_TIMEOUT = 5_000

/** What a subscription may ask for. */
export const MAX_BACKOFFS = 32
export const MAX_CONCURRENCY = 10_000
export const MAX_DELIVER = 1_000_000

/** Messages of a topic of the node itself that wait for somebody to take them, per channel; the oldest is dropped. */
export const MAX_LOCAL = 1_000
export const LOCAL_DELIVER = 5
/** Milliseconds before one of them that failed comes again. */
export const LOCAL_RETRY = 250
