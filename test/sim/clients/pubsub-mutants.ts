/** Delivery cores with one mistake each: the production code with one piece of it replaced, so nothing in there knows of this. */
import { compileMutant } from './mutate.ts'
import { pubsubClient } from './pubsub.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Replacement } from './mutate.ts'
import type { Cores } from './pubsub-process.ts'

interface Mutation extends Replacement {
  /** First of the 2 000 seeds. */
  readonly from?: number
}

export const MUTATIONS: readonly Mutation[] = [
  { name: 'acks before the handler has ended', file: 'runner', find: "this.#host.tell({ type: 'run', item })", replace: "this.#host.tell({ type: 'run', item })\n    item.source.done.push(item.message.seq)\n    this.#host.soon(item.source)" },
  { name: 'moves the watermark over a gap', file: 'cursor', find: 'if (seq === this.#low + 1) {', replace: 'if (seq > this.#low) {' },
  { name: 'merges cursors by overwriting', file: 'channel-cursors', find: 'const above = joined(known?.done ?? [], clip(done, 1, limit))', replace: 'all.low = Math.min(low, limit)\n    const above = clip(done, 1, limit)', from: 90 },
  { name: 'uses numbers again after a crash', file: 'assigner', find: 'restored?.messages, restored?.last)', replace: 'restored?.messages.slice(0, -1), 0)' },
  { name: 'takes over without cursors', file: 'keeping', find: 'if (!areRanges(done) || !(low >= 0)', replace: 'if (!this.#core.owner || !areRanges(done) || !(low >= 0)', from: 90 },
  { name: 'sends before it has stored', file: 'announce', find: 'channels }, after: barrier })', replace: 'channels }, after: 0 })', from: 31 },
  { name: 'handles again what it has done', file: 'runner', find: 'if (source.cursor.has(seq)) {', replace: 'if (seq <= source.cursor.low) {' },
  { name: 'keeps what a lost consumer had for ever', file: 'intake', find: "forEach((flight, i) => channel.fail(flight, cause, i < blamed, 0, 'its consumer was lost'))", replace: 'forEach(flight => { channel.extend(flight); flight.deadline = Infinity })' },
  { name: 'lets gossip overtake the stream within a key', file: 'deliveries', find: 'if (seat !== undefined && chain.streamed > 0) {', replace: 'if (false) {', from: 30 },
  { name: 'obeys every generation', file: 'consumer', find: 'if (order < 0) {', replace: 'if (false) {', from: 190 },
  { name: 'never asks for what it lacks', file: 'consumer', find: "type: 'lacks', log: source.log, channel: this.#channel, ranges: source.missing.ranges", replace: "type: 'lacks', log: source.log, channel: this.#channel, ranges: [].slice(0, source.missing.isEmpty ? 0 : 1)", from: 50 },
  { name: 'lets what came last here say what a channel is', file: 'settings', find: 'a.at - b.at || (a.tag < b.tag ? -1 : 1)', replace: '0' },
  { name: 'gives up for all what a keeper lacks', file: 'assigner', find: 'this.owner = takeOver === undefined', replace: 'this.owner = true', from: 78 },
  { name: 'lets what is under way to one that leaves wait for its time', file: 'intake', find: 'if (seat.graceAt === Infinity) seat.graceAt = channel.host.now + CLOSED_GRACE', replace: '', from: 1_100 },
  { name: 'lets a clock say what is for a channel that it was told of', file: 'channels', find: 'Math.min(mark, startOf(this.#core.backlog, spec, this.#core.owner))', replace: 'startOf(this.#core.backlog, spec, this.#core.owner)', from: 6_140 },
  { name: 'takes over by a number that it may have had before', file: 'generation', find: 'number: number + 1 + Math.floor(drawn * GENERATION_STEPS)', replace: 'number: number + 1', from: 5_184 },
  { name: 'counts what nobody began as an attempt', file: 'intake', find: 'flight.unstarted++\n', replace: '' },
  { name: 'loses what nobody took', file: 'runner', find: 'item.again = false\n    this.#enqueue(item)', replace: 'item.again = false' },
  { name: 'tells each handler that it is the first', file: 'outgoing', find: 'unstarted: flight.unstarted', replace: 'unstarted: flight.attempt - 1' },
  // where the consumers have their hands full for long, and a stall could be taken for that
  { name: 'keeps the place of a handler that hangs', file: 'runner', find: 'this.running--\n    this.#zombies++', replace: 'this.#zombies++', from: 2_847 },
  { name: 'tries for ever what no handler can handle', file: 'intake', find: "channel.fail(flight, 'nak', true, delay, reason)", replace: "channel.fail(flight, 'nak', false, delay, reason)", from: 2_847 }
]

const ENTRY = ['assigner', 'consumer', 'keeper', 'registry'].map(name => `export * from './${name}.core.ts'`).join('\n')

/** @throws when what it replaces is not there (any more), exactly once */
export async function mutant (mutation: Mutation): Promise<ClientFactory> {
  return pubsubClient(mutation.name, await compileMutant(new URL('../../../src/pubsub/', import.meta.url), ENTRY, mutation) as Cores)
}
