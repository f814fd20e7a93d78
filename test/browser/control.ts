/**
 * Lets the page under test have Node processes: karma's server answers POST /control with what a {@link NodeProcess}
 * does. All of them end with karma.
 */
import { describeError } from '../harness/ipc.ts'
import { freePort } from '../harness/ports.ts'
import { spawnNode } from '../harness/processes.ts'
import { startTurnServer } from '../harness/turn-server.ts'
import type { Described } from '../harness/ipc.ts'
import type { NodeProcess, SpawnOptions } from '../harness/processes.ts'
import type { TurnServer } from '../harness/turn-server.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Milliseconds that a process has to start, and to do what it is told: less than a test has, and more than it needs. */
const PATIENCE = 60_000

/** What a page may ask for. `pid` names a process that {@link spawn} made. */
export type ControlRequest =
  | { readonly op: 'spawn', readonly options: Pick<SpawnOptions, 'label' | 'options'> }
  | { readonly op: 'command', readonly pid: number, readonly name: string, readonly args: readonly unknown[] }
  /** What happened in it, oldest first. */
  | { readonly op: 'events', readonly pid: number, readonly event: string }
  | { readonly op: 'kill', readonly pid: number, readonly signal: NodeJS.Signals }
  /** Ends the process, and rejects if something happened in it that must not. */
  | { readonly op: 'end', readonly pid: number }
  /** One at which nothing listens, nor will before it is used: for a relay that is started anew. */
  | { readonly op: 'port' }
  /** Starts a TURN server, which {@link TurnServer.server} names; one at a time. */
  | { readonly op: 'turn' }
  | { readonly op: 'end-turn' }

export type ControlAnswer = { readonly value: unknown } | { readonly error: Described }

export interface Spawned {
  readonly pid: number
  readonly id: string
  readonly addresses: readonly string[]
}

const nodes = new Map<number, NodeProcess>()
let turn: TurnServer | undefined

function known (pid: number): NodeProcess {
  const node = nodes.get(pid)
  if (node == null) throw new Error(`there is no process ${pid}`)
  return node
}

async function answer (request: ControlRequest): Promise<unknown> {
  switch (request.op) {
    case 'spawn': {
      const node = await spawnNode({ ...request.options, timeout: PATIENCE })
      nodes.set(node.pid, node)
      return { pid: node.pid, id: node.id, addresses: node.addresses } satisfies Spawned
    }
    case 'command':
      return known(request.pid).command(request.name, request.args, PATIENCE)
    case 'events':
      return known(request.pid).eventsOf(request.event)
    case 'kill': {
      const node = known(request.pid)
      node.kill(request.signal)
      if (request.signal === 'SIGKILL') await node.exit
      return undefined
    }
    case 'end': {
      const node = known(request.pid)
      nodes.delete(request.pid)
      await node[Symbol.asyncDispose]()
      node.expectClean()
      return undefined
    }
    case 'port':
      return freePort()
    case 'turn':
      turn = await startTurnServer()
      return turn.server
    case 'end-turn':
      await turn?.[Symbol.asyncDispose]()
      turn = undefined
      return undefined
  }
}

async function read (request: IncomingMessage): Promise<ControlRequest> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text) as ControlRequest
}

/** A middleware of karma's server. */
export function control (request: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (request.url !== '/control' || request.method !== 'POST') {
    next()
    return
  }
  const reply = (value: ControlAnswer): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  read(request).then(answer).then(value => { reply({ value }) }, (error: unknown) => { reply({ error: describeError(error) }) })
}
