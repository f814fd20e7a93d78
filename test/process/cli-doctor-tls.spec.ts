/** What doctor says of certificates: a relay behind a proxy that speaks TLS, with one of each kind. */
import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { createMesh } from '../../src/index.ts'
import { Certificate } from '../harness/certificate.ts'
import { Cli } from '../harness/cli.ts'
import type { Mesh } from '../../src/index.ts'
import type { AddressInfo, Socket } from 'node:net'

/** That of the relay, and those after it. */
type Chain = [Certificate, ...Certificate[]]

interface Check { check: string, status: string, detail: string, advice?: string }

const HOSTS = { names: ['localhost'] }

describe('braid-mesh doctor, of certificates', function () {
  this.timeout(300_000)
  const cli = new Cli()
  const authority = new Certificate('Known Authority')
  const stranger = new Certificate('Unknown Authority')
  let relay: Mesh
  let port: number
  let directory: string
  let known: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'braid-doctor-'))
    known = join(directory, 'known.pem')
    await writeFile(known, authority.cert)
    relay = await createMesh({ mesh: 'shop', relay: true, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    port = Number(relay.libp2p.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)
  })

  afterEach(() => { cli.kill() })
  after(async () => {
    await relay.stop()
    await rm(directory, { recursive: true, force: true })
  })

  /** Of doctor, on a machine that knows one of the authorities, of the relay behind that certificate and those after it. */
  async function examined ([certificate, ...chain]: Chain): Promise<{ code: number | null, out: string, checks: Check[] }> {
    const sockets = new Set<Socket>()
    const proxy = createServer({ key: certificate.key, cert: [certificate, ...chain].map(({ cert }) => cert).join('') }, outer => {
      const inner = connect(port, '127.0.0.1')
      for (const socket of [outer, inner]) sockets.add(socket.on('error', () => { outer.destroy() }).on('close', () => { inner.destroy() }))
      outer.pipe(inner).pipe(outer)
    })
    proxy.on('tlsClientError', () => {})
    await new Promise<void>(resolve => { proxy.listen(0, '127.0.0.1', resolve) })
    try {
      const address = `/dns4/localhost/tcp/${(proxy.address() as AddressInfo).port}/wss`
      const { code, out } = await cli.runTrusting(known, 'doctor', '--mesh', 'shop', '--bootstrap', address, '--timeout', '30000', '--json')
      return { code, out, checks: (JSON.parse(out) as { checks: Check[] }).checks }
    } finally {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    }
  }

  it('is well with one of an authority that is known, sent alone or with another between', async () => {
    const between = new Certificate('Between', { by: authority })
    for (const chain of [[new Certificate('relay', { ...HOSTS, by: authority })], [new Certificate('relay', { ...HOSTS, by: between }), between]] as Chain[]) {
      const { code, out, checks } = await examined(chain)
      expect(checks.map(({ check, status }) => `${check} ${status}`).join(', '), out)
        .to.equal('address ok, dns ok, tcp ok, tls ok, websocket ok, dial ok, mesh ok, call ok, nodes ok, dht ok, gossip ok, relay ok')
      expect(checks.find(({ check }) => check === 'tls')?.detail).to.match(/^TLSv1\.\d, certificate of relay until /)
      expect(code).to.equal(0)
    }
  })

  const between = new Certificate('Between', { by: authority })
  const unknown = new Certificate('Between', { by: stranger })
  const trust = 'add .*NODE_EXTRA_CA_CERTS'
  for (const [what, chain, hint] of [
    ['that has expired', [new Certificate('relay', { ...HOSTS, by: authority, days: [-3, -1] })], 'has expired: renew it'],
    ['that begins in the future', [new Certificate('relay', { ...HOSTS, by: authority, days: [1, 3] })], 'begins in the future: .*clock'],
    ['for another name', [new Certificate('relay', { names: ['relay.example'], by: authority })], 'is for another name \\(DNS:relay.example\\): use the name'],
    ['that signs itself', [new Certificate('relay', HOSTS)], `signed by nobody but itself: .*${trust}`],
    ['of an authority that is unknown, and sent', [new Certificate('relay', { ...HOSTS, by: stranger }), stranger], `signed by an authority that is unknown here: ${trust}`],
    ['of an authority that is unknown', [new Certificate('relay', { ...HOSTS, by: stranger })], `'Unknown Authority', .*: .*full chain.* ${trust}`],
    ['whose chain ends at an authority that is unknown', [new Certificate('relay', { ...HOSTS, by: unknown }), unknown], `'Unknown Authority', .*: .*full chain.* ${trust}`],
    ['without that of the one between', [new Certificate('relay', { ...HOSTS, by: between })], "'Between', .*: .*full chain"]
  ] as Array<[string, Chain, string]>) {
    it(`refuses one ${what}, and says so`, async () => {
      const { code, out, checks } = await examined(chain)
      expect(checks.map(({ check, status }) => `${check} ${status}`).join(', '), out).to.equal('address ok, dns ok, tcp ok, tls failed')
      expect(`${checks.at(-1)?.detail}: ${checks.at(-1)?.advice}`).to.match(new RegExp(hint))
      expect(code).to.equal(3)
    })
  }
})
