import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']

function addresses (mesh: Mesh): string[] {
  return mesh.libp2p.getMultiaddrs().map(String)
}

async function failure (promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

async function once (mesh: Mesh, event: 'isolated' | 'resumed' | 'status', done: (detail: any) => boolean = () => true): Promise<any> {
  return new Promise(resolve => {
    const listener = (evt: Event): void => {
      const { detail } = evt as CustomEvent<unknown>
      if (!done(detail)) return
      mesh.removeEventListener(event, listener)
      resolve(detail)
    }
    mesh.addEventListener(event, listener)
  })
}

describe('createMesh', () => {
  const meshes: Mesh[] = []

  async function make (options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await createMesh({ listen: LISTEN, ...options })
    meshes.push(mesh)
    return mesh
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('makes two nodes that see and call each other', async () => {
    const login = await make({ service: 'login', name: 'login-1', metadata: { zone: 'a' } })
    login.rpc.handle('user.password', ({ name }: { name: string }, ctx) => `welcome ${name} from ${ctx.caller.name}`)
    const gate = await make({ name: 'gate', bootstrap: addresses(login) })
    expect(login.status).to.equal('joined')
    expect(gate.status).to.equal('joined')
    expect(await gate.rpc.invoke('login', 'user.password', { name: 'ada' })).to.equal('welcome ada from gate')
    expect(gate.discovery.node(login.id)).to.deep.include({ name: 'login-1', service: 'login', metadata: { zone: 'a' } })
    expect(gate.self.service).to.equal(undefined)
  })

  it('starts isolated when its bootstrap is down, says why, and joins when it comes', async () => {
    const first = await make({ service: 'login' })
    const [address = ''] = addresses(first)
    await first.stop()
    const lonely = await make({ bootstrap: [address] })
    expect(lonely.status).to.equal('isolated')
    const resumed = once(lonely, 'resumed')
    const back = await make({ service: 'login', listen: [address.replace(/\/p2p\/.*/, '')], privateKey: (first.libp2p as any).components.privateKey })
    back.rpc.handle('ping', () => 'pong')
    await resumed
    expect(lonely.status).to.equal('joined')
    expect(await lonely.rpc.invoke('login', 'ping')).to.equal('pong')
  })

  it('tells whoever listens once it is made why it is isolated, and whoever asks', async () => {
    const first = await make({ service: 'login' })
    const [address = ''] = addresses(first)
    const { privateKey } = (first.libp2p as any).components
    await first.stop()
    const lonely = await make({ bootstrap: [address] })
    const told: Error[][] = []
    lonely.addEventListener('isolated', ({ detail }) => { told.push(detail.reasons) })
    await until(() => told.length > 0)
    expect(told[0]?.[0]?.message).to.include(address).and.to.include('cannot be reached')
    expect(lonely.connectivity.isolated?.map(({ message }) => message)).to.deep.equal(told[0]?.map(({ message }) => message))
    await make({ service: 'login', listen: [address.replace(/\/p2p\/.*/, '')], privateKey })
    await until(() => lonely.status === 'joined')
    expect(lonely.connectivity).to.deep.equal({ isolated: undefined, unreachable: undefined })
    expect(told).to.have.lengthOf(1)
  })

  it('that joins, or is stopped at once, tells nothing of that', async () => {
    const first = await make({ service: 'login' })
    const [address = ''] = addresses(first)
    const told: string[] = []
    for (const bootstrap of [[address], ['/ip4/127.0.0.1/tcp/9']]) {
      const mesh = await make({ bootstrap })
      mesh.addEventListener('isolated', () => { told.push(mesh.status) })
      await mesh.stop()
    }
    expect(told).to.deep.equal([])
  })

  it('becomes isolated when its last path goes', async () => {
    const first = await make({ service: 'login' })
    const second = await make({ bootstrap: addresses(first) })
    const isolated = once(second, 'isolated')
    await first.stop()
    await isolated
    expect(second.status).to.equal('isolated')
  })

  it('tells a bootstrap of another mesh from one that is down', async () => {
    const other = await make({ mesh: 'other', service: 'login' })
    const reasons: Error[] = []
    const mesh = await createMesh({ listen: LISTEN, mesh: 'shop', bootstrap: addresses(other), start: false })
    meshes.push(mesh)
    mesh.addEventListener('isolated', ({ detail }) => { reasons.push(...detail.reasons) })
    await mesh.start()
    expect(mesh.status).to.equal('isolated')
    expect(reasons.map(reason => reason.name)).to.deep.equal(['WrongMeshError'])
    expect(reasons[0]?.message).to.contain("mesh 'other'").and.to.contain("mesh 'shop'")
    expect(mesh.discovery.nodes()).to.have.lengthOf(1)
  })

  it('refuses illegal names and options before it opens anything', async () => {
    for (const options of [{ mesh: 'My Mesh' }, { service: '' }, { service: 'a/b' }, { mesh: 'x'.repeat(65) }]) {
      expect(await failure(createMesh(options))).to.have.property('name', 'InvalidNameError')
    }
    for (const options of [{ weight: 0 }, { weight: 1.5 }, { bootstrap: ['nonsense'] }, { listen: 'x' as never }, { storage: '' }, { metadata: { a: 1 as never } }]) {
      expect(await failure(createMesh(options)), JSON.stringify(options)).to.have.property('name', 'InvalidOptionsError')
    }
    for (const options of [null, false, 'shop', 5]) expect(await failure(createMesh(options as never)), JSON.stringify(options)).to.have.property('name', 'InvalidOptionsError')
  })

  it('refuses what is no address, wherever it is given, and names it', async () => {
    for (const option of ['listen', 'announce', 'bootstrap']) {
      for (const address of ['', '/', ' ', 'nonsense', 5, null, 'localhost:9001', 'ws://localhost:9002', '/ip4/127.0.0.1/tcp/99999', '/ip4/127.0.0.1/tcp']) {
        const error = await failure(createMesh({ listen: LISTEN, [option]: [address] as never, storage: '/dev/null/nowhere' }))
        expect(error, `${option} ${String(address)}`).to.have.property('name', 'InvalidOptionsError')
        expect(error.message).to.include(`${option}: expected multiaddrs such as /ip4/127.0.0.1/tcp/9001, got '${String(address)}'`)
      }
    }
  })

  it('refuses options of rpc before anything is opened', async () => {
    for (const rpc of [{ timeout: 0 }, { maxBody: NaN }, false as never]) {
      expect(await failure(createMesh({ rpc, storage: '/dev/null/nowhere' })), JSON.stringify(rpc)).to.have.property('name', 'InvalidOptionsError')
    }
  })

  it('reports a port that is taken', async () => {
    const first = await make()
    const [address = ''] = addresses(first)
    const listen = address.replace(/\/p2p\/.*/, '')
    const error = await failure(createMesh({ listen: [listen] }))
    expect(error.message).to.match(/EADDRINUSE|listen/i)
    expect(error).to.have.property('name', 'ListenError')
    expect(error.message).to.equal(`cannot listen on ${listen} (EADDRINUSE): another process, or mesh, listens there; port 0 is any free one`)
  })

  it('reports an address that this machine has not, and leaves what fails otherwise as it is', async () => {
    const error = await failure(createMesh({ listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/192.0.2.9/tcp/0', '/ip4/192.0.2.8/tcp/0/ws'] }))
    expect(error).to.have.property('name', 'ListenError')
    expect(error.message.split('\n')).to.have.members(['/ip4/192.0.2.9/tcp/0', '/ip4/192.0.2.8/tcp/0/ws'].map(address =>
      `cannot listen on ${address} (EADDRNOTAVAIL): this machine has no such address; listen on /ip4/0.0.0.0/… and \`announce\` the outer one`))
    expect(await failure(createMesh({ listen: ['/ip4/127.0.0.1/udp/9001/quic-v1'] }))).to.have.property('name', 'UnsupportedListenAddressesError')
  })

  it('gives up starting when its signal aborts', async () => {
    const reason = new Error('not now')
    expect(await failure(createMesh({ listen: LISTEN, signal: AbortSignal.abort(reason) }))).to.equal(reason)
    // whatever it is
    for (const why of [reason, 'unmounted', null]) {
      const controller = new AbortController()
      const starting = failure(createMesh({ listen: LISTEN, bootstrap: ['/ip4/127.0.0.1/tcp/9'], signal: controller.signal }))
      controller.abort(why)
      expect(await starting).to.equal(why)
    }
  })

  it('stops once, says so, and takes no calls any more', async () => {
    const mesh = await make({ service: 'login' })
    const seen: string[] = []
    mesh.addEventListener('status', ({ detail }) => { seen.push(detail) })
    await Promise.all([mesh.stop(), mesh.stop()])
    await mesh.stop()
    expect(seen).to.deep.equal(['draining', 'stopped'])
    expect(await failure(mesh.rpc.invoke('login', 'x'))).to.have.property('name', 'MeshStoppedError')
    expect(await failure(mesh.start())).to.have.property('name', 'MeshStoppedError')
    expect(await failure(mesh.drain())).to.have.property('name', 'MeshStoppedError')
  })

  it('finishes the calls that run before it stops', async () => {
    const login = await make({ service: 'login' })
    let release = (): void => {}
    const entered = new Promise<void>(resolve => {
      login.rpc.handle('slow', async () => {
        resolve()
        await new Promise<void>(resolve => { release = resolve })
        return 'done'
      })
    })
    const gate = await make({ bootstrap: addresses(login) })
    const answer = gate.rpc.invoke('login', 'slow')
    await entered
    const stopped = login.stop()
    expect(await failure(gate.rpc.invoke('login', 'slow', undefined, { timeout: 300 }))).to.have.property('code').that.is.oneOf(['UNAVAILABLE', 'DEADLINE_EXCEEDED'])
    release()
    expect(await answer).to.equal('done')
    await stopped
  })

  it('drains: refuses new calls, and others stop picking it', async () => {
    const one = await make({ service: 'login', name: 'one' })
    one.rpc.handle('who', () => 'one')
    const other = await make({ service: 'login', name: 'other', bootstrap: addresses(one) })
    other.rpc.handle('who', () => 'other')
    const gate = await make({ bootstrap: addresses(one) })
    while (gate.discovery.nodes('login').length < 2) await new Promise(resolve => setTimeout(resolve, 10))
    await one.drain()
    for (let i = 0; i < 20; i++) expect(await gate.rpc.invoke('login', 'who')).to.equal('other')
  })

  it('keeps two meshes of one process apart', async () => {
    const a = await make({ mesh: 'a', service: 'login' })
    const b = await make({ mesh: 'b', service: 'login' })
    a.rpc.handle('who', () => 'a')
    b.rpc.handle('who', () => 'b')
    const gate = await make({ mesh: 'a', bootstrap: addresses(a) })
    await b.libp2p.dial(a.libp2p.getMultiaddrs())
    for (let i = 0; i < 10; i++) expect(await gate.rpc.invoke('login', 'who')).to.equal('a')
    expect(b.discovery.nodes().map(node => node.id)).to.deep.equal([b.id])
  })
})
