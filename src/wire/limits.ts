/**
 * Every limit of braid-mesh with its unit and its reason. Exceeding one is a typed error on our side and a cut stream
 * on a peer's; a test exceeds each. Numbers that a test or an operator may want to change are also options of the room.
 */

const KiB = 1024
const MiB = 1024 * KiB

/** Bytes of a call's body, or of an item of a sequence, after encoding. Larger bodies belong in a stream. */
export const MAX_BODY = 1 * MiB
/** What that may be raised to: a body is in memory as a whole, several times. */
export const LARGEST_BODY = 64 * MiB
/** Bytes of a call's headers plus metadata (names and values): they are copied into every nested call. */
export const MAX_HEADERS = 16 * KiB
/** Sets of headers that a stream keeps, so that they are sent once, and characters of each: credentials fit into one. */
export const MAX_HEADER_SETS = 8
export const MAX_HEADER_SET = 4 * KiB
/** Bytes of one frame on the RPC protocol: a body, its headers and the envelope. */
export const MAX_RPC_FRAME = MAX_BODY + 64 * KiB
/** Bytes of one frame on the discovery protocol: a batch of signed records. */
export const MAX_DISCOVERY_FRAME = 256 * KiB
/** Bytes of the number over which a node whose identity seems to be copied wants a signature. */
export const CHALLENGE_BYTES = 16
/** Bytes of one signed node record; larger ones are refused before their signature is checked. */
export const MAX_RECORD = 16 * KiB
/** Bytes of one gossip message. */
export const MAX_GOSSIP = 256 * KiB
/** Nodes in a view, tombstones apart: a flood of identities must not fill the memory. */
export const MAX_NODES = 5_000
/** Remembered removals; the oldest is forgotten first. */
export const MAX_TOMBSTONES = 10_000
/** Methods, roles, channels or addresses in one node record. */
export const MAX_RECORD_LIST = 512
/** Addresses of a peer that are kept and dialled. */
export const MAX_ADDRESSES = 16
/** Bytes of one frame on the election protocol. */
export const MAX_ELECTION_FRAME = 256 * KiB
/** Keys in a group's register, deletion marks included: every voter keeps them in memory. */
export const MAX_REGISTER_ENTRIES = 200_000
/**
 * Keys of which a voter remembers that they were deleted, and milliseconds for which it does at least: three times as long
 * as who changes a link asks one leader after the other. Of more it remembers only that there were some.
 */
export const MAX_ERASED = 20_000
export const REMEMBERED_FOR = 15_000
/** Bytes of all its keys and values, for the same reason. */
export const MAX_REGISTER_BYTES = 64 * MiB
/** Bytes of one value: some of them fit into a frame. */
export const MAX_REGISTER_VALUE = 64 * KiB
/** Writes that happen together, and bytes of their keys and values: they are stored and copied as one. */
export const MAX_REGISTER_WRITES = 1_000
export const MAX_REGISTER_BATCH = 1 * MiB
/** By how much a message may raise a term: one that is far ahead is a lie, and would use the numbers up. */
export const MAX_TERM_JUMP = 1_000_000
/** Voters of one group: a majority of more is slower and no safer. */
export const MAX_VOTERS = 31
/** Signed configs that lead from voters of former times to those of now: about one for each leader that was admitted by the one before. */
export const MAX_LINEAGE = 16
/** Bytes of a signature, and of a key that a peer id does not carry. */
export const MAX_SIGNATURE = 1 * KiB
/** Bytes of what a call says of its token's link: a service's name and three numbers. */
export const MAX_CLAIM = 128
/** Links that a caller remembers, and that a node remembers of those it holds: half are forgotten together beyond that. */
export const MAX_CACHED_LINKS = 50_000
export const MAX_HELD_LINKS = 50_000
/** Links of one service that a process keeps with mode `local`: new ones are refused beyond that. */
export const MAX_LOCAL_LINKS = 50_000
/**
 * Of a register's entries, and of its bytes, the part that any peer may fill with links; of the rest each only gets up to
 * its share, so that one that makes them without end leaves room for others.
 */
export const LINKS_UNSHARED = 3 / 4
/** The part that links fill at most: as many entries are left for the nodes that are down, of which there are {@link MAX_DOWNS}. */
export const LINKS_MOST = 19 / 20
/** Bytes by which a link's place tells who made it: a hash, so that the next leader can count. */
export const LINK_MAKER_BYTES = 8
/** Nodes that are said to be down, in the register of their service: those that are past go before their time beyond that. */
export const MAX_DOWNS = 10_000
/** Changes of links that a node has under way at one leader, each a call of its own: the application's calls need places, too. */
export const MAX_LINK_CHANGES_UNDER_WAY = 256
/**
 * Questions about links that wait for their answer at a leader, of one peer and of all: as many as the calls that a peer may
 * have here, each of which is about one token, and as a node may have under way itself.
 */
