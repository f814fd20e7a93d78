/** Node processes for the tests of a page; see control.ts. */
import { restoreError } from '../harness/ipc.ts'
import type { ControlAnswer, ControlRequest, Spawned } from './control.ts'
import type { NodeInfo } from '../../src/index.ts'
import type { ChildInvokeOptions, ChildMeshOptions } from '../harness/ipc.ts'

/** Of the meshes in pages and processes. Calls have to be answered: how soon is a matter of the machine. */
export const PATIENT = { timeout: 40_000 }

async function ask (request: ControlRequest): Promise<any> {
  const response = await fetch('/control', { method: 'POST', body: JSON.stringify(request) })
  const answer = await response.json() as ControlAnswer
  if ('error' in answer) throw restoreError(answer.error)
  return answer.value
}

/** A process with one mesh node, which serves the methods of test/harness/node-methods.ts. */
export class RemoteNode {
  readonly pid: number
  readonly id: string
  readonly addresses: readonly string[]

  constructor ({ pid, id, addresses }: Spawned) {
    this.pid = pid
    this.id = id
    this.addresses = addresses
  }

  async command <T> (name: string, ...args: unknown[]): Promise<T> {
    return ask({ op: 'command', pid: this.pid, name, args })
  }

  async nodes (service?: string): Promise<NodeInfo[]> {
    return this.command('nodes', ...service == null ? [] : [service])
  }

  /** The removals of that node which it has seen, oldest first, each as the node was then. */
  async removals (id: string): Promise<NodeInfo[]> {
    const events: Array<{ detail: NodeInfo }> = await ask({ op: 'events', pid: this.pid, event: 'node:remove' })
    return events.map(({ detail }) => detail).filter(node => node.id === id)
  }

  /** Whether it sees the node. */
  async sees (id: string): Promise<boolean> {
    return (await this.nodes()).some(node => node.id === id)
  }

  async invoke (service: string, method: string, args?: unknown, options: ChildInvokeOptions = {}): Promise<unknown> {
    return this.command('invoke', service, method, args, options)
  }

  async kill (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await ask({ op: 'kill', pid: this.pid, signal })
  }

  /** Rejects if something happened in it that must not. */
  async end (): Promise<void> {
    await ask({ op: 'end', pid: this.pid })
  }
}

export interface RemoteNodes {
  spawn (options?: ChildMeshOptions, label?: string): Promise<RemoteNode>
}

/** Call in a `describe`: the processes end, and are judged, after its last test. */
export function useRemoteNodes (): RemoteNodes {
  const running: RemoteNode[] = []
  after(async () => {
    await Promise.all(running.splice(0).map(async node => node.end()))
  })
  return {
    async spawn (options = {}, label = options.name ?? options.service ?? 'node') {
      const node = new RemoteNode(await ask({ op: 'spawn', options: { label, options: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], rpc: PATIENT, ...options } } }))
      running.push(node)
      return node
    }
  }
}

/** The addresses of a WebSocket server that is not there yet, and may come twice. */
export async function freeAddress (): Promise<string[]> {
  return [`/ip4/127.0.0.1/tcp/${await ask({ op: 'port' })}/ws`]
}

export interface RemoteTurnServer {
  readonly server: RTCIceServer
  end (): Promise<void>
}

/** Call in a `describe`: the server ends after the test. */
export function useTurnServer (): { start (): Promise<RemoteTurnServer> } {
  const end = async (): Promise<void> => { await ask({ op: 'end-turn' }) }
  let started = false
  afterEach(async () => {
    if (started) await end()
    started = false
  })
  return {
    async start () {
      started = true
      return { server: await ask({ op: 'turn' }), end }
    }
  }
}
