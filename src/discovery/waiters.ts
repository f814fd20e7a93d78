import { abortable } from '../util/abortable.ts'
import type { NodeInfo } from './index.ts'

interface Waiter { service: string, resolve: (nodes: readonly NodeInfo[]) => void, reject: (reason: unknown) => void }

/** Those who wait until a service has a node that takes calls. */
export class Waiters {
  readonly #nodes: (service: string) => readonly NodeInfo[]
  readonly #waiting = new Set<Waiter>()

  constructor (nodes: (service: string) => readonly NodeInfo[]) {
    this.#nodes = nodes
  }

  /** The service's nodes, if one takes calls: a suspect does when there is no other. */
  ready (service: string): readonly NodeInfo[] | undefined {
    const nodes = this.#nodes(service)
    return nodes.some(({ state }) => state === 'up' || state === 'suspect') ? nodes : undefined
  }

  async wait (service: string, signal: AbortSignal | undefined): Promise<readonly NodeInfo[]> {
    const { promise, ...settle } = Promise.withResolvers<readonly NodeInfo[]>()
    const waiter = { service, ...settle }
    this.#waiting.add(waiter)
    try {
      return await abortable(promise, signal)
    } finally {
      this.#waiting.delete(waiter)
    }
  }

  has (service: string): boolean {
    return [...this.#waiting].some(waiter => waiter.service === service)
  }

  /** The view has changed. */
  check (): void {
    for (const waiter of this.#waiting) {
      const nodes = this.ready(waiter.service)
      if (nodes != null) waiter.resolve(nodes)
    }
  }

  rejectAll (reason: Error): void {
    for (const waiter of this.#waiting) waiter.reject(reason)
  }
}
