/** Checks of a way to a node, below the mesh: the name, the port, the certificate, the WebSocket. */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { abortable } from '../util/abortable.ts'
import { printable } from './output.ts'
import type { DetailedPeerCertificate } from 'node:tls'
import type { Multiaddr } from '@multiformats/multiaddr'

/** What came of a check; `advice` is what to do. */
export interface Finding {
  status: 'ok' | 'failed' | 'skipped'
  detail: string
  advice?: string
}

/** Where an address leads. */
export interface Way {
  host: string
  port: number
  /** It is a name, not a number. */
  named: boolean
  tls: boolean
  webSocket: boolean
  /** Where the WebSocket is on its server. */
  path: string
}

/** Of a relayed address: where its relay is. Undefined for what is not TCP. */
export function wayOf (address: Multiaddr): Way | undefined {
  const all = address.getComponents()
  const circuit = all.findIndex(({ name }) => name === 'p2p-circuit')
  const parts = circuit < 0 ? all : all.slice(0, circuit)
  const valueOf = (wanted: string): string | undefined => parts.find(({ name }) => name === wanted)?.value
  const host = parts.find(({ name }) => ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(name))
  const port = valueOf('tcp')
  if (host?.value == null || port == null) return undefined
  const has = (...names: string[]): boolean => parts.some(({ name }) => names.includes(name))
  // libp2p dials the name that the certificate is to have, whatever stands before it.
  const name = has('ws') && has('tls') ? valueOf('sni') : undefined
  return {
    host: name ?? host.value,
    port: Number(port),
    named: name != null || host.name.startsWith('dns'),
    tls: has('wss', 'tls'),
    webSocket: has('ws', 'wss'),
    path: decodeURIComponent(valueOf('http-path') ?? '/')
  }
}

/** What came of it, unless the signal aborts first; nothing is left open. */
async function attempt (signal: AbortSignal, begin: (done: (finding: Finding) => void) => { destroy: () => unknown }): Promise<Finding> {
  signal.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const socket = begin(resolve)
  try {
    return await abortable(promise, signal)
  } finally {
    socket.destroy()
  }
}

function failed (detail: string, advice: string): Finding {
  return { status: 'failed', detail, advice }
}

function codeOf (error: Error): string {
  const { code, errors = [] } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }
  return code ?? errors[0]?.code ?? ''
}

export async function checkDns ({ host }: Way, timeout: number, signal: AbortSignal): Promise<Finding> {
  const patience = AbortSignal.timeout(timeout)
  try {
    const found = await abortable(lookup(host, { all: true }), AbortSignal.any([signal, patience]))
    return { status: 'ok', detail: found.map(({ address }) => address).join(', ') }
  } catch (error) {
    signal.throwIfAborted()
    if (patience.aborted) return failed(`no answer in ${timeout} ms`, 'does this machine reach a name server?')
    return codeOf(error as Error) === 'ENOTFOUND'
      ? failed('there is no such name', 'look for a typing error, or ask whoever keeps the name')
      : failed(`the name cannot be looked up: ${(error as Error).message}`, 'does this machine reach a name server?')
  }
}

const REFUSALS: Readonly<Record<string, readonly [string, string]>> = {
  ECONNREFUSED: ['nobody listens there', 'is the node running, and is the port right?'],
  EHOSTUNREACH: ['there is no route to that machine', 'is it on, and in a network that this one reaches?'],
  ENETUNREACH: ['this machine has no network that leads there', 'with an IPv6 address, does this network have IPv6?'],
  ECONNRESET: ['it hung up at once', 'a proxy without the node behind it, or a firewall']
}

function refusal (error: Error): Finding {
  const [detail, advice] = REFUSALS[codeOf(error)] ?? [error.message, 'can another machine connect to it?']
  return failed(detail, advice)
}

