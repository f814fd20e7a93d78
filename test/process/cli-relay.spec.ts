/** `braid-mesh relay` as an operator has it: a process, its pages, its log, its end; and peers that vanish. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createMesh } from '../../src/index.ts'
import { Cli } from '../harness/cli.ts'
import { freePort } from '../harness/ports.ts'
import { skip } from '../harness/skip.ts'
import { until } from '../harness/until.ts'
import { useProcesses } from '../harness/use-processes.ts'
import type { Mesh } from '../../src/index.ts'
import type { CliProcess } from '../harness/cli.ts'
import type { AddressInfo } from 'node:net'

const WS = '/ip4/127.0.0.1/tcp/0/ws'

interface Ready { id: string, addresses: string[], http: string }

async function readyOf (relay: CliProcess): Promise<Ready> {
  const [line] = await relay.sees(/^\{.*\}$/m)
  return JSON.parse(line) as Ready
}

async function health (http: string): Promise<{ status: number, body: Record<string, any> }> {
  const response = await fetch(`${http}/healthz`)
  return { status: response.status, body: await response.json() as Record<string, any> }
}

/** What it tells once it is well: one whose machine is busy is not, and says so. */
async function well (http: string): Promise<Record<string, any>> {
  let told = ''
  return until(async () => {
    const { status, body } = await health(http)
    told = `${status} ${JSON.stringify(body)}`
    return status === 200 ? body : undefined
  }, { what: () => `a relay that is well: ${told}` })
}

async function metric (http: string, name: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text()
  return Number(text.split('\n').find(line => line.startsWith(`${name} `))?.split(' ')[1])
}

function logOf (relay: CliProcess): Array<Record<string, any>> {
  return relay.err.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Record<string, any>)
}

