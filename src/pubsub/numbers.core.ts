/**
 * Times of the delivery protocol in milliseconds, and how much of anything its cores hold. First all that are numbers alone,
 * because bundlers put those in place of their names up to the first that is not. Pure.
 */

/** A consumer whose last connection closed may come back this long before what it holds goes to others: a reconnect takes less. */
export const CLOSED_GRACE = 500
/** An assigner that comes so late to what is due stood still itself, as a frozen tab does: what consumers said meanwhile waits to be read. */
export const STOOD_STILL = 100
/** It reads that for so long before it holds any silence against them. */
export const CATCH_UP = 500
/** While no consumer has room, what is new waits this long to be sent together with its assignment; then it goes without. */
export const HOLD = 100
/** What is missing is asked for after this time: gossip may overtake itself. Again after the second one. */
export const GAP_WAIT = 200
export const GAP_AGAIN = 1_000
/** Later messages without a key wait this long for an earlier one that is missing. */
export const ORDER_WAIT = 1_000
/** Cursors go to the keepers after so many acks, or after this time: it bounds what is done twice after a takeover. */
export const SYNC_ACKS = 64
export const SYNC_TIME = 250
/** How long who wants to assign waits for what the keepers know. */
export const ASK_WAIT = 500
/** Keepers of a topic, and how many of them make a message `stored`, and a takeover complete. */
export const KEEPERS = 3
export const QUORUM = 2
/** A new assigner lets the consumers say this long what they hold before it gives it to others. */
export const ADOPT_WAIT = 300
/** A channel that was heard of, but not from a consumer, waits this long for one to say where it starts. */
export const START_WAIT = 1_000
/** A channel that was stored, and that nobody has told of since the start, is taken for one that is there for so long. */
export const UNTOLD = 30_000
/** A publisher met later starts a channel at its first message newer than when the channel was opened, minus this: clocks differ. */
export const START_SLACK = 5_000
/** A publisher that was deposed takes back at once; again and again it waits longer, up to the second one. */
export const RETAKE_WAIT = 500
export const RETAKE_WAIT_MAX = 10_000
/** Keepers compare what they have this often while something changes. */
export const COMPARE_EVERY = 2_000
/** An ephemeral channel whose consumers are unreachable, not gone by their own will, is kept this long. */
export const EPHEMERAL_GRACE = 30_000

/** Messages and bytes of payload in one batch, assignment or range: it must fit into one gossip message. */
export const MAX_BATCH = 1_000
export const MAX_BATCH_BYTES = 192 * 1_024
/** Bytes that a message counts beside its payload: empty ones take memory too. */
export const MESSAGE_COST = 64
/** Seqs between the oldest and the newest message of a log: an old one that cannot be handled must not keep all later ones' places. */
export const MAX_SPAN = 4 * 1_024 * 1_024
/** Done messages above a watermark that are remembered: forgetting one costs a second handling. */
export const MAX_ABOVE = 1_024 * 1_024
/** A consumer splits its prefetch over the logs that send; those that do not, when there are more than a few, share a half of it in such parts. */
export const IDLE_CREDIT = 16
export const FEW_LOGS = 4
/** A log that sent nothing for so long does not send. */
export const IDLE_AFTER = 10_000
/** Room that others still use is asked for again after this time. */
export const SHARE_AGAIN = 50
/** An assigner may use what it was allowed for this long after it was allowed less: the word is under way. */
export const PROMISE = 250
/** Acks leave this long after the first of them when nobody flushes. */
export const ACK_LINGER = 5
/** How often a consumer says again that it takes part, while it is not answered. */
export const OPEN_AGAIN = 1_000
/** By how much a takeover raises the generation, at most: it is drawn, as a keeper without storage does not know which it had. */
export const GENERATION_STEPS = 4_096
/**
 * Generations grow by one, or by that: in fifty years of a thousand takeovers a day to 2^36. So nobody is at fault below
 * this, however little is known of a log, and one that reaches it is a lie.
 */
export const MAX_GENERATION = 2 ** 48
/** What one who assigns is told of by a keeper, and a keeper by another one, is followed to here; what anybody says, to the second one: there has to be room above a lie. */
export const MAX_TOLD = 2 ** 47
export const MAX_CLAIMED = 2 ** 46
/** Beyond, so many at a time: whoever lies, again and again, does not live to see the end of the numbers. */
export const MAX_GENERATION_STEP = 2 ** 20

/** Messages of a log that may be forgotten before the disk is told to. */
export const TRIM_EVERY = 256
/** Ranges in one message. */
export const MAX_RANGES = 10_000
/** Naks in one message, and terms, each with a reason. */
export const MAX_REFUSED = 50
/** Ranges of messages that the channels of one log are done with, as who does not assign it remembers them. */
export const MAX_HOLES = 65_536
/** Consumers of one channel that are assigned to. */
export const MAX_SEATS = 255
/** Messages one consumer may ask to hold. */
export const MAX_PREFETCH = 65_536
/** Handlers of one consumer that may be given up, and still run, without counting against those that run at once. */
export const MAX_ZOMBIES = 256
/** Logs that one consumer takes part in. */
export const MAX_LOGS = 8_192
/** Bytes that a peer may ask to be sent again, per second, and at once: a whole retention. */
export const REPAIR_RATE = 16 * 1_024 * 1_024
export const REPAIR_BURST = 128 * 1_024 * 1_024
/** Channels, openings of one channel (beside the few that came later and ask for something else), and tags of deleted or idle ones in a registry. */
export const MAX_CHANNELS = 4_096
export const MAX_OPENINGS = 16
export const MAX_REMOVED = 16_384

/** Messages of an outbox, and their bytes, unless its publisher says otherwise. */
export const MAX_PENDING = 100_000
export const MAX_PENDING_BYTES = 64 * 1_024 * 1_024
/** Who waits for room in it hears of it when no more than this part of it is taken. */
export const ROOM = 0.9
/** Between two saves of what is done. */
export const SAVE_EVERY = 250
/** Numbers of what is done in a channel: those of all channels of a topic fit into one frame. */
export const FEW = 64
/** Highest incarnation and version of a membership that are believed when another one tells them. */
export const MAX_HEARSAY = 2 ** 52
/**
 * By which an opening may be ahead of this node's wall clock: clocks that are so far apart have no connection. One of the
 * end of all numbers, once it was deleted, would leave none for the next channel of its name; a day later than it is now
 * is soon less than that.
 */
export const MAX_AHEAD = 24 * 60 * 60 * 1_000

/** After a publish, an assigner says again what there is: the last gossip may be lost. The last one repeats while something is not final. */
export const BEATS: readonly number[] = [250, 1_000, 2_000, 5_000, 10_000]
export const RETENTION = { messages: 10_000, bytes: 64 * 1_024 * 1_024, age: 60 * 60 * 1_000 }
