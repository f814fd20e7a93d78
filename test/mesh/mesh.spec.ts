import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { createMesh } from '../../src/index.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { AddressInfo } from 'node:net'
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

  it('tells whoever calls while it is isolated why it is', async () => {
    const lonely = await make({ bootstrap: ['/ip4/127.0.0.1/tcp/9'] })
    const { id } = await make({ service: 'login' })
    for (const options of [{ timeout: 200 }, { timeout: 200, node: id }]) {
      // on a busy machine it does not know yet
      const error = await until(async () => {
        const error = await failure(lonely.rpc.invoke('login', 'ping', undefined, options)) as Error & { cause?: Error }
        return error.message.includes('bootstrap /ip4/127.0.0.1/tcp/9 cannot be reached') ? error : undefined
      })
      expect(error).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE' })
      expect(error.cause?.message).to.include('cannot be reached')
    }
    expect((await failure(lonely.rpc.invoke('login', 'ping', undefined, { timeout: 200 }))).message).to.include('this node is isolated')
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
    // who does not get to say so within the time of a start has not answered yet
    const { mesh, reasons } = await undisturbed(async () => {
      const reasons: Error[] = []
      const mesh = await make({ mesh: 'shop', bootstrap: addresses(other), start: false })
      mesh.addEventListener('isolated', ({ detail }) => { reasons.push(...detail.reasons) })
      await mesh.start()
      return { mesh, reasons }
    }, ({ reasons }) => reasons.some(({ name }) => name === 'WrongMeshError'))
    expect(mesh.status).to.equal('isolated')
    expect(reasons.map(reason => reason.name)).to.deep.equal(['WrongMeshError'])
    expect(reasons[0]?.message).to.contain("mesh 'other'").and.to.contain("mesh 'shop'")
    expect(mesh.discovery.nodes()).to.have.lengthOf(1)
  })

  it('tells a bootstrap that is in no mesh at all from one that is down, and waits no longer for it', async () => {
    const stranger = await createLibp2p({ addresses: { listen: LISTEN }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [guardedYamux()], services: { identify: identify() } })
    try {
      const [address = ''] = stranger.getMultiaddrs().map(String)
      const bare = address.replace(/\/p2p\/.*/, '')
      for (const bootstrap of [address, bare]) {
        const { mesh, time } = await undisturbed(async () => {
          const began = performance.now()
          const mesh = await make({ mesh: 'shop', bootstrap: [bootstrap] })
          return { mesh, time: performance.now() - began }
        }, ({ time }) => time < 2_500)
        expect(time).to.be.below(2_500)
        expect(mesh.status).to.equal('isolated')
        expect(mesh.connectivity.isolated?.map(({ name, message }) => [name, message])).to.deep.equal([['WrongMeshError', `bootstrap ${address} belongs to no mesh, this node to mesh 'shop'`]])
      }
    } finally {
      await stranger.stop()
    }
  })

  it('has a reason for being isolated also while its bootstrap says nothing at all', async () => {
    const mute = createServer()
    await new Promise<void>(resolve => { mute.listen(0, '127.0.0.1', resolve) })
    try {
      const mesh = await make({ mesh: 'shop', bootstrap: [`/ip4/127.0.0.1/tcp/${(mute.address() as AddressInfo).port}`], start: false })
      const started = mesh.start()
      expect(mesh.connectivity.isolated?.map(({ message }) => message)).to.deep.equal(['no bootstrap peer has answered yet'])
      await mesh.stop()
      await started.catch(() => {})
    } finally {
      mute.close()
    }
  })

  it('that cannot stop a service of its user lets go of its storage all the same, and says so', async () => {
    const storage = await mkdtemp(join(tmpdir(), 'braid-'))
    try {
      const bad = (): object => ({ start: () => {}, stop: () => { throw new Error('the user did that') } })
      const mesh = await createMesh({ listen: LISTEN, storage, libp2p: { services: { bad } } })
      expect(await failure(mesh.stop())).to.have.property('message', 'the user did that')
      expect(mesh.status).to.equal('stopped')
      await make({ storage })
    } finally {
      await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
      await rm(storage, { recursive: true })
    }
  })

  it('of whose user a service cannot be stopped stops all the rest, and says so then', async () => {
    for (const step of ['beforeStop', 'stop', 'afterStop']) {
      const storage = await mkdtemp(join(tmpdir(), 'braid-'))
      try {
        let ended = false
        const bad = (): object => ({ start: () => {}, stop: () => {}, [step]: () => { throw new Error(`no ${step}`) } })
        const slow = (): object => ({ start: () => {}, stop: async () => { await new Promise(resolve => { setTimeout(resolve, 200) }); ended = true } })
        const other = await make()
        const mesh = await createMesh({ listen: LISTEN, service: 'login', storage, bootstrap: addresses(other), libp2p: { services: { bad, slow } } })
        const listen = addresses(mesh).map(address => address.replace(/\/p2p\/.*/, ''))
        expect(await failure(mesh.stop())).to.have.property('message', `no ${step}`)
        expect([mesh.status, ended, mesh.libp2p.getConnections(), mesh.libp2p.getMultiaddrs()]).to.deep.equal(['stopped', true, [], []])
        await make({ listen, storage })
      } finally {
        await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
        await rm(storage, { recursive: true })
      }
    }
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

  it('refuses options that there are not, in each group of them, and names what was meant', async () => {
    const misspelt: Array<[object, string]> = [
      [{ bootsrap: [] }, 'createMesh: there is no option bootsrap, did you mean bootstrap?'],
      [{ servce: 'login' }, 'did you mean service?'], [{ Service: 'login' }, 'did you mean service?'], [{ metdata: {} }, 'did you mean metadata?'],
      [{ zzz: 1 }, 'createMesh: there is no option zzz'],
      [{ rpc: { timout: 5 } }, 'rpc: there is no option timout, did you mean timeout?'],
      [{ rpc: { interceptors: { servers: [] } } }, 'rpc interceptors: expected'],
      [{ election: { expcet: 3 } }, 'did you mean expect?'], [{ election: { remoteresign: true } }, 'did you mean remoteResign?'],
      [{ links: { owership: 'strict' } }, 'did you mean ownership?'], [{ links: { secrets: 'x' } }, 'did you mean secret?'],
      [{ pubsub: { kepper: false } }, 'did you mean keeper?'], [{ pubsub: { outbox: { mesages: 5 } } }, 'pubsub.outbox: there is no option mesages, did you mean messages?'],
      [{ pubsub: { retention: { times: 5 } } }, 'did you mean time?'], [{ pubsub: { keeper: 'no' } }, 'pubsub.keeper: expected true or false, got no'],
      [{ monitor: { interval: 5 } }, 'monitor: there is no option interval'], [{ relay: { reservation: 5 }, storage: undefined }, 'relay: there is no option reservation, did you mean reservations?']
    ]
    for (const [options, message] of misspelt) {
      const error = await failure(createMesh({ listen: LISTEN, storage: '/dev/null/nowhere', ...options }))
      expect(error, JSON.stringify(options)).to.include({ name: 'InvalidOptionsError' })
      expect(error.message).to.include(message)
    }
    await make({ mesh: 'shop', lisen: undefined, monitor: {}, pubsub: {}, links: {}, election: {}, rpc: {}, relay: {} } as MeshOptions)
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

  it('that is stopped before it was started ends whoever waits to lead', async () => {
    const mesh = await createMesh({ listen: LISTEN, service: 'login', start: false })
    const work = [mesh.election.runAsLeader(() => 1)]
    await mesh.stop()
    work.push(mesh.election.runAsLeader(() => 2))
    expect(await Promise.all(work.map(async one => one.catch((err: Error) => err.name)))).to.deep.equal(['MeshStoppedError', 'MeshStoppedError'])
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
    const answer = gate.rpc.invoke('login', 'slow', undefined, { timeout: 40_000 })
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

  it('does not begin to drain within what is no time', async () => {
    const mesh = await make({ service: 'login' })
    for (const timeout of [NaN, -1, '5s']) expect(await failure(mesh.drain({ timeout: timeout as number }))).to.have.property('name', 'InvalidOptionsError')
    expect(mesh.status).to.equal('joined')
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
