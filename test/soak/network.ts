/**
 * The loopback as a network that can be cut between any two nodes, one way or both: each node is reached by a proxy of its
 * own alone, and dials from an address of its own, by which the proxies know who calls.
 */
import { faultProxy } from '../harness/fault-proxy.ts'
import { freePort } from '../harness/ports.ts'
import type { Faults, FaultProxy, ProxyConnection } from '../harness/fault-proxy.ts'

const NONE: Faults = { latency: 0, jitter: 0, rate: Infinity, blackhole: false, split: 0 }

/** Bytes from the one to the other have these faults. */
interface Way { readonly from: number, readonly to: number, readonly faults: Faults }

export class Network {
  readonly #proxies: FaultProxy[] = []
  readonly #ports: number[] = []
  #ways: Way[] = []

  async open (count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const port = this.#ports[index] = await freePort()
      this.#proxies[index] = await faultProxy({ port, onConnection: connection => { this.#apply(index, connection) } })
    }
  }

  /** Where a node listens. */
  port (index: number): number {
    return this.#ports[index] as number
  }

  /** Where the others reach it. */
  proxied (index: number): number {
    return (this.#proxies[index] as FaultProxy).port
  }

  /** Where it dials from. */
  address (index: number): string {
    return `127.0.0.${10 + index}`
  }

  /** Returns what ends it. */
  impair (from: number, to: number, faults: Faults): () => void {
    const way = { from, to, faults }
    this.#ways.push(way)
    this.#renew(from, to)
    return () => {
      this.#ways = this.#ways.filter(other => other !== way)
      this.#renew(from, to)
    }
  }

  /** RST to all connections of a node. */
  reset (index: number): void {
    for (const [at, proxy] of this.#proxies.entries()) {
      for (const connection of proxy.connections) {
        if (at === index || connection.from === this.address(index)) connection.reset()
      }
    }
  }

  async close (): Promise<void> {
    await Promise.all(this.#proxies.map(async proxy => proxy.close()))
  }

  #faults (from: number, to: number): Faults {
    return Object.assign({ ...NONE }, ...this.#ways.filter(way => way.from === from && way.to === to).map(({ faults }) => faults)) as Faults
  }

  #apply (index: number, connection: ProxyConnection): void {
    const caller = Number(connection.from.split('.').at(-1)) - 10
    connection.set(this.#faults(caller, index), 'up')
    connection.set(this.#faults(index, caller), 'down')
  }

  #renew (...ends: readonly number[]): void {
    for (const index of ends) {
      for (const connection of this.#proxies[index]?.connections ?? []) this.#apply(index, connection)
    }
  }
}
