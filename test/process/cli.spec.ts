import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { ChildProcess } from 'node:child_process'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Ended { code: number | null, out: string, err: string }

const children = new Set<ChildProcess>()

function start (...words: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=braid-mesh-source', '--import', 'tsx', MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  child.once('close', () => { children.delete(child) })
  return child
}

async function cli (...words: string[]): Promise<Ended> {
  const child = start(...words)
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout?.on('data', chunk => { ended.out += String(chunk) })
  child.stderr?.on('data', chunk => { ended.err += String(chunk) })
  ended.code = (await once(child, 'close'))[0] as number
  return ended
}

describe('braid-mesh on the command line', () => {
  let login: Mesh
  let bootstrap: string[]

  before(async () => {
    login = await createMesh({ mesh: 'shop', service: 'login', name: 'login-1', listen: ['/ip4/127.0.0.1/tcp/0'] })
    login.rpc.handle('greet', ({ name }: { name: string }, ctx) => ({ text: `welcome ${name}`, token: ctx.token != null, raw: Uint8Array.of(1, 2) }))
    bootstrap = ['--mesh', 'shop', '--bootstrap', login.libp2p.getMultiaddrs()[0]?.toString() ?? '']
  })

  // What a failed test left running would keep this process alive.
  afterEach(() => { for (const child of children) child.kill('SIGKILL') })
  after(async () => { await login.stop() })

  it('calls a method and prints its result', async () => {
    const ended = await cli('call', 'login', 'greet', '{"name":"ada"}', '--token', 'ada', '--json', ...bootstrap)
    expect(ended).to.deep.include({ code: 0, err: '' })
    expect(JSON.parse(ended.out)).to.deep.equal({ text: 'welcome ada', token: true, raw: { $bytes: 'AQI=' } })
  })

  it('says what went wrong with a call, exit code 1', async () => {
    const ended = await cli('call', 'login', 'nothing', ...bootstrap)
    expect(ended.code).to.equal(1)
    expect(ended.err).to.contain('UNIMPLEMENTED').and.to.contain('nothing')
    const missing = await cli('call', 'mail', 'send', '--json', '--timeout', '300', ...bootstrap)
    expect(missing.code).to.equal(1)
    expect(JSON.parse(missing.err)).to.have.nested.property('error.code', 'UNAVAILABLE')
  })

  it('lists the nodes', async () => {
    const table = await cli('nodes', ...bootstrap)
    expect(table.code).to.equal(0)
    expect(table.out).to.match(/login +login-1 +up +1024/)
    const list = JSON.parse((await cli('nodes', '--json', ...bootstrap)).out) as Array<{ id: string }>
    expect(list.map(node => node.id)).to.deep.equal([login.id])
  })

  it('tells that there is no way in, exit code 3', async () => {
    const ended = await cli('nodes', '--bootstrap', '/ip4/127.0.0.1/tcp/9')
    expect(ended.code).to.equal(3)
    expect(ended.err).to.contain('/ip4/127.0.0.1/tcp/9 cannot be reached')
    const stranger = await cli('nodes', '--mesh', 'other', '--bootstrap', bootstrap[3] ?? '')
    expect(stranger.code).to.equal(3)
    expect(stranger.err).to.contain("belongs to mesh 'shop'")
  })

  it('refuses a wrong command line, exit code 2, and helps', async function () {
    this.timeout(60_000)   // ten processes, one after the other
    for (const [words, hint] of [
      [[], 'Options'], [['frobnicate'], 'relay, nodes, call'], [['call', 'login'], 'usage'], [['nodes'], '--bootstrap is needed'],
      [['call', 'login', 'greet', '{name', ...bootstrap], 'not JSON'], [['nodes', '--frob'], 'frob'], [['nodes', '--mesh', 'A B', '--bootstrap', 'x'], 'mesh'],
      [['nodes', '--timeout', 'soon'], 'milliseconds']
    ] as Array<[string[], string]>) {
      const ended = await cli(...words)
      expect(ended.code, words.join(' ')).to.equal(2)
      expect(ended.err, words.join(' ')).to.contain(hint)
    }
    expect((await cli('--help')).code).to.equal(0)
    expect((await cli('--version')).out).to.match(/^\d+\.\d+\.\d+/)
  })

  it('runs a relay whose id survives a restart', async () => {
    const data = await mkdtemp(join(tmpdir(), 'braid-relay-'))
    const ids: string[] = []
    try {
      for (let round = 0; round < 2; round++) {
        const child = start('relay', '--json', '--data', data, '--listen', '/ip4/127.0.0.1/tcp/0/ws')
        const [chunk] = await once(child.stdout as NodeJS.ReadableStream, 'data') as [Buffer]
        const { id, addresses } = JSON.parse(String(chunk)) as { id: string, addresses: string[] }
        ids.push(id)
        const guest = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: addresses })
        expect(guest.status).to.equal('joined')
        const relay = await until(() => guest.discovery.node(id), { what: 'the relay in the view of its guest' })
        expect(relay.roles).to.include('relay')
        await guest.stop()
        child.kill('SIGINT')
        expect((await once(child, 'close'))[0]).to.equal(0)
      }
    } finally {
      await rm(data, { recursive: true })
    }
    expect(ids[0]).to.equal(ids[1])
  })
})