export async function checkTcp ({ host, port }: Way, timeout: number, signal: AbortSignal): Promise<Finding> {
  return attempt(signal, done => {
    const begin = performance.now()
    const socket = connect({ host, port, timeout })
    socket.once('connect', () => { done({ status: 'ok', detail: `connected in ${Math.round(performance.now() - begin)} ms` }) })
    socket.once('timeout', () => { done(failed(`no answer in ${timeout} ms`, 'a firewall drops it, or the address is of no machine that is on')) })
    socket.once('error', error => { done(refusal(error)) })
    return socket
  })
}

const TRUST = 'add it to those that this machine trusts (NODE_EXTRA_CA_CERTS)'

const NO_TLS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
  ECONNRESET: 'it hangs up instead of speaking TLS',
  EPROTO: 'it does not speak TLS on this port'
}

/** Why a certificate is not taken. */
function whyUntrusted (code: string, certificate: DetailedPeerCertificate): Finding {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return failed('its certificate has expired', 'renew it; browsers refuse it, too')
    case 'CERT_NOT_YET_VALID':
      return failed('its certificate begins in the future', 'are the clocks of both machines right?')
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return failed('its certificate is signed by nobody but itself', `get one from an authority that browsers know, or ${TRUST}`)
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return failed('its certificate is signed by an authority that is unknown here', TRUST)
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return failed(`its certificate leads to '${issuerOf(certificate)}', which is unknown here and was not sent`, `configure the full chain in the proxy; if that is an authority of your own, ${TRUST}`)
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failed(`its certificate is for another name (${printable(certificate.subjectaltname ?? String(certificate.subject.CN))})`, 'use the name that it is for, or get one for this')
    default:
      return failed(`its certificate is not taken: ${code}`, 'browsers may refuse it, too: get another one')
  }
}

/** Of the last certificate that was sent. */
function issuerOf (certificate: DetailedPeerCertificate): string {
  let last = certificate
  while (last.issuerCertificate != null && last.issuerCertificate !== last) last = last.issuerCertificate
  return printable(String(last.issuer.CN ?? last.issuer.O))
}

export async function checkTls ({ host, port, named }: Way, timeout: number, signal: AbortSignal): Promise<Finding> {
  return attempt(signal, done => {
    // A certificate that is refused cannot be looked at any more; nothing is said to who has such a one.
    const socket = tlsConnect({ host, port, timeout, rejectUnauthorized: false, ...(named ? { servername: host } : {}) })
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      const { subject, valid_to: until } = certificate
      done(socket.authorized
        ? { status: 'ok', detail: `${socket.getProtocol() ?? 'TLS'}, certificate of ${printable(String(subject.CN ?? host))} until ${until}` }
        // its type is wrong: it is the code
        : whyUntrusted(String(socket.authorizationError), certificate))
    })
    socket.once('timeout', () => { done(failed(`no handshake in ${timeout} ms`, 'is it a port that speaks TLS?')) })
    socket.once('error', error => {
      const detail = NO_TLS[codeOf(error)]
      done(detail != null ? failed(detail, 'use ws instead of wss, or the port of the proxy') : failed(error.message, 'is it a port that speaks TLS?'))
    })
    return socket
  })
}

/** The first half of a WebSocket: whether the server, or the proxy before it, switches protocols. */
export async function checkWebSocket ({ host, port, tls, path }: Way, timeout: number, signal: AbortSignal): Promise<Finding> {
  return attempt(signal, done => {
    const request = (tls ? httpsRequest : httpRequest)({
      host,
      port,
      path,
      timeout,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') }
    })
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      done({ status: 'ok', detail: 'it switches to WebSockets' })
    })
    request.once('response', ({ statusCode = 0 }) => {
      done(failed(`it answers ${statusCode} instead of switching to WebSockets`, statusCode >= 502
        ? 'the proxy does not reach the relay: is it running, on the port that the proxy knows?'
        : 'a proxy must pass on the headers Upgrade and Connection (doc/operating/nginx.conf of this package is an example)'))
    })
    request.once('timeout', () => { done(failed(`no answer in ${timeout} ms`, 'is it the port for WebSockets?')) })
    request.once('error', () => { done(failed('it does not speak HTTP on this port', 'without /ws this may be the address: each port speaks one of both')) })
    request.end()
    return request
  })
}
