/**
 * Times of discovery in milliseconds, and how much of anything it takes. Numbers alone, in a file without imports: bundlers
 * put those in place of their names.
 */

/** Members up to which everybody connects with everybody. */
export const SMALL = 32
/** Connections to members that a node of a larger mesh keeps, and to relays while nobody can dial it. */
export const ENOUGH = 16
/** Relays that a node which nobody can dial connects with soon: one, and one more each time so many ms brought it no place. */
export const SOON_RELAYS = 4
export const PLACE_TIME = 15_000
/** Milliseconds that it waits more when it has so many. They may all be full, or relays in name only: then it goes on, up to `ENOUGH`. */
export const RELAY_PAUSE = 40_000
/** A handshake costs both sides: many at once would only make each of them slower. */
export const MAX_DIALS = 4
/** Dials under way beside which one that failed before is tried again: others that never answer must not take all. */
export const MAX_AGAIN = 2
/** Value of the tag of connections that are kept, in libp2p's peer store; what nobody has tagged has the value 0. */
export const KEPT_VALUE = 50
/** Milliseconds until that is said again: the peer store drops an entry that nobody renews for 6 h, with its tags. */
export const TAG_AGAIN = 3_600_000
/** Milliseconds. A handshake with a busy node takes its time, and one that is given up was for nothing. */
export const REDIAL_TIMEOUT = 4_000
export const DIAL_TIMEOUT = 8_000
/** Milliseconds, up to twice that, before a new member is dialled: what is said over the connections there are comes first. */
export const DIAL_SETTLE = 300
/** Milliseconds that one of two nodes leaves the dial to the other, so that there is one connection, not two. */
export const DIAL_YIELD = 2_000
/** Milliseconds before a dial that failed is tried again, doubled each time. */
export const DIAL_BACKOFF = 2_000
export const MAX_DIAL_BACKOFF = 60_000

/** Milliseconds that the streams may take to end when the node stops. */
export const STOP_TIMEOUT = 500
/** Milliseconds between two looks at who is not connected. */
export const CONNECT_INTERVAL = 500
/** Milliseconds until such a look after a node was added. */
export const CONNECT_SOON = 50

/** Milliseconds between two looks at peers of which two starts have streams. */
export const CLONE_INTERVAL = 3_000

/** Milliseconds that a goodbye may take. */
export const GOODBYE_TIMEOUT = 200

/** Tags and lengths around one element of a list, at most. */
export const PER_ELEMENT = 8
/** Tags and lengths around the lists, the nonce and the flag of a frame. */
export const ENVELOPE = 512

/** Milliseconds between two exchanges with a random member, +- 20 %. */
export const HELLO_INTERVAL = 30_000
/** Hellos a peer may say, and lists it may fetch, per second. */
export const MAX_HELLOS = 10
/** Milliseconds for which our own digest counts as known to the peer: it sends what we lack without being asked. */
export const DIGEST_FRESH = 2_000
/** Milliseconds before a hello that failed is said again, doubled each time. */
export const HELLO_RETRY = 1_000
export const MAX_HELLO_RETRIES = 4
/** Members that are asked at once when the network was away. */
export const RESYNC_PEERS = 3

/** Times per second that a node which was given up is told so. */
export const MAX_OBITUARIES = 2
/** Records that are refused because their nodes were given up, and that wait for a word about it; and words per tick. */
export const MAX_DISPUTED = 1_000
export const DISPUTES_PER_TICK = 3

/** Milliseconds of verifying in one go, and of rest after it: thousands of records leave half of the time to calls. */
export const VERIFY_SLICE = 8
/** Bytes of records of one peer that may wait: what is dropped comes again with the next exchange. */
export const MAX_WAITING_BYTES = 4 * 1_024 * 1_024
/** Verifications that may be under way at once, where the platform verifies asynchronously. */
export const MAX_VERIFYING = 8

/** Frames and bytes that one peer may send per second. */
export const MAX_FRAMES = 2_000
export const MAX_BYTES = 16 * 1_024 * 1_024
/** Points of penalty that cut a peer. One is forgiven per second. */
export const MAX_PENALTY = 8
/** Milliseconds a peer that was cut is not listened to. */
export const BAN = 30_000
/** Milliseconds a stream to a connected peer may take to open. */
export const OPEN_TIMEOUT = 3_000
/** Frames that wait for one stream to open. */
export const MAX_OPENING = 64

/** Milliseconds that opening a stream, or dialling, may take before a probe: a late answer is an answer too. */
export const PROBE_TIMEOUT = 4_000
/** Milliseconds after which a member that goes on sending to us is sent a sign of life. */
export const SILENCE = 500
/** Members that are told of a suspicion. */
export const MAX_TOLD = 32
/** Milliseconds that a probe for somebody else waits for its answer. */
export const RELAY_TIMEOUT = 3_000
export const MAX_RELAYED = 256
/** Probes one peer may ask us to make, and suspicions it may utter, per second. */
export const MAX_ASKED = 64

/** Milliseconds for which the number of a proof is good: what was signed for it later proves nothing of now. */
export const PROOF_FRESH = 10_000

/** Milliseconds one operation of the rendezvous may take. */
export const RENDEZVOUS_TIMEOUT = 3_000
/** Milliseconds between two of its rounds, and for a node that knows nobody: from the one up to the other. */
export const RENDEZVOUS_INTERVAL = 60_000
export const MIN_LONELY = 1_000
export const MAX_LONELY = 30_000
/** Milliseconds, up to twice that, a node waits that others have told of the mesh: many may start at once. */
export const RENDEZVOUS_SETTLE = 5_000
/** Milliseconds after which its keys are provided anew. */
export const PROVIDE_INTERVAL = 10 * 60_000
/** Providers taken from one answer; entries of nodes that are long gone are among them. */
export const MAX_PROVIDERS = 64
/** Services that somebody waits for. */
export const MAX_WANTED = 64

/** Milliseconds between two records of this node that differ in their load only. */
export const LOAD_INTERVAL = 2_000
/** Milliseconds before the incarnation is raised again; doubled each time, as two live copies would race for ever. */
export const RAISE_INTERVAL = 1_000
/** Raises after which something alive must be using this identity. */
export const CONFLICT_RAISES = 3

/** Milliseconds that news of others wait for more. */
export const LINGER = 5
/** Members that are told of news by stream. */
export const FANOUT = 20
/** Members that are told of others' news in a mesh of more than `SMALL`: gossip does the rest. */
export const FANOUT_LARGE = 6
/** News that wait; beyond, the next exchange brings them. */
export const MAX_NEWS = 2_000
