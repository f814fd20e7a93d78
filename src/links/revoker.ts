/**
 * Asks nodes to let tokens go: those of one node that are asked back in one tick, or while it has not answered the last
 * message, in one message.
 */
import { nextTick } from '../util/next-tick.ts'
import { batchOf, writeTold } from './messages.core.ts'
import { REVOKE } from './methods.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Owner } from './owner.ts'
import type { Rank } from './rank.core.ts'
import type { Discovery } from '../discovery/index.ts'
import type { Rpc } from '../rpc/index.ts'

/** Milliseconds that a node gets to let tokens go. */
const TIMEOUT = 500

export interface RevokerInit {
  service: string
  discovery: Pick<Discovery, 'node' | 'self'>
  rpc: Pick<Rpc, 'invoke'> & { readonly maxBody?: number }
  owner: Pick<Owner, 'revoke'>
}

interface Asked extends LinkName, PromiseWithResolvers<boolean> {
  readonly rank: Rank
}

export class Revoker {
  readonly #init: RevokerInit
  readonly #queues = new Map<string, Asked[]>()

  constructor (init: RevokerInit) {
    this.#init = init
  }

  /** False: the node has not said that it did. */
  async ask (node: string, name: LinkName, rank: Rank): Promise<boolean> {
    const { discovery, owner } = this.#init
    if (node === discovery.self.id) {
      owner.revoke(name, rank)
      return true
    }
    if (discovery.node(node) === undefined) return false
    const asked = { ...name, rank, ...Promise.withResolvers<boolean>() }
    const queue = this.#queues.get(node)
    queue?.push(asked)
    if (queue === undefined) {
      this.#queues.set(node, [asked])
      nextTick(() => { this.#flush(node) })
    }
    return asked.promise
  }

  /** One message at a time: each node has a queue as long as something is to be asked of it, or was and is not answered. */
  #flush (node: string): void {
    const { rpc, service } = this.#init
    const batch = this.#queues.get(node)?.splice(0, batchOf(rpc.maxBody)) ?? []
    if (batch.length === 0) {
      this.#queues.delete(node)
      return
    }
    const told = batch.map(({ parent, token, rank }) => writeTold({ parent, token, rank, link: undefined }))
    const answer = (gone: boolean): void => {
      // who does not answer is not waited for once more by each thousand tokens
      const others = gone ? [] : this.#queues.get(node)?.splice(0) ?? []
      for (const { resolve } of [...batch, ...others]) resolve(gone)
      this.#flush(node)
    }
    rpc.invoke(service, REVOKE, told.length === 1 ? told[0] : told, { node, timeout: TIMEOUT }).then(() => { answer(true) }, () => { answer(false) })
  }
}
