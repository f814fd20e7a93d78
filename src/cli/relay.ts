/** `braid-mesh relay`: the way in for browser tabs, a bootstrap for all, a server of the DHT and a keeper of topics. */
import { isIP } from 'node:net'
import { createMesh } from '../mesh.ts'
import { metricsHandler } from '../monitor/index.ts'
import { relayOf } from '../transport/index.ts'
import { abortable } from '../util/abortable.ts'
import { VERSION } from '../util/version.ts'
import { wordsOf } from './arguments.ts'
import { DONE, FAILED, UnwrittenError, UsageError } from './exit.ts'
import { httpAddress, serveHttp } from './http.ts'
import { createLog, LEVELS } from './log.ts'
import { MESH } from './options.ts'
import { json } from './output.ts'
import { logRelay } from './relay-log.ts'
import { relayPages } from './relay-pages.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { MeshOptions } from '../mesh-options.ts'
import type { RelayOptions } from '../transport/index.ts'
import type { Command, Terminal } from './command.ts'
import type { Level, Log } from './log.ts'
import type { Line, OptionSpecs } from './options.ts'

const LISTEN = ['/ip4/0.0.0.0/tcp/9001', '/ip4/0.0.0.0/tcp/9002/ws']

const { mesh, bootstrap } = MESH

const OPTIONS: OptionSpecs = {
  ...(mesh != null ? { mesh } : {}),
  ...(bootstrap != null ? { bootstrap: { ...bootstrap, help: 'another node of the mesh, when this is not its first; may be repeated' } } : {}),
  listen: { type: 'list', value: '<multiaddr>', help: 'where to listen (default TCP 9001 and WebSockets 9002 on all interfaces)' },
  announce: { type: 'list', value: '<multiaddr>', help: 'what to tell others instead, behind NAT or a proxy, as /dns4/relay.example/tcp/443/wss' },
  data: { type: 'text', value: '<directory>', help: 'keep identity and topics there, so that its address survives a restart' },
  name: { type: 'text', value: '<name>', help: 'a name for people (default relay)' },
  http: { type: 'text', value: '<addr:port>', help: 'serve /healthz and /metrics there, as 127.0.0.1:9090 (default: nowhere)' },
  log: { type: 'text', value: '<format>', choices: ['text', 'json'], help: 'format of the log on stderr: text or json (default text, with --json json)' },
  'log-level': { type: 'text', value: '<level>', choices: LEVELS, help: 'error, warn, info or debug (default info)' },
  reservations: { type: 'number', value: '<n>', help: 'peers that can be reached through this relay at a time (default 1000)' },
  'reservations-per-ip': { type: 'number', value: '<n>', help: 'of these, from one IP address, of IPv6 one /64 (default 256)' },
  proxy: { type: 'list', value: '<ip>', help: 'a reverse proxy besides those on this machine, whose clients are not taken for one; may be repeated' },
  circuits: { type: 'number', value: '<n>', help: 'relayed connections at a time (default 4096)' },
  'circuits-per-peer': { type: 'number', value: '<n>', max: 1_000, help: 'of these, from and to one peer (default 128)' },
  'bytes-per-second': { type: 'number', value: '<n>', help: 'that one peer may send through this relay; more is read more slowly (default 8388608)' },
  'no-keeper': { type: 'flag', help: 'keep no messages of topics for others' }
}

/** Proxies on this machine are always there; an address is compared as Node spells it. @throws UsageError */
export function proxiesOf (given: readonly string[]): string[] {
  return ['127.0.0.1', '::1', ...given.map(ip => {
    const family = ip.includes('%') ? 0 : isIP(ip)
    if (family === 0) throw new UsageError(`--proxy: expected an IP address, as 10.0.0.5, got '${ip}'`)
    return family === 4 ? ip : new URL(`http://[${ip}]`).hostname.slice(1, -1)
  })]
}

function relayOptions (line: Line): RelayOptions {
  const numbers: Partial<Record<keyof RelayOptions, number | undefined>> = {
    reservations: line.number('reservations'),
    reservationsPerIp: line.number('reservations-per-ip'),
    circuits: line.number('circuits'),
    circuitsPerPeer: line.number('circuits-per-peer'),
    bytesPerSecond: line.number('bytes-per-second')
  }
  const proxies = line.list('proxy')
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value != null)),
    ...(proxies.length > 0 ? { proxies: proxiesOf(proxies) } : {})
  }
}

function meshOptions (line: Line): MeshOptions {
  const storage = line.text('data')
  const listen = line.list('listen')
  return {
    mesh: line.mesh,
    bootstrap: line.list('bootstrap'),
    relay: relayOptions(line),
    name: line.text('name') ?? 'relay',
    listen: listen.length > 0 ? listen : LISTEN,
    announce: line.list('announce'),
    start: false,
    ...(storage != null ? { storage } : {}),
    ...(line.flag('no-keeper') ? { pubsub: { keeper: false } } : {})
  }
}

async function aborted (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}

