/** Which specs run in browsers: those of this folder, and all unit specs but the ones that only Node can run. */
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasTurnServer } from '../harness/turn-server.ts'

const TEST = fileURLToPath(new URL('../', import.meta.url))

/** Unit specs that only Node can run, each with the reason. */
const NODE_ONLY: Readonly<Record<string, string>> = {
  'cli.spec.ts': 'a command line',
  'cli-join.spec.ts': 'a command line',
  'declarations.spec.ts': 'runs the type checker',
  'docs.spec.ts': 'reads files',
  'readme-code.spec.ts': 'runs the type checker',
  'operating.spec.ts': 'reads files and runs programs',
  'wire-fixtures.spec.ts': 'reads files',
  'wire-pages.spec.ts': 'reads files',
  'lives.spec.ts': 'it gives its process a page, and a time of its own',
  'links-authority.spec.ts': 'no page keeps the links of a service',
  'links-defects.spec.ts': 'neither',
  'links-limits.spec.ts': 'neither',
  'links-local.spec.ts': 'it shares the stage of links-defects',
  'monitor-handler.spec.ts': 'it listens on HTTP',
  'monitor-prometheus.spec.ts': 'prom-client and a file; the text itself is made without either',
  'rpc-opentelemetry.spec.ts': 'OpenTelemetry follows calls with async_hooks',
  'harness-fault-proxy.spec.ts': 'the proxy listens on TCP sockets',
  'harness-ports.spec.ts': 'files and processes',
  'harness-processes.spec.ts': 'starts processes',
  'harness-reporter.spec.ts': 'starts mocha',
  'security-floors.spec.ts': 'the script it tests reads the lock file',
  'bundle.spec.ts': 'runs esbuild',
  'bench-figures.spec.ts': 'sets the exit code of its process',
  'storage-core.spec.ts': 'among others it tests the log on the disk',
  'storage-node.spec.ts': 'files',
  'transport-announced.spec.ts': 'pages listen on no addresses',
  'storage.spec.ts': 'files; test/browser/storage.spec.ts runs what is left'
}

/** Single tests of the other unit specs, by their full title, each with the reason. */
const NODE_ONLY_TESTS: Readonly<Record<string, string>> = {
  'pub/sub: the channels of a node one whose opening is aborted leaves no timer behind that keeps a process': 'no timer keeps a page',
  'links: what peers send that asks tokens back is about one, or a thousand at most; of a list that cannot be read none is let go': 'no page keeps the links of a service',
  'links: what is asked for nobody any more a link that its caller has given up is not made by the next leader, after somebody was told that there is none': 'no page keeps the links of a service',
  'links: what is asked for nobody any more nor by the leader itself, which had asked itself and waited for a turn': 'no page keeps the links of a service',
  'frames an announced frame costs in proportion to what has arrived of it': 'a page cannot measure its buffers',
  'rpc: calls with a key that end before they run many that are cancelled in the queue leave nothing behind': 'a page cannot count its objects'
}

/** Single tests that need a program, by their full title. */
const NEEDS_TURN = ['direct paths through a TURN server and nothing else carry calls without a relay, and end with it']

/** Single tests that are not run here, by their full title, each with the reason. They count as skipped. */
export function leftOut (): Readonly<Record<string, string>> {
  const needsTurn = hasTurnServer() ? [] : NEEDS_TURN.map(title => [title, 'there is no turnserver here'] as const)
  return { ...NODE_ONLY_TESTS, ...Object.fromEntries(needsTurn) }
}

function specsIn (folder: string): string[] {
  return readdirSync(`${TEST}${folder}`).filter(name => name.endsWith('.spec.ts')).map(name => `test/${folder}/${name}`)
}

/** Paths, relative to the project. @param only - a part of the paths, to run a few */
export function browserSpecs (only = ''): string[] {
  const unit = specsIn('unit').filter(path => NODE_ONLY[basename(path)] == null)
  return [...unit, ...specsIn('browser')].filter(path => path.includes(only))
}
