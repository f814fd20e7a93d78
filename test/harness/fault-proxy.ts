/**
 * A loopback TCP proxy that misbehaves as networks do: for anything that speaks TCP, WebSockets included. Bytes are
 * never lost or reordered within a connection, as in TCP: a black hole holds them back until it ends.
 *
 * @example
 *
 * ```ts
 * await using proxy = await faultProxy({ port: server.port })
 * proxy.set({ latency: 50, jitter: 20 })                  // both ways, every connection, from now on
 * proxy.set({ blackhole: true }, 'down')                  // half-open: requests arrive, nothing comes back
 * proxy.reset()                                           // RST to both ends of every connection
 * ```
 */
import { createServer, connect } from 'node:net'
import { Pipe, reset } from './fault-pipe.ts'
import type { Direction, Faults } from './fault-pipe.ts'
import type { AddressInfo, Server, Socket } from 'node:net'

export type { Direction, Faults }

export interface FaultProxyInit {
  /** Where the connections go to. */
  port: number
  /** @default '127.0.0.1' */
  host?: string
  /** Port to listen on. @default a free one */
  listen?: number
  /** Chance of jitter and split sizes. @default Math.random */
  random?: () => number
  /** Each connection as it is accepted, before anything goes through. */
  onConnection?: (connection: ProxyConnection) => void
}

/** One proxied connection. */
export interface ProxyConnection {
  /** Address of the client. */
  readonly from: string
  /** On top of what the proxy was told. */
  set (faults: Faults, direction?: Direction): void
  /** RST to both ends, at once, whatever is still under way. */
  reset (): void
  /** Bytes handed on so far. */
  readonly carried: { readonly up: number, readonly down: number }
}

export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly connections: readonly ProxyConnection[]
  /** Connections accepted since the start. */
  readonly accepted: number
  /** Applies to all connections and to later ones. `up` is from the client to the server. @default both directions */
  set (faults: Faults, direction?: Direction): void
  /** No faults any more, and new connections are accepted. */
  heal (): Promise<void>
  /** RST to both ends of every connection. */
  reset (): void
  /** New connections are refused (ECONNREFUSED); those that exist go on. */
  refuse (): Promise<void>
  close (): Promise<void>
}

class Connection implements ProxyConnection {
  readonly from: string
  readonly #up: Pipe
  readonly #down: Pipe
  readonly #client: Socket
  readonly #server: Socket

  constructor (client: Socket, server: Socket, faults: Record<'up' | 'down', Faults>, random: () => number) {
    this.from = client.remoteAddress ?? ''
    this.#client = client
    this.#server = server
    this.#up = new Pipe(client, server, faults.up, random)
    this.#down = new Pipe(server, client, faults.down, random)
  }

  get carried (): { up: number, down: number } {
    return { up: this.#up.carried, down: this.#down.carried }
  }

  set (faults: Faults, direction?: Direction): void {
    if (direction !== 'down') this.#up.set(faults)
    if (direction !== 'up') this.#down.set(faults)
  }

  reset (): void {
    this.#up.stop()
    this.#down.stop()
    reset(this.#client)
    reset(this.#server)
  }
}

class Proxy implements FaultProxy {
  readonly host = '127.0.0.1'
  readonly #init: FaultProxyInit
  readonly #faults: Record<'up' | 'down', Faults> = { up: {}, down: {} }
  readonly #connections = new Set<Connection>()
  #server: Server | undefined
  #port: number
  accepted = 0

  constructor (init: FaultProxyInit) {
    this.#init = init
    this.#port = init.listen ?? 0
  }

  get port (): number {
    return this.#port
  }

  get connections (): readonly ProxyConnection[] {
    return [...this.#connections]
  }

  async listen (): Promise<void> {
    if (this.#server != null) return
    // Both ends may close their side alone; the pipe decides when the other end learns it.
    const server = this.#server = createServer({ allowHalfOpen: true }, socket => { this.#accept(socket) })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.host, resolve)
    })
    this.#port = (server.address() as AddressInfo).port
  }

  #accept (client: Socket): void {
    this.accepted++
    client.on('error', () => { /* 'close' follows and is handed on */ })
    const server = connect({ port: this.#init.port, host: this.#init.host ?? '127.0.0.1', allowHalfOpen: true, noDelay: true })
    client.setNoDelay(true)
    server.on('error', () => { /* 'close' follows and is handed on */ })
    const connection = new Connection(client, server, this.#faults, this.#init.random ?? Math.random)
    this.#connections.add(connection)
    this.#init.onConnection?.(connection)
    const forget = (): void => {
      if (client.closed && server.closed) this.#connections.delete(connection)
    }
    client.once('close', forget)
    server.once('close', forget)
  }

  set (faults: Faults, direction?: Direction): void {
    for (const way of ['up', 'down'] as const) {
      if (direction == null || direction === way) this.#faults[way] = { ...this.#faults[way], ...faults }
    }
    for (const connection of this.#connections) connection.set(faults, direction)
  }

  async heal (): Promise<void> {
    this.set({ latency: 0, jitter: 0, rate: Infinity, blackhole: false, split: 0 })
    await this.listen()
  }

  reset (): void {
    for (const connection of this.#connections) connection.reset()
  }

  async refuse (): Promise<void> {
    const server = this.#server
    this.#server = undefined
    // Stops to listen at once; its callback would wait for the open connections.
    server?.close()
  }

  async close (): Promise<void> {
    await this.refuse()
    this.reset()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }
}

export async function faultProxy (init: FaultProxyInit): Promise<FaultProxy> {
  const proxy = new Proxy(init)
  await proxy.listen()
  return proxy
}
