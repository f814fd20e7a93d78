/** `braid-mesh doctor`: why can't I join? */
import { multiaddr } from '@multiformats/multiaddr'
import { createMesh } from '../mesh.ts'
import { wordsOf } from './arguments.ts'
import { checkCall, checkDht, checkDial, checkGossip, checkHello, checkName, checkPlace } from './doctor-mesh.ts'
import { checkDns, checkTcp, checkTls, checkWebSocket, wayOf } from './doctor-network.ts'
import { DONE, FAILED, NO_WAY_IN } from './exit.ts'
import { bootstrapOf } from './join.ts'
import { MESH } from './options.ts'
import { json, printable } from './output.ts'
import { whyNotFromPage } from '../transport/page-address.core.ts'
import type { Finding } from './doctor-network.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { Command, Terminal } from './command.ts'
import type { Line } from './options.ts'

interface Check extends Finding { check: string, target: string }

/** Its checks, told as they are made. */
class Examination {
  readonly checks: Check[] = []
  readonly #line: Line
  readonly #terminal: Terminal

  constructor (line: Line, terminal: Terminal) {
    this.#line = line
    this.#terminal = terminal
  }

  get timeout (): number { return this.#line.timeout }
  get signal (): AbortSignal { return this.#terminal.signal }

  /** True when it may go on. */
  async make <F extends Finding> (check: string, target: string, make: () => Promise<F> | F): Promise<F> {
    this.#terminal.progress(`${check} ${target} …`)
    const finding = await make()
    this.#terminal.progress()
    this.#terminal.signal.throwIfAborted()
    const { status, detail, advice } = finding
    this.checks.push({ check, target, status, detail, ...(advice != null ? { advice } : {}) })
    if (!this.#line.json) this.#terminal.out(printable(`${status.padEnd(8)}${check.padEnd(11)}${target}  ${detail}${advice != null ? `: ${advice}` : ''}`))
    return finding
  }

  get failed (): boolean {
    return this.checks.some(({ status }) => status === 'failed')
  }
}

function checkAddress (text: string): Finding {
  const address = multiaddr(text)
  const names = address.getComponents().map(({ name }) => name)
  const host = address.getComponents()[0]?.value
  if (host === '0.0.0.0' || host === '::') return { status: 'failed', detail: 'it is where a node listens, not where it is', advice: "use the machine's address instead" }
  if (names.includes('quic-v1') || names.includes('webtransport') || names.includes('quic')) return { status: 'failed', detail: 'it is for QUIC, which nodes do not speak', advice: 'use one with tcp, ws or wss' }
  const blocked = whyNotFromPage(text, 'https:')
  return { status: 'ok', detail: blocked == null ? 'from here, and from any page' : `from here; not from an https page: ${blocked}` }
}

/** From the name to the mesh. Resolves to the peer when it is a node of the mesh. */
async function examine (text: string, mesh: Mesh, all: Examination): Promise<{ peer: string, relay: boolean } | undefined> {
  const { timeout, signal } = all
  const ok = async (check: string, target: string, make: () => Promise<Finding> | Finding): Promise<boolean> => (await all.make(check, target, make)).status === 'ok'
  if (!await ok('address', text, () => checkAddress(text))) return undefined
  const address = multiaddr(text)
  const way = wayOf(address)
  if (way != null) {
    const place = `${way.host.includes(':') ? `[${way.host}]` : way.host}:${way.port}`
    if (way.named && !await ok('dns', way.host, async () => checkDns(way, timeout, signal))) return undefined
    if (!await ok('tcp', place, async () => checkTcp(way, timeout, signal))) return undefined
    if (way.tls && !await ok('tls', place, async () => checkTls(way, timeout, signal))) return undefined
    if (way.webSocket && !await ok('websocket', place, async () => checkWebSocket(way, timeout, signal))) return undefined
  }
  const made = await checkDial(mesh, address, way != null, timeout, signal)
  const { connection } = made
  if (!await ok('dial', text, () => made.finding) || connection == null) return undefined
  const peer = connection.remotePeer.toString()
  const named = await all.make('mesh', peer, async () => checkName(mesh, connection, timeout, signal))
  if (named.status !== 'ok') return undefined
  await all.make('call', peer, async () => checkCall(mesh, peer, timeout, signal))
  return { peer, relay: named.relay }
}

async function run (line: Line, terminal: Terminal): Promise<number> {
  wordsOf(line.words, 'doctor', 0)
  const bootstrap = bootstrapOf(line)
  const all = new Examination(line, terminal)
  const { timeout, signal } = all
  // It asks for a place as a tab does, and dials nobody by itself: each address is to fail for reasons of its own.
  await using mesh = await createMesh({ mesh: line.mesh, name: 'braid-mesh doctor', listen: ['/p2p-circuit'], pubsub: { keeper: false, lazy: true }, signal })
  let refusals: readonly Error[] = []
  mesh.addEventListener('unreachable', ({ detail }) => { refusals = detail.reasons })
  const found: Array<{ peer: string, relay: boolean }> = []
  for (const text of bootstrap) {
    const node = await examine(text, mesh, all)
    if (node != null) found.push(node)
  }
  if (found.length > 0) {
    const name = line.mesh
    await all.make('nodes', name, async () => checkHello(mesh, found.map(({ peer }) => peer), timeout, signal))
    await all.make('dht', name, async () => checkDht(mesh, timeout, signal))
    await all.make('gossip', name, async () => checkGossip(mesh, timeout, signal))
    await all.make('relay', name, async () => checkPlace(mesh, found.filter(({ relay }) => relay).length, () => refusals, timeout, signal))
  }
  const code = found.length === 0 ? NO_WAY_IN : all.failed ? FAILED : DONE
  if (line.json) terminal.out(json({ ok: code === DONE, joined: found.length > 0, checks: all.checks }))
  else terminal.out(code === DONE ? 'all is well' : found.length === 0 ? `there is no way into mesh '${line.mesh}'` : 'this machine can join; what failed is not as it should be')
  return code
}

export const doctor: Command = {
  name: 'doctor',
  summary: "why can't I join: checks the way into a mesh step by step, and says what to do",
  details: `For each bootstrap address: address, name (DNS), TCP, TLS and WebSocket where it has them, libp2p dial (encryption, identity), the
mesh's name, a call. Then of the mesh: its nodes, DHT, gossip, and a place on a relay, as a browser tab needs one.

Exit code 0: all is well; 1: it can join, but something failed; 3: no address leads into the mesh.`,
  options: MESH,
  examples: ['braid-mesh doctor --mesh shop --bootstrap /dns4/relay.example/tcp/443/wss'],
  run
}
