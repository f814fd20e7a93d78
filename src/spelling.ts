/**
 * Options of `createMesh` that there are not, which would be ignored without a word where no compiler looks, and what only
 * Node peers make use of. Imported as `#spelling`, which for browsers is `no-spelling.ts`: pages do not carry it.
 */
import { checkVoters } from './election/voters.ts'
import { checkKnown } from './util/known.ts'
import { refuse } from './util/refuse.ts'
import type { ElectionOptions } from './election/index.ts'
import type { LinksOptions } from './links/index.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { OutboxOptions, RetentionOptions } from './pubsub/index.ts'
import type { RpcInit } from './rpc/index.ts'

/** All that there are, by the compiler's word. */
type All<T> = Record<keyof T, true>

const MESH: All<MeshOptions> = {
  mesh: true, service: true, name: true, listen: true, announce: true, bootstrap: true, relay: true, webrtc: true, storage: true, tabs: true,
  privateKey: true, datastore: true, weight: true, metadata: true, start: true, signal: true, rpc: true, pubsub: true, election: true,
  links: true, monitor: true, libp2p: true
}
const RPC: All<Omit<RpcInit, 'isolation'>> = {
  timeout: true, secret: true, maxPendingPerPeer: true, maxPending: true, maxStreamsPerPeer: true, maxStreams: true, maxBody: true,
  counted: true, lazy: true, interceptors: true
}
const PUBSUB: All<NonNullable<MeshOptions['pubsub']>> = {
  linger: true, direct: true, keeper: true, tracing: true, outbox: true, retention: true, lazy: true, system: true
}
const OUTBOX: All<OutboxOptions> = { messages: true, bytes: true, overflow: true }
const RETENTION: All<RetentionOptions> = { messages: true, bytes: true, time: true }
const ELECTION: All<ElectionOptions> = { voters: true, expect: true, targetVoters: true, profile: true, lease: true, remoteResign: true }
const LINKS: All<LinksOptions & { secret?: string }> = { mode: true, scope: true, onNoLeader: true, ownership: true, ttl: true, lazy: true, secret: true }

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** @throws InvalidOptionsError */
export function checkSpelling (options: MeshOptions): void {
  const { rpc, pubsub, election, links, monitor } = options
  const groups: Array<[string, unknown, object]> = [
    ['createMesh', options, MESH], ['rpc', rpc, RPC], ['pubsub', pubsub, PUBSUB], ['pubsub.outbox', pubsub?.outbox, OUTBOX],
    ['pubsub.retention', pubsub?.retention, RETENTION], ['election', election, ELECTION], ['links', links, LINKS], ['monitor', monitor, {}]
  ]
  // what is no object is told of by those who check the values
  for (const [name, group, known] of groups) if (isObject(group)) checkKnown(name, group, Object.keys(known))
  if (isObject(election) && election.voters !== undefined) checkVoters(election.voters)
  checkSwitch('pubsub.keeper', pubsub?.keeper)
  if (isObject(election)) checkSwitch('election remoteResign', election.remoteResign)
}

function checkSwitch (name: string, value: unknown): void {
  refuse(value !== undefined && typeof value !== 'boolean', `${name}: expected true or false, got ${String(value)}`)
}
