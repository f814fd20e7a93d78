/**
 * Times of calls in milliseconds, and how much of anything is kept for them. Numbers alone, in a file without imports:
 * bundlers put those in place of their names.
 */

/** Nodes a call is offered to before it pauses. */
export const MAX_OFFERS = 3
/** And nodes that it looks at, with those that have no place left for it: more than a node has streams and calls for. */
export const MAX_LOOKS = 64
/** Nodes that do not hold the link of its token before a call is given up: the one its caller knew, and the one that this one named. */
export const MAX_MOVES = 2
/** Times a call comes back to a service that says it is too busy. */
export const MAX_BUSY_ROUNDS = 2

/** Milliseconds for which a peer that ends its streams is not called. */
export const AWAY = 1_000

/** Milliseconds after which the links of the candidates are counted again; they change without a new view. */
export const RECOUNT = 1_000
/** Services whose pickers are kept: names come from callers, and a made-up one must not cost memory for ever. */
export const MAX_TARGETS = 1_024
export const MAX_PICKERS = 16

/** Tokens whose ids are remembered: an id costs some 20 us. */
export const MAX_TOKENS = 10_000
/** Characters of a token: it is hashed on the caller's thread. */
export const MAX_TOKEN = 4_096

/** Misses of one attempt that are listed: it may look for a node for a day, several times a second. */
export const MAX_MISSES = 64

/**
 * Frames of one peer that are handled before everybody else has a turn: some milliseconds of work. A socket hands over
 * up to 2 MiB at once, which may be 10^5 requests.
 */
export const MAX_PER_TURN = 512
/** Frames of a peer after which the end of the turn is waited for: a timer for a lone call would cost a tenth of it. */
export const WATCHED = 128
/** Peers that are counted without such a timer. */
export const MAX_UNWATCHED = 1_024

/** Calls of a method that are all timed; of those after them, one in sixteen is: a look at the clock costs as much as all counters. */
export const ALL_TIMED = 64
export const MEASURED = 15

/** Milliseconds between reports of this node's load: each is a signed record that every node gets. */
export const LOAD_INTERVAL = 2_000

/** Milliseconds after the deadline that an attempt is left alone: one that is under way ends by itself then, and its error says more. */
export const PATIENCE = 10

/** Milliseconds by which a timer may be early. */
export const EARLY = 10

/** Times that the interceptor of retries may send a call. */
export const MAX_ATTEMPTS = 10
/** Services with a bucket of their own; those beyond share one. */
export const MAX_BUDGETS = 1_024

/** Nodes that a hedge may ask, a number beyond every use. */
export const MAX_HEDGES = 1_000

/** Services that a breaker knows, and nodes of one: beyond it what is known of the oldest is forgotten. */
export const MAX_BROKEN = 1_024

/** Milliseconds that a request waits at most for the code that serves it: its caller must have time left for another node. */
export const HOLD = 1_500

/** Milliseconds that `stop` of the room gives the handlers that run. */
export const GRACE = 5_000

/** Milliseconds that callers get to end their streams. */
export const LINGER = 500

/** Calls that may wait for their turn when a method limits how many run, and names no bound of its own. */
export const DEFAULT_QUEUE = 100
/** Names that callers asked for, and what serves them. */
export const MAX_RESOLVED = 1_024

/** Issues that travel to a caller; a schema may find one in each element of an array. */
export const MAX_ISSUES = 32
export const MAX_ISSUE_MESSAGE = 512

/** Characters of the last error of a method. */
export const MAX_LAST_ERROR = 256

/** Answers that are remembered after they were written: more than can be on their way. */
export const MAX_SENT = 256

/** Calls that may wait for the answer of one key: each is a place in its stream's table. */
export const MAX_WAITERS = 16

/** Items taken before the front of their queue is cut off. */
export const COMPACT = 256
