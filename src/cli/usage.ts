/** What the command line understands, its help, and how it refuses. */
import { parseArgs } from 'node:util'

/** The command line was wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  static override readonly name = 'UsageError'
  constructor (message: string) { super(message); this.name = 'UsageError' }
}

export const HELP = `braid-mesh: nodes of a mesh from the command line

  braid-mesh relay                               run a relay: the way in for browser tabs, and a bootstrap for all
  braid-mesh nodes                               who is in the mesh
  braid-mesh call <service> <method> [json]      call a method, with arguments as JSON

Options
  --bootstrap <multiaddr>   a node of the mesh, as /ip4/192.0.2.1/tcp/9001; may be repeated
  --mesh <name>             the mesh's name (default braid)
  --json                    print JSON only
  --timeout <ms>            how long to look or to wait for the answer (default 5000)
  --token <token>           call: the same token reaches the same node
  --node <id>               call: this node and no other
  --listen <multiaddr>      relay: where to listen (default TCP 9001 and WebSockets 9002 on all interfaces)
  --announce <multiaddr>    relay: what to tell others instead, behind NAT or a proxy
  --data <directory>        relay: keep the identity there, so that its address survives a restart
  --help, --version

Exit codes: 0 done, 1 the call failed, 2 wrong command line, 3 no way into the mesh.`

export interface CommandLine {
  command: string | undefined
  words: string[]
  bootstrap: string[]
  mesh: string
  json: boolean
  timeout: number
  token: string | undefined
  node: string | undefined
  listen: string[] | undefined
  announce: string[]
  data: string | undefined
  help: boolean
  version: boolean
}

const OPTIONS = {
  bootstrap: { type: 'string', multiple: true },
  mesh: { type: 'string' },
  json: { type: 'boolean' },
  timeout: { type: 'string' },
  token: { type: 'string' },
  node: { type: 'string' },
  listen: { type: 'string', multiple: true },
  announce: { type: 'string', multiple: true },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' }
} as const

function parse (argv: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS, allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true })
  } catch (cause) {
    throw new UsageError((cause as Error).message)
  }
}

/** @throws UsageError */
export function commandLine (argv: readonly string[]): CommandLine {
  const { values, positionals: [command, ...words] } = parse(argv)
  const timeout = Number(values.timeout ?? 5_000)
  if (!(timeout > 0)) throw new UsageError(`--timeout: expected milliseconds, got '${values.timeout}'`)
  return {
    command,
    words,
    bootstrap: values.bootstrap ?? [],
    mesh: values.mesh ?? 'braid',
    json: values.json ?? false,
    timeout,
    token: values.token,
    node: values.node,
    listen: values.listen,
    announce: values.announce ?? [],
    data: values.data,
    help: values.help ?? false,
    version: values.version ?? false
  }
}
