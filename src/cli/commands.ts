/** The commands. Each resolves to an exit code. */
import { createMesh } from '../mesh.ts'
import { json, nodeTable } from './output.ts'
import { UsageError } from './usage.ts'
import type { Mesh } from '../mesh-node.ts'
import type { MeshOptions } from '../mesh-options.ts'
import type { CommandLine } from './usage.ts'

export interface Terminal {
  out: (line: string) => void
  err: (line: string) => void
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
}

export type Command = (line: CommandLine, terminal: Terminal) => Promise<number>

export const DONE = 0
export const FAILED = 1
export const WRONG_USAGE = 2
export const NO_WAY_IN = 3

const RELAY_LISTEN = ['/ip4/0.0.0.0/tcp/9001', '/ip4/0.0.0.0/tcp/9002/ws']
/** Milliseconds without news after which the list of nodes is taken as complete. */
const QUIET = 300

async function join (line: CommandLine, terminal: Terminal, options: MeshOptions = {}): Promise<Mesh> {
  return createMesh({ mesh: line.mesh, bootstrap: line.bootstrap, signal: terminal.signal, ...options })
}

/** Joins as a client, or says what keeps it out. */
async function asClient (line: CommandLine, terminal: Terminal, use: (mesh: Mesh) => Promise<number>): Promise<number> {
  if (line.bootstrap.length === 0) throw new UsageError('--bootstrap is needed: the address of any node of the mesh, as /ip4/192.0.2.1/tcp/9001')
  const reasons: Error[] = []
  await using mesh = await join(line, terminal, { start: false, name: 'braid-mesh cli', listen: [] })
  mesh.addEventListener('isolated', ({ detail }) => { reasons.push(...detail.reasons) })
  await mesh.start({ signal: terminal.signal })
  if (mesh.status === 'isolated') {
    for (const reason of reasons) terminal.err(reason.message)
    terminal.err(`no way into mesh '${line.mesh}'`)
    return NO_WAY_IN
  }
  return await use(mesh)
}

/** Resolves when no node has come for a moment, or the time is over. */
async function settle (mesh: Mesh, timeout: number): Promise<void> {
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(quiet)
      clearTimeout(patience)
      mesh.discovery.removeEventListener('node:add', onNews)
      resolve()
    }
    const onNews = (): void => {
      clearTimeout(quiet)
      quiet = setTimeout(done, QUIET)
    }
    const patience = setTimeout(done, timeout)
    let quiet = setTimeout(done, QUIET)
    mesh.discovery.addEventListener('node:add', onNews)
  })
}

export const nodes: Command = async (line, terminal) => asClient(line, terminal, async mesh => {
  await settle(mesh, line.timeout)
  const others = mesh.discovery.nodes().filter(node => node.id !== mesh.id)
  terminal.out(line.json ? json(others) : nodeTable(others, mesh.id))
  return DONE
})

function parseArguments (text: string | undefined): unknown {
  if (text == null) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`the arguments are not JSON: ${(cause as Error).message}; as in '{"name":"ada"}'`)
  }
}

export const call: Command = async (line, terminal) => {
  const [service, method, text, ...rest] = line.words
  if (service == null || method == null || rest.length > 0) throw new UsageError('usage: braid-mesh call <service> <method> [json]')
  const args = parseArguments(text)
  return asClient(line, terminal, async mesh => {
    try {
      const result = await mesh.rpc.invoke(service, method, args, {
        timeout: line.timeout,
        signal: terminal.signal,
        ...(line.token != null ? { token: line.token } : {}),
        ...(line.node != null ? { node: line.node } : {})
      })
      terminal.out(json(result, line.json ? undefined : 2))
      return DONE
    } catch (error) {
      const { code, message, details, node, retryable } = error as { code?: string, message: string, details?: unknown, node?: string, retryable?: boolean }
      terminal.err(line.json ? json({ error: { code, message, details, node, retryable } }) : `${code ?? 'error'}: ${message}`)
      if (!line.json && details !== undefined) terminal.err(json(details, 2))
      return FAILED
    }
  })
}

export const relay: Command = async (line, terminal) => {
  await using mesh = await join(line, terminal, {
    relay: true,
    name: 'relay',
    listen: line.listen ?? RELAY_LISTEN,
    announce: line.announce,
    ...(line.data != null ? { storage: line.data } : {})
  })
  const addresses = mesh.libp2p.getMultiaddrs().map(String)
  if (line.json) terminal.out(json({ id: mesh.id, mesh: line.mesh, addresses }))
  else terminal.out(`relay of mesh '${line.mesh}' is up; others join with --bootstrap and one of\n${addresses.map(address => `  ${address}`).join('\n')}`)
  if (line.data == null && !line.json) terminal.out('its id is new at every start; keep it with --data <directory>')
  await new Promise<void>(resolve => {
    if (terminal.signal.aborted) resolve()
    else terminal.signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
  return DONE
}