export const MAX_LINK_QUESTIONS_PER_PEER = 16_384
export const MAX_LINK_QUESTIONS = 65_536
/** Changes of one token's link that wait for each other at its leader. */
export const MAX_LINK_CHANGES_PER_TOKEN = 64
/** Tokens that a called node asks its leader about at a time, for one caller and for all. */
export const MAX_LINK_CHECKS_PER_PEER = 2_048
export const MAX_LINK_CHECKS = 16_384
/** Tokens that a caller looks for in the DHT at a time while nobody leads: each takes a walk for every voter. */
export const MAX_LINK_READS = 32
/** Questions in one message to the leader whose links they are about: they are committed together. */
export const MAX_LINK_BATCH = 1_000
/** Nodes that a question may propose, the most wanted first. */
export const MAX_PROPOSALS = 8
/** Resources whose fencing tokens one node remembers, and bytes of the name of each, as JSON: they are stored as one value. */
export const MAX_FENCED = 2_000
export const MAX_FENCED_NAME = 450

/** Bytes of the key of a record in the DHT: a SHA-256. */
export const RECORD_KEY_BYTES = 32
/** Bytes of the value of a record in the DHT: a put sends it to twenty servers, and each keeps it. */
export const MAX_RANKED_VALUE = 1 * KiB
/** Bytes of such a record without its signature; larger ones are refused before that is checked. */
export const MAX_RANKED_RECORD = 2 * KiB
/** Milliseconds for which such a record may be valid: at least, as clocks differ; at most, as nobody can take it back. */
export const MIN_RANKED_TTL = 1_000
export const MAX_RANKED_TTL = 6 * 60 * 60 * 1_000
/** Milliseconds by which the clock of another node may be ahead. */
export const MAX_CLOCK_SKEW = 60_000
/**
 * Records in the DHT that a node keeps stored, its links for the most part, and that a server takes of one author: at 20
 * puts a second, in a mesh of up to nine servers, they take a quarter of an hour; at 8, in one of twenty, 42 minutes.
 */
export const MAX_KEPT_RECORDS = 20_000
/** Bytes of records that a server of the DHT holds, of all authors; each costs its own and `RECORD_COST`. */
export const MAX_STORED_RECORD_BYTES = 64 * MiB
/** Of these, what all authors together get that the server does not know: key pairs are free. */
export const MAX_STRANGER_RECORD_BYTES = 4 * MiB
/** Bytes of memory that a stored record takes beside its own. */
export const RECORD_COST = 512
/**
 * Puts per second of a node in the background, and messages per second that they may take, at 2 ms of the author's CPU each: a
 * put writes to each of up to twenty servers. In a mesh of twenty or more that leaves 8 puts a second; where it must
 * ask each first, for it does not know who is closest to the key, 4 are left.
 */
export const MAX_RECORD_PUTS = 20
export const MAX_RECORD_MESSAGES = 160
/** Keys that a server of the DHT stores as provided by one node, which needs two, and by all. */
export const MAX_PROVIDED_PER_PEER = 64
export const MAX_PROVIDED = 20_000
/** Authors of one read: each is a walk through the DHT. As many as a group may have voters. */
export const MAX_RECORD_AUTHORS = 31

/** Bytes that may wait in a stream before `write` asks its caller to wait for the drain. */
export const WRITE_HIGH_WATER = 1 * MiB
/** Bytes that may wait in a stream at all; a write beyond is refused. */
export const MAX_WRITE_QUEUE = 8 * MiB
/** Milliseconds a full write queue may stay without any progress before the stream is cut. */
export const STUCK_TIMEOUT = 30_000
/** Milliseconds an accepted stream may wait for its first frame. */
export const FIRST_FRAME_TIMEOUT = 2_000
/** Milliseconds a frame may take once its first byte has arrived, plus what has arrived of it / `MIN_FRAME_RATE`. */
export const FRAME_TIMEOUT = 10_000
/** Bytes per second below which a frame that is under way counts as a drip (slow loris). */
export const MIN_FRAME_RATE = 4 * KiB
/** Milliseconds without a frame after which the opener closes a stream; the acceptor cuts it after twice that. */
export const IDLE_TIMEOUT = 60_000
/** Milliseconds the opener waits for the acceptor's first sign of life: a call of 5 s must have time for another node. */
export const OPEN_TIMEOUT = 2_000
/** Streams one peer may open to us on one protocol, over all its connections. */
export const MAX_STREAMS_PER_PEER = 64
/** Of these on the RPC protocol: one is used, others may be about to end. Each may hold `MAX_WRITE_QUEUE` of answers. */
export const MAX_RPC_STREAMS_PER_PEER = 8