describe('braid-mesh relay', () => {
  const cli = new Cli()
  const nodes = useProcesses()
  const meshes: Mesh[] = []

  afterEach(async () => {
    cli.kill()
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  async function guest (bootstrap: string[], listen = ['/ip4/127.0.0.1/tcp/0']): Promise<Mesh> {
    const mesh = await createMesh({ listen, bootstrap })
    meshes.push(mesh)
    return mesh
  }

  it('keeps its id, tells how it is, logs, and says goodbye when it is told to end', async function () {
    this.timeout(300_000)
    const data = await mkdtemp(join(tmpdir(), 'braid-relay-'))
    try {
      const first = await cli.start('relay', '--json', '--data', data, '--listen', WS, '--http', '127.0.0.1:0')
      const { id, addresses, http } = await readyOf(first)
      const other = await guest(addresses)
      const inView = await until(() => other.discovery.node(id), { what: 'the relay in the view of its guest' })
      expect(inView.roles).to.include.members(['relay', 'keeper'])
      expect(await well(http)).to.deep.include({ ok: true, reasons: [], warnings: [], id, mesh: 'braid', status: 'joined', reservations: 0 })
      expect(await metric(http, 'braid_relay_reservations_max')).to.equal(1_000)
      expect((await fetch(`${http}/`)).status).to.equal(404)
      expect((await fetch(`${http}/metrics`, { method: 'POST' })).status).to.equal(405)

      const gone = new Promise<string>(resolve => { other.discovery.addEventListener('node:remove', ({ detail }) => { resolve(detail.state) }) })
      first.kill('SIGTERM')
      expect(await gone).to.equal('left')
      expect((await first.ended).code).to.equal(0)
      const log = logOf(first)
      expect(log.map(({ msg }) => msg as string)).to.include.members(['relay is up', 'node joined', 'stopped'])
      for (const line of log) expect(line).to.include.keys('time', 'level', 'msg')
      // of others alone: that it leaves itself is `stopped`
      expect(log.filter(line => line.id === id).map(({ msg }) => msg as string)).to.deep.equal(['relay is up'])

      const second = await cli.start('relay', '--json', '--data', data, '--listen', WS, '--log-level', 'error')
      expect((await readyOf(second)).id).to.equal(id)
      expect(second.err).to.equal('')
    } finally {
      cli.kill()
      await rm(data, { recursive: true, force: true })
    }
  })

  it('is not well without a path to the other nodes, and ends at once when it is told so twice', async function () {
    this.timeout(300_000)
    const relay = await cli.start('relay', '--json', '--listen', WS, '--http', '127.0.0.1:0', '--bootstrap', '/ip4/127.0.0.1/tcp/9')
    const { http, addresses } = await readyOf(relay)
    const { status, body } = await until(async () => {
      const told = await health(http)
      // on a busy machine nothing may have come of its dial yet
      return /no bootstrap peer has answered yet|overloaded/.test(String(told.body['reasons'])) ? undefined : told
    })
    expect(status).to.equal(503)
    expect(body['reasons']).to.have.length(2)
    expect(body['reasons'][1]).to.include('/ip4/127.0.0.1/tcp/9 cannot be reached')
    // A call that runs holds the end up for as long as calls may.
    const other = await guest(addresses)
    await well(http)
    other.rpc.handle('slow', async () => new Promise(() => {}))
    await relay.sees(/joined again/, 'err')
    relay.kill('SIGSTOP')
    relay.kill('SIGTERM')
    relay.kill('SIGINT')
    relay.kill('SIGCONT')
    const { code } = await relay.ended
    expect(code).to.be.oneOf([130, 143])
  })

  it('is told to end while it starts: it ends as one that ran', async function () {
    this.timeout(300_000)
    // takes the connection and says nothing: the start waits for it
    const silent = createServer(socket => { socket.on('error', () => {}) })
    await new Promise<void>(resolve => { silent.listen(0, '127.0.0.1', resolve) })
    const http = `127.0.0.1:${await freePort()}`
    try {
      const relay = await cli.start('relay', '--json', '--listen', WS, '--http', http, '--bootstrap', `/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}`)
      await until(async () => (await health(`http://${http}`)).status === 503)
      expect(relay.out).to.equal('')
      relay.kill('SIGTERM')
      expect(await relay.ended).to.include({ code: 0, out: '' })
      expect(logOf(relay).at(-1)).to.include({ msg: 'stopped' })
    } finally {
      silent.close()
    }
  })

  it('is told to end while its disk does not answer: it ends', async function () {
    if (process.platform === 'win32') skip(this, 'there are no named pipes in directories here')
    this.timeout(300_000)
    const data = await mkdtemp(join(tmpdir(), 'braid-relay-'))
    // whoever reads it waits for a writer that never comes
    await promisify(execFile)('mkfifo', [join(data, 'damaged')])
    try {
      const relay = await cli.start('relay', '--json', '--data', data, '--listen', WS)
      await relay.sees(/"msg":"starting"/, 'err')
      relay.kill('SIGTERM')
      const { code, out } = await relay.ended
      // a thread that hangs lets nobody exit: then it dies of the signal, which is no failure either
      expect(code ?? relay.child.signalCode).to.be.oneOf([0, 'SIGTERM'])
      expect(out).to.equal('')
      expect(logOf(relay).at(-1)).to.include({ msg: 'stopped' })
    } finally {
      cli.kill()
      await rm(data, { recursive: true, force: true })
    }
  })

  it('goes on when nobody reads its log, nor what it prints', async function () {
    this.timeout(300_000)
    const relay = await cli.start('relay', '--json', '--listen', WS, '--http', '127.0.0.1:0')
    const { addresses, http } = await readyOf(relay)
    relay.child.stderr?.destroy()
    // each writes a line
    for (const nodes of [2, 3]) {
      await guest(addresses)
      await until(async () => (await health(http)).body['nodes'] === nodes)
    }
    await well(http)
    const unread = await cli.start('relay', '--log', 'json', '--listen', WS, '--http', '127.0.0.1:0')
    unread.child.stdout?.destroy()
    const [, other = ''] = await unread.sees(/"http":"([^"]+)"/, 'err')
    await well(other)
    for (const running of [relay, unread]) running.kill('SIGTERM')
    expect(await Promise.all([relay, unread].map(async ({ ended }) => (await ended).code))).to.deep.equal([0, 0])
    expect(logOf(unread).map(({ msg }) => msg as string)).to.include('stopped')
  })

  it('goes on when what it prints cannot be written, and says so', async function () {
    if (!existsSync('/dev/full')) skip(this, 'there is no /dev/full here, on which nothing can be written')
    this.timeout(300_000)
    const relay = await cli.startInto('/dev/full', 'relay', '--json', '--listen', WS, '--http', '127.0.0.1:0')
    const [, http = ''] = await relay.sees(/"http":"([^"]+)"/, 'err')
    await relay.sees(/what it prints cannot be written: .*ENOSPC/, 'err')
    await well(http)
    relay.kill('SIGTERM')
    expect((await relay.ended).code).to.equal(0)
    const log = logOf(relay)
    expect(log.filter(({ msg }) => (msg as string).startsWith('what it prints'))).to.have.length(1)
    expect(log.at(-1)).to.include({ msg: 'stopped' })
  })

  it('takes on what its options say, each of them', async function () {
    this.timeout(300_000)
    const limits = { reservations: 11, reservationsPerIp: 7, circuits: 13, circuitsPerPeer: 5, bytesPerSecond: 300_000 }
    const options = Object.entries(limits).flatMap(([name, value]) => [`--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`, String(value)])
    const relay = await cli.start('relay', '--json', '--listen', WS, '--http', '127.0.0.1:0', ...options, '--proxy', '10.0.0.5', '--proxy', '2001:db8:0::1')
    const { http } = await readyOf(relay)
    expect((await health(http)).body['limits']).to.deep.equal({ ...limits, proxies: ['127.0.0.1', '::1', '10.0.0.5', '2001:db8::1'] })
    expect([await metric(http, 'braid_relay_reservations_max'), await metric(http, 'braid_relay_circuits_max')]).to.deep.equal([11, 13])
  })

  it('gives the place of a peer that was killed to the next one, page load after page load', async function () {
    this.timeout(300_000)
    const relay = await cli.start('relay', '--json', '--listen', WS, '--http', '127.0.0.1:0', '--reservations', '1')
    const { addresses, http } = await readyOf(relay)
    const tab = { listen: ['/p2p-circuit'], bootstrap: addresses }
    const crashed = await nodes.spawn({ options: tab })
    await until(async () => await metric(http, 'braid_relay_reservations') === 1)
    expect((await health(http)).body['warnings'][0]).to.include('all 1 places are given')
    crashed.kill('SIGKILL')
    await until(async () => await metric(http, 'braid_relay_reservations') === 0)
    // A page has a new id each time.
    for (let load = 0; load < 3; load++) {
      const page = await guest(tab.bootstrap, tab.listen)
      await until(() => page.self.addresses.length > 0, { what: `a place at load ${load}` })
      for (const connection of page.libp2p.getConnections()) connection.abort(new Error('the tab is gone'))
      await page.stop()
    }
    await until(async () => await metric(http, 'braid_relay_reservations') === 0)
    expect(await metric(http, 'braid_relay_reserved_total')).to.be.at.least(4)
  })

  it('says what is wrong with where it is to listen', async function () {
    this.timeout(300_000)
    const taken = createServer()
    await new Promise<void>(resolve => { taken.listen(0, '127.0.0.1', resolve) })
    const { port } = taken.address() as AddressInfo
    try {
      for (const [words, code, hint] of [
        [['--listen', `/ip4/127.0.0.1/tcp/${port}`], 1, 'a port is taken'],
        [['--listen', WS, '--http', `127.0.0.1:${port}`], 1, 'something else listens there'],
        [['--listen', 'everywhere'], 2, "'everywhere'"],
        [['--listen', WS, '--http', 'here'], 2, '127.0.0.1:9090'],
        [['--listen', WS, '--reservations', '0'], 2, '--reservations'],
        [['--listen', WS, '--log', 'xml'], 2, 'text, json']
      ] as Array<[string[], number, string]>) {
        const ended = await cli.run('relay', ...words)
        expect(ended.err, words.join(' ')).to.include(hint)
        expect(ended.code, words.join(' ')).to.equal(code)
      }
      // a log for machines is one to its last line
      const logging = await cli.start('relay', '--log', 'json', '--listen', `/ip4/127.0.0.1/tcp/${port}`)
      expect((await logging.ended).code).to.equal(1)
      expect(logOf(logging).at(-1)).to.include({ level: 'error', msg: 'failed' }).and.to.have.property('error').that.includes('a port is taken')
    } finally {
      taken.close()
    }
  })
})