/** The disk that it is to be kept on may not answer. Undefined: it was told to end meanwhile. */
async function made (making: Promise<Mesh>, signal: AbortSignal): Promise<Mesh | undefined> {
  try {
    return await abortable(making, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    making.then(async mesh => mesh.stop()).catch(() => {})
    return undefined
  }
}

function tellReady (mesh: Mesh, line: Line, terminal: Terminal, log: Log, http: string | undefined): void {
  const addresses = mesh.libp2p.getMultiaddrs().map(String)
  if (line.json) {
    terminal.out(json({ id: mesh.id, mesh: line.mesh, addresses, http }))
  } else {
    terminal.out(`relay of mesh '${line.mesh}' is up; others join with --bootstrap and one of\n${addresses.map(address => `  ${address}`).join('\n')}`)
  }
  log.info('relay is up', { id: mesh.id, mesh: line.mesh, addresses, http })
  if (line.text('data') == null) log.warn('its id is new at every start; keep it with --data <directory>')
}

/** A port that is taken is not named by libp2p. */
function explained (error: unknown, line: Line): Error {
  const { message } = error as Error
  const code = /EADDRINUSE|EACCES|EADDRNOTAVAIL/.exec(`${message} ${JSON.stringify((error as { errors?: Error[] }).errors?.map(({ message }) => message) ?? '')}`)?.[0]
  const listen = line.list('listen').length > 0 ? line.list('listen') : LISTEN
  const why = {
    EADDRINUSE: 'a port is taken: another process listens there, perhaps another relay. Choose others with --listen',
    EACCES: 'this user may not listen there: ports below 1024 need rights',
    EADDRNOTAVAIL: 'this machine has no such address. With NAT, listen on /ip4/0.0.0.0/… and --announce the outer one'
  }[code ?? '']
  return why == null ? error as Error : new Error(`cannot listen on ${listen.join(' ')}: ${why}`, { cause: error })
}

async function run (line: Line, terminal: Terminal): Promise<number> {
  wordsOf(line.words, 'relay', 0)
  const format = line.text('log') ?? (line.json ? 'json' : 'text')
  const log = createLog({ format: format === 'json' ? 'json' : 'text', level: (line.text('log-level') ?? 'info') as Level, write: terminal.err })
  try {
    return await serve(line, terminal, log)
  } catch (error) {
    const { name, message } = error as Error
    // a log for machines has no other lines; a wrong command line is told to who typed it
    if (line.text('log') !== 'json' || line.json || /^(Usage|Invalid)/.test(name)) throw error
    log.error('failed', { error: message })
    return FAILED
  }
}

async function serve (line: Line, terminal: Terminal, log: Log): Promise<number> {
  // It is there for its clients, whoever reads what it says.
  const signal = terminal.interrupted ?? terminal.signal
  const at = line.text('http')
  const address = at == null ? undefined : httpAddress(at)
  terminal.signal.addEventListener('abort', () => { if (terminal.signal.reason instanceof UnwrittenError) log.warn(terminal.signal.reason.message) }, { once: true })
  log.info('starting', { version: VERSION, mesh: line.mesh, data: line.text('data') })
  const mesh = await made(createMesh(meshOptions(line)), signal)
  if (mesh == null) {
    log.info('stopped')
    return DONE
  }
  const relay = relayOf(mesh.libp2p)
  if (relay == null) throw new Error('there is no relay in this node')
  let isolation: readonly Error[] = []
  mesh.addEventListener('isolated', ({ detail }) => { isolation = detail.reasons })
  const endLog = logRelay(mesh, relay, log)
  process.on('uncaughtExceptionMonitor', error => { log.error('crashed', { error: error.stack ?? String(error) }) })
  let http: Awaited<ReturnType<typeof serveHttp>> | undefined
  const told = { mesh, relay, stopping: () => signal.aborted, isolation: () => isolation }
  try {
    if (address != null) http = await serveHttp(address, metricsHandler(mesh, relayPages(told)))
    // to be told to end is no failure, however early: who supervises it would count one
    await mesh.start({ signal }).catch(error => { if (!signal.aborted) throw explained(error, line) })
    if (!signal.aborted) tellReady(mesh, line, terminal, log, http?.url)
    await aborted(signal)
  } finally {
    const began = performance.now()
    if (signal.aborted) log.info('stopping: tells the others, finishes what runs; once more ends it at once')
    await mesh.stop()
    await http?.close()
    endLog()
    if (signal.aborted) log.info('stopped', { ms: Math.round(performance.now() - began) })
  }
  return DONE
}

export const relay: Command = {
  name: 'relay',
  serves: true,
  summary: 'run a relay: the way in for browser tabs, and a bootstrap for all',
  details: `It relays connections to nodes that cannot be dialled, serves the mesh's DHT and keeps messages of topics for others.
Browsers on https pages need wss: put a reverse proxy in front, and --announce its address (doc/operating/README.md of this package).

Once it is up it prints its addresses on stdout (with --json as one document: id, mesh, addresses, http) and logs on stderr.
SIGTERM, Ctrl-C or a closed terminal: it says goodbye, finishes what runs and ends with 0; the second one ends it at once.
Under nohup (of GNU, on Linux) it outlives its terminal.`,
  options: OPTIONS,
  examples: [
    'braid-mesh relay --data /var/lib/braid-mesh --http 127.0.0.1:9090',
    'braid-mesh relay --mesh shop --announce /dns4/relay.example/tcp/443/wss --log json'
  ],
  run
}