/** Calls to one peer that wait for their answer, and calls of one peer that run here. */
export const MAX_PENDING_PER_PEER = 16_384
/** Calls of this node that wait for their answer, over all peers. */
export const MAX_PENDING = 65_536
/**
 * Bytes of a sequence that may wait for its reader: this many to begin with, doubled up to the larger number while the
 * reader keeps up. One item more may be under way.
 */
export const STREAM_WINDOW = 256 * KiB
export const MAX_STREAM_WINDOW = 1 * MiB
/** Bytes that an item of a sequence counts beside its body: empty ones take memory too. */
export const ITEM_COST = 64
/** Streaming calls with one peer, each way; a muxer takes 1 000 streams per connection. */
export const MAX_CALL_STREAMS_PER_PEER = 256
/** Streaming calls of this node with all peers, each way: with the first window above they hold 512 MiB at most. */
export const MAX_CALL_STREAMS = 2_048
/** Streaming calls of a peer that discovery does not know. */
export const STRANGER_STREAMS = 8
/**
 * Bytes of requests that wait for the code which serves them: of one peer, and of all. Those of a peer that discovery does
 * not know wait in the first quarter of either. One counts with its frame, `HELD_COST` beside it, and that of a sequence
 * with the window of its stream, 256 KiB.
 */
export const MAX_HELD_PER_PEER = 8 * MiB
export const MAX_HELD = 32 * MiB
export const HELD_COST = 4 * KiB
/** Bytes above which a body travels on a stream for large ones, so that small calls need not wait for it. */
export const LARGE_BODY = 64 * KiB
/** Bytes of large bodies that wait to be taken by one peer: of requests, and of answers. */
export const MAX_LARGE_WAITING = 64 * MiB
/** Milliseconds a call may take when its caller names no timeout. */
export const DEFAULT_TIMEOUT = 5_000
/** Milliseconds that a node may ask its callers to wait: of one that asks for more nothing is asked again. */
export const MAX_RETRY_AFTER = 60_000
/** Milliseconds a call may take at most: timers end at 2^31 - 1, and a call of a day is a job. */
export const MAX_TIMEOUT = 24 * 60 * 60 * 1_000

/** Characters of an idempotency key. */
export const MAX_IDEMPOTENCY_KEY = 256
/** Replies that a node keeps for calls with an idempotency key, their bytes, and the milliseconds it keeps them. */
export const MAX_REPLIES = 16_384
export const MAX_REPLY_BYTES = 16 * MiB
export const REPLY_TTL = 5 * 60 * 1_000

/**
 * Bytes of arguments of one peer's calls that run, as they came (16 384 calls of 1 MiB each would be 16 GiB), and as they
 * take memory, with `PART_COST` for each part. One call counts up to `LARGEST_SHARE` of either: the largest body runs
 * beside what little else there is, and little beside it.
 */
export const MAX_RUNNING_BYTES = 64 * MiB
export const MAX_RUNNING_MEMORY = 256 * MiB
export const LARGEST_SHARE = 3 / 4
/** Calls per second of a peer that discovery does not know (yet): enough for a first call before its hello. */
export const STRANGER_RATE = 5
/** Peers without a stream whose pace is remembered: else a stranger begins anew with each stream. */
export const MAX_REMEMBERED_CALLERS = 1_024
/** Bytes of an error's details. */
export const MAX_DETAILS = 64 * KiB

/** Nesting of a CBOR body. */
export const MAX_CBOR_DEPTH = 16
/** Elements of one CBOR array, and entries of one CBOR map. */
export const MAX_CBOR_ARRAY = 10_000
export const MAX_CBOR_MAP = 1_000
/** Bytes of one bigint in a CBOR body. */
export const MAX_CBOR_BIGINT = 1 * KiB
/**
 * Parts of a CBOR body: arrays, maps, byte strings, dates and bigints. One of two bytes takes 200 in memory: of 1 MiB it
 * would be 100. A body may have this many, and a larger one a part for each so many of its bytes.
 */
export const MAX_BODY_PARTS = 100_000
export const MIN_PART = 16
/** Bytes that a part counts among the arguments of calls that run. */
export const PART_COST = 256

