/** How a command gets into a mesh, and what it says when it does not. */
import { createMesh } from '../mesh.ts'
import { checkWords } from './arguments.ts'
import { INTERRUPTED, NO_WAY_IN, UsageError } from './exit.ts'
import { MESH } from './options.ts'
import { failure, quoted } from './output.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { Command, Terminal } from './command.ts'
import type { Line } from './options.ts'

/** Milliseconds without news after which the list of nodes is taken as complete, at least. */
const QUIET = 300

/** A command of a node that has joined: the REPL runs it in its own mesh. */
export interface MeshCommand extends Omit<Command, 'run'> {
  /** Wait first until the nodes are known, as far as they are soon. @default true */
  readonly settle?: boolean
  /**
   * Others must be able to dial it: who consumes and who publishes have to talk, and of two that listen nowhere neither can.
   *
   * @default false
   */
  readonly reachable?: boolean
  use (mesh: Mesh, line: Line, terminal: Terminal): Promise<number>
}

/** The ways in that were given. @throws UsageError - none was */
export function bootstrapOf (line: Line): string[] {
  const bootstrap = line.list('bootstrap')
  if (bootstrap.length === 0) {
    throw new UsageError('--bootstrap is needed: the address of any node of the mesh, as /ip4/192.0.2.1/tcp/9001 (or BRAID_BOOTSTRAP in the environment)')
  }
  return bootstrap
}

/** A port of its own, and a place on a relay for those that cannot reach that. */
const REACHABLE = ['/ip4/0.0.0.0/tcp/0', '/p2p-circuit']

/** Joins as a client, or says what keeps it out: exit code 3. The mesh ends with `use`. */
async function asClient (line: Line, terminal: Terminal, listen: readonly string[], use: (mesh: Mesh, began: number) => Promise<number>): Promise<number> {
  const reasons: Error[] = []
  const { signal } = terminal
  await using mesh = await createMesh({
    mesh: line.mesh,
    bootstrap: bootstrapOf(line),
    name: 'braid-mesh cli',
    listen,
    start: false,
    signal,
    // A command comes and goes: it keeps nothing for others, and takes part in topics when it uses one.
    pubsub: { keeper: false, lazy: true }
  })
  mesh.addEventListener('isolated', ({ detail }) => { reasons.push(...detail.reasons) })
  const began = performance.now()
  terminal.progress(`joining mesh '${line.mesh}' …`)
  try {
    await mesh.start({ signal })
  } finally {
    terminal.progress()
  }
  if (mesh.status === 'isolated') {
    const message = `no way into mesh '${line.mesh}'; braid-mesh doctor finds out why`
    if (line.json) {
      terminal.err(failure({ name: 'NoWayInError', message, details: { reasons: reasons.map(({ message }) => message) } }))
      return NO_WAY_IN
    }
    for (const reason of reasons) terminal.err(quoted(reason.message))
    terminal.err(message)
    return NO_WAY_IN
  }
  return await use(mesh, began)
}

/**
 * Resolves when others have come and no more for a moment, or the time is over. Who has joined hears of somebody, however
 * far away that is: it tells of itself first, and of all others with its answer, which takes as long.
 *
 * @param began - when joining did
 */
export async function settle (mesh: Mesh, timeout: number, signal: AbortSignal, began: number): Promise<void> {
  await new Promise<void>(resolve => {
    let moment: number | undefined
    let quiet: ReturnType<typeof setTimeout> | undefined
    const done = (): void => {
      clearTimeout(quiet)
      clearTimeout(patience)
      mesh.discovery.removeEventListener('node:add', onNews)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const onNews = (): void => {
      clearTimeout(quiet)
      moment ??= Math.max(QUIET, performance.now() - began)
      quiet = setTimeout(done, moment)
    }
    const patience = setTimeout(done, timeout)
    if (mesh.discovery.nodes().length > 1) onNews()
    mesh.discovery.addEventListener('node:add', onNews)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}

/** The command that joins by itself. */
export function joining ({ use, settle: waits = true, reachable = false, ...command }: MeshCommand): Command {
  return {
    ...command,
    options: { ...command.options, ...MESH },
    run: async (line, terminal) => {
      bootstrapOf(line)
      checkWords(command, line)
      return asClient(line, terminal, reachable ? REACHABLE : [], async (mesh, began) => {
        if (waits) await settle(mesh, line.timeout, terminal.signal, began)
        return terminal.signal.aborted ? INTERRUPTED : await use(mesh, line, terminal)
      })
    }
  }
}
