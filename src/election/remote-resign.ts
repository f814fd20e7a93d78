import { RpcError } from '../errors.ts'
import type { Election, ElectionOptions } from './index.ts'

/** Serves `braid.election.resign`, by which others ask this node to step down. */
export type RemoteResign = (election: Election, options: ElectionOptions | false | undefined) => (args: unknown, call: { readonly signal: AbortSignal }) => Promise<void>

/** Of pages undefined: they never lead. */
export const remoteResign: RemoteResign | undefined = (election, options) => async (_, { signal }) => {
  if (options === undefined || options === false || options.remoteResign !== true) {
    throw new RpcError('PERMISSION_DENIED', 'this node steps down for nobody but itself: it was made without election.remoteResign')
  }
  if (election.state !== 'leader') throw new RpcError('FAILED_PRECONDITION', `this node does not lead: ask ${election.leader?.id ?? 'its leader, once there is one'}`)
  await election.resign({ signal })
}
