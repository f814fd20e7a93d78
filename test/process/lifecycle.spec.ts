import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMesh } from '../../src/index.ts'
import { compile } from '../harness/compile.ts'
import { until } from '../harness/until.ts'
import { allSeeAll, useProcesses } from '../harness/use-processes.ts'

/** Runs a fixture as a script of its own, without a channel to this process, until it ends by itself. */
async function script (name: string, args: string[] = [], flags: string[] = []): Promise<{ code: number | null, stdout: string, stderr: string }> {
  const file = await compile(fileURLToPath(new URL(`../harness/fixtures/${name}`, import.meta.url)))
  const child = spawn(process.execPath, ['--unhandled-rejections=strict', ...flags, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  const late = setTimeout(() => { child.kill('SIGKILL') }, 280_000)
  const [code] = await once(child, 'close') as [number | null]
  clearTimeout(late)
  return { code, stdout, stderr }
}

async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`resolved to ${String(value)}`) }, (error: unknown) => error)
}

describe('processes: start and stop', function () {
  this.timeout(300_000)
  const processes = useProcesses()
  let directory: string

  before(async () => { directory = await mkdtemp(join(tmpdir(), 'braid-lifecycle-')) })
  after(async () => { await rm(directory, { recursive: true, force: true }) })

  it('a script ends by itself after stop()', async () => {
    const { code, stdout, stderr } = await script('exits.ts')
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'hello ada\nstopped\n', stderr: '' })
  })

  for (const how of ['alone', 'joining'] as const) {
    it(`100 nodes made and stopped in one process (${how}) leave no handle, timer or listener`, async () => {
      const { code, stdout, stderr } = await script('churn.ts', [how], ['--expose-gc'])
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      const { before, after, grown } = JSON.parse(stdout) as { before: unknown, after: unknown, grown: number }
      expect(after).to.deep.equal(before)
      // 50 nodes: 160 KiB that stay of each would be seen.
      expect(grown).to.be.below(8 * 1024 * 1024)
    })
  }

  it('a storage is refused to a second process, and is free again after a crash, with the same identity and a later incarnation', async () => {
    const storage = join(directory, 'one')
    const first = await processes.spawn({ label: 'first', options: { storage, service: 'login' } })
    const error = await rejection(processes.spawn({ label: 'second', options: { storage } }))
    expect(error).to.include({ name: 'StorageLockedError' })
    const self = await first.command<{ incarnation: number }>('self')
    first.kill('SIGKILL')
    await first.exit
    const again = await processes.spawn({ label: 'again', options: { storage, service: 'login' } })
    expect(again.id).to.equal(first.id)
    expect((await again.command<{ incarnation: number }>('self')).incarnation).to.be.above(self.incarnation)
  })

  it('a node that crashed and comes back under its identity replaces what the others knew of it', async () => {
    const storage = join(directory, 'back')
    const other = await processes.spawn({ label: 'other' })
    const options = { storage, service: 'login', bootstrap: other.addresses }
    const first = await processes.spawn({ label: 'first', options })
    await allSeeAll([other, first])
    first.kill('SIGKILL')
    await first.exit
    const again = await processes.spawn({ label: 'again', options })
    await allSeeAll([other, again])
    expect(await other.invoke('login', 'who', {}, { timeout: 60_000 })).to.include({ pid: again.pid })
  })

  it('stop() twice, stop() while it starts, and an aborted start all end clean', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0']
    const mesh = await createMesh({ listen })
    await Promise.all([mesh.stop(), mesh.stop()])
    expect(mesh.status).to.equal('stopped')
    expect(await rejection(mesh.start())).to.include({ name: 'MeshStoppedError' })

    const early = await createMesh({ listen, start: false, bootstrap: ['/ip4/127.0.0.1/tcp/1'] })
    const start = early.start().catch((error: unknown) => error)
    await early.stop()
    await start
    expect(early.status).to.equal('stopped')

    const reason = new Error('changed my mind')
    expect(await rejection(createMesh({ listen, signal: AbortSignal.abort(reason) }))).to.equal(reason)
  })

  it('two meshes of different names in one process do not see each other, and say so', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0']
    await using red = await createMesh({ mesh: 'red', service: 'login', listen })
    const bootstrap = red.libp2p.getMultiaddrs().map(String)
    await using blue = await createMesh({ mesh: 'blue', service: 'login', listen, bootstrap, start: false })
    const isolated = new Promise<Error[]>(resolve => {
      blue.addEventListener('isolated', ({ detail }) => { resolve(detail.reasons) }, { once: true })
    })
    await blue.start()
    expect(blue.status).to.equal('isolated')
    const told = (await isolated).map(({ name }) => name)
    // a node that starts on a busy machine may say that nobody has answered yet, and why when it is asked
    if (!told.includes('WrongMeshError')) {
      await until(async () => {
        const { cause } = await rejection(blue.rpc.invoke('login', 'any', {}, { timeout: 500 }))
        return (cause as Error).name === 'WrongMeshError'
      }, { what: () => `the reason: ${told.join()}` })
    }
    await using pink = await createMesh({ mesh: 'red', listen, bootstrap })
    await pink.discovery.waitFor('login', { signal: AbortSignal.timeout(15_000) })
    // Pink came later and is seen: blue had its chance.
    expect(red.discovery.nodes().map(({ id }) => id)).not.to.include(blue.id)
    expect(blue.discovery.nodes().map(({ id }) => id)).to.deep.equal([blue.id])
    expect(pink.discovery.nodes().map(({ id }) => id)).not.to.include(blue.id)
    const error = await rejection(blue.rpc.invoke('login', 'any', {}, { node: red.id, timeout: 500 }))
    expect(error).to.include({ code: 'UNAVAILABLE' })
  })

  it('two meshes of one name and two services in one process are two nodes', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0']
    await using login = await createMesh({ mesh: 'pair', service: 'login', listen })
    await using mail = await createMesh({ mesh: 'pair', service: 'mail', listen, bootstrap: login.libp2p.getMultiaddrs().map(String) })
    using served = mail.rpc.handle('send', (to: unknown) => `sent to ${String(to)}`)
    expect(served).to.have.property('close')
    expect(await login.rpc.invoke('mail', 'send', 'ada')).to.equal('sent to ada')
  })
})