/** Bytes of one frame on the pub/sub protocol: one message of the largest body, its headers and the envelope. */
export const MAX_PUBSUB_FRAME = MAX_BODY + 64 * KiB
/** Bytes of bodies that share a frame: a frame is in memory as a whole. */
export const LARGE_PART = 256 * KiB
/** Bytes of frames that wait for a stream to one peer to open; what is beyond is dropped, and said again. */
export const MAX_PUBSUB_WAITING = 4 * MiB
/** Frames that one peer may send per second: acks and assignments of 100 000 messages come in a few thousand. */
export const MAX_PUBSUB_FRAMES = 20_000
/** Headers of a message, and of these those that are left for what its dead letter tells, whose bytes come on top of `MAX_HEADERS`. */
export const MAX_MESSAGE_HEADERS = 1_000
export const BURIAL_HEADERS = 10
export const BURIAL_BYTES = 4 * KiB
/** Characters of a message's key. */
export const MAX_KEY_TEXT = 256
/** Milliseconds that a message may live at most, and any other time that a channel is given: a week. */
export const MAX_TTL = 7 * 24 * 60 * 60 * 1_000
/** Ranges of seqs in one message: more holes than that are told in several. */
export const MAX_RANGES = 20_000
/** Channels of one topic: each message is assigned in each of them. */
export const MAX_TOPIC_CHANNELS = 256
/** Members of one channel that a batch can name, as one byte tells of each message whose it is. */
export const MAX_BATCH_MEMBERS = 255
/** Topics that one publisher may have, as another node sees it: each costs memory wherever it is kept or consumed. */
export const MAX_PUBLISHER_TOPICS = 1_024
/** Logs that a keeper keeps of all publishers. */
export const MAX_KEPT_LOGS = 8_192

/**
 * Items of each list in the answer to `braid.monitor.snapshot`, and of the lists within them; its bytes, for which all lists
 * are shortened further. It is made anew once in so many milliseconds, however many ask.
 */
export const MAX_SNAPSHOT_LIST = 500
export const MAX_SNAPSHOT_SUBLIST = 64
export const MAX_SNAPSHOT_BYTES = 256 * KiB
export const SNAPSHOT_AGE = 1_000
/** Methods, on either side, that have series of their own among the metrics; those beyond share one. Each has twenty. */
export const MAX_METRIC_METHODS = 100
/** Series of any other metric: what watches many nodes keeps each for weeks. */
export const MAX_METRIC_SERIES = 250

/** Connections of a Node peer, of a relay, and of a tab. */
export const MAX_CONNECTIONS = 300
export const MAX_CONNECTIONS_RELAY = 2_000
export const MAX_CONNECTIONS_TAB = 60

/** Direct paths over WebRTC: each costs a browser a connection of its own, and with the relayed one beside it a tab's places. */
export const MAX_DIRECT_PATHS = 24
/** Peers with which direct paths are negotiated at the same time, and negotiations of one peer. */
export const MAX_SIGNALLING = 8
export const MAX_SIGNALLING_PER_PEER = 2
/** Tabs that have a place in one storage: a database each, which stays. Nobody has more tabs of one page open. */
export const MAX_TABS = 64
/** Peers that have a place on a relay, and of these from one IP address (of IPv6, one /64): a page has a new id each time. */
export const RELAY_RESERVATIONS = 1_000
export const RELAY_RESERVATIONS_PER_IP = 256
/** Times that one peer may ask a relay for its place at once, and in each minute: each answer is signed. */
export const RELAY_REQUESTS = 20
/** Relayed connections of a relay, and of one peer, opened by it and to it: each buffers up to a window both ways. */
export const RELAY_CIRCUITS = 4_096
export const RELAY_CIRCUITS_PER_PEER = 128
/** Of these, between the same two peers: they need one, and a second one while they have not seen that the first is dead. */
export const RELAY_CIRCUITS_PER_PAIR = 8
/** Bytes per second that a relay takes of one peer for others; who sends more is read more slowly. */
export const RELAY_RATE = 8 * MiB
/** Seconds of that rate that may come at once. */
export const RELAY_BURST = 2

/** Characters of a mesh, service, topic, channel or method name. */
export const MAX_NAME = 64
/** Characters of any other short text in a record: a peer id, a node's name, a role, a key of its metadata. */
export const MAX_TEXT = 256
/** Characters of an error's message or a goodbye's reason; what is longer is cut, as it is for people only. */
export const MAX_MESSAGE = 4 * KiB
/** Bytes of a signature or a public key (RSA-4096 needs 512 and 550). */
export const MAX_KEY = 1 * KiB
/** Bytes of one multiaddr. */
export const MAX_ADDRESS = 512
/** Static weight of a node; the default is 1024. */
export const MAX_WEIGHT = 1024 * 1024
