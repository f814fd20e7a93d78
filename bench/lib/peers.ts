/** Starts the two processes of a peer and gives them orders. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Sample } from './measure.ts'
import type { Order, PayloadName } from './peer-process.ts'
import type { ChildProcess } from 'node:child_process'

const SCRIPT = fileURLToPath(new URL('./peer-process.ts', import.meta.url))

/** A process that obeys orders, of one script or another. */
export class Worker<O = Order> {
  readonly #child: ChildProcess
  readonly #open = new Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>()
  #next = 0

  constructor (env: Record<string, string>, script = SCRIPT) {
    this.#child = fork(script, [], {
      execArgv: ['--conditions=braid-mesh-source', '--import', 'tsx'],
      env: { ...process.env, ...env }
    })
    this.#child.on('message', (message: { id: number, result?: unknown, error?: string }) => {
      const waiting = this.#open.get(message.id)
      this.#open.delete(message.id)
      if (message.error != null) waiting?.reject(new Error(message.error))
      else waiting?.resolve(message.result)
    })
    this.#child.on('exit', code => {
      for (const { reject } of this.#open.values()) reject(new Error(`bench process ended with code ${code}`))
    })
  }

  async order<T> (order: O): Promise<T> {
    const id = this.#next++
    return new Promise<T>((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#child.send({ id, order })
    })
  }

  end (): void {
    this.#child.disconnect()
  }
}

/** A server process and a client process of one kind, connected. */
export class PeerPair {
  readonly name: string
  readonly #server: Worker
  readonly #client: Worker

  private constructor (name: string, server: Worker, client: Worker) {
    this.name = name
    this.#server = server
    this.#client = client
  }

  static async start (name: string, peer: string, env: Record<string, string> = {}): Promise<PeerPair> {
    const pair = new PeerPair(name, new Worker(env), new Worker(env))
    const address = await pair.#server.order<string>({ do: 'serve', peer })
    await pair.#client.order({ do: 'connect', peer, address })
    return pair
  }

  async warm (payload: PayloadName, inflight: number): Promise<void> {
    await this.#client.order({ do: 'warm', payload, inflight, ms: 0 })
  }

  async run (payload: PayloadName, inflight: number, ms: number): Promise<Sample> {
    return this.#client.order<Sample>({ do: 'run', payload, inflight, ms })
  }

  end (): void {
    this.#server.end()
    this.#client.end()
  }
}
