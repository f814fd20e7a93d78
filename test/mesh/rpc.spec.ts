import { createLibp2p } from 'libp2p'
import { expect } from 'chai'
import { rpc } from '../../src/rpc/index.ts'
import { timers } from '../../src/util/timers.ts'
import { until } from '../harness/until.ts'
import { Nodes } from './rpc-nodes.ts'
import type { Node } from './rpc-nodes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'
import type { Stream } from '@libp2p/interface'

async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`it resolved, to ${JSON.stringify(value)}`) }, (err: unknown) => err)
}

describe('mesh: rpc as a libp2p service, over TCP', () => {
  const nodes = new Nodes()
  let gate: Node
  let login: Node

  /** The handler that runs, and what ends it. */
  interface Run { ctx: HandlerContext, node: string, end: (value?: unknown) => void }
  let runs: Run[]

  function serve (node: Node): Node {
    node.rpc.handle('echo', args => args)
    node.rpc.handle('who', () => node.id)
    node.rpc.handle('wait', async (_, ctx) => new Promise((resolve, reject) => {
      runs.push({ ctx, node: node.id, end: resolve })
      ctx.signal.addEventListener('abort', () => { reject(ctx.signal.reason as Error) })
    }))
    return node
  }

  beforeEach(async () => {
    runs = []
    gate = await nodes.add(undefined)
    login = serve(await nodes.add('login', { name: 'login-1' }))
    await nodes.met()
  })

  afterEach(async () => { await nodes.stop() })

  it('any value comes back, small and large, one by one and together', async () => {
    const values = [undefined, null, 'ä', { a: [1, Uint8Array.of(1)] }, new Uint8Array(0), new Uint8Array(1024 * 1024).map((_, i) => i)]
    for (const value of values) expect(await gate.rpc.invoke('login', 'echo', value)).to.deep.equal(value)
    const numbers = Array.from({ length: 5_000 }, (_, i) => i)
    expect(await Promise.all(numbers.map(async n => gate.rpc.invoke('login', 'echo', n, { timeout: 60_000 })))).to.deep.equal(numbers)
  })

  it('both ends call each other over the same connection', async () => {
    gate.rpc.handle('back', (_, ctx) => ctx.caller.name)
    login.rpc.handle('there', async (_, { caller, invoke }) => invoke('any', 'braid.ping', 'and back', { node: caller.id }))
    expect(await gate.rpc.invoke('login', 'there')).to.equal('and back')
    const protocols = gate.libp2p.getConnections().flatMap(({ streams }) => streams).map(({ protocol }) => protocol)
    expect(protocols.filter(id => id === '/braid/shop/rpc/1.0.0')).to.have.lengthOf(2)
  })

  it('methods are listed in the node\'s record', async () => {
    await until(() => gate.discovery.node(login.id)?.methods.join() === 'echo,wait,who')
    login.rpc.handle('another', () => 1)
    await until(() => gate.discovery.node(login.id)?.methods.includes('another'))
  })

  it('a deadline ends both sides, a cancel does too, and nobody waits for late results', async () => {
    // on a busy machine one is over before it runs
    const late = await until(async () => {
      const error = await rejection(gate.rpc.invoke('login', 'wait', 1, { timeout: 100 }))
      expect(error).to.include({ code: 'DEADLINE_EXCEEDED' })
      return runs.length > 0 ? error : undefined
    })
    expect(late).to.include({ code: 'DEADLINE_EXCEEDED', node: login.id })
    await until(() => runs.every(({ ctx }) => ctx.signal.aborted))
    const { length } = runs
    const controller = new AbortController()
    const cancelled = rejection(gate.rpc.invoke('login', 'wait', 1, { signal: controller.signal }))
    await until(() => runs.length === length + 1)
    controller.abort()
    expect(await cancelled).to.include({ code: 'CANCELLED' })
    await until(() => runs[length]?.ctx.signal.aborted)
    expect(await gate.rpc.invoke('login', 'echo', 'still here')).to.equal('still here')
  })

  it('a call longer than the idle time of its stream survives, on a stream that idles out afterwards', async () => {
    const limits = { idleTimeout: 150 }
    const slow = serve(await nodes.add('slow', { limits }))
    const caller = await nodes.add(undefined, { limits })
    await nodes.met()
    const streams = (): Stream[] => caller.libp2p.getConnections(slow.libp2p.peerId).flatMap(({ streams }) => streams).filter(({ protocol }) => protocol.includes('/rpc/'))
    const call = caller.rpc.invoke('slow', 'wait', 1, { timeout: 20_000 })
    await until(() => runs.length === 1)
    const [stream] = streams()
    // many times the idle time, by the wheel that the streams' watchdogs are on
    await new Promise<void>(resolve => { timers.after(1_200, resolve) })
    expect(streams()).to.deep.equal([stream])
    runs[0]?.end('at last')
    expect(await call).to.equal('at last')
    await until(() => streams().length === 0)
    expect(await caller.rpc.invoke('slow', 'echo', 'anew')).to.equal('anew')
  })

  it('a node that vanishes mid-call fails its calls at once; none runs again elsewhere', async () => {
    serve(await nodes.add('login', { name: 'login-2' }))
    await nodes.met()
    const calls = Array.from({ length: 40 }, async () => gate.rpc.invoke('login', 'wait', 1, { timeout: 60_000 }).then(() => 'answered', (err: any) => err))
    await until(() => runs.length === 40)
    const there = runs.filter(({ node }) => node === login.id).length
    expect(there).to.be.within(1, 39)
    for (const connection of login.libp2p.getConnections()) connection.abort(new Error('gone'))
    await until(() => runs.filter(({ ctx }) => ctx.signal.aborted).length === there)
    for (const { node, end } of runs) if (node !== login.id) end()
    const outcomes = await Promise.all(calls)
    const failed = outcomes.filter(outcome => outcome !== 'answered')
    expect(failed).to.have.lengthOf(there)
    for (const error of failed) {
      expect(error).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false, node: login.id })
      expect(error.message).to.include('it may have run')
    }
    expect(runs).to.have.lengthOf(40)
  })

  it('a node that stops finishes what it runs; callers go elsewhere and notice nothing', async () => {
    const second = serve(await nodes.add('login', { name: 'login-2' }))
    await nodes.met()
    const running = Array.from({ length: 20 }, async () => gate.rpc.invoke('login', 'wait'))
    await until(() => runs.length === 20)
    const state = { stopped: false }
    const answers: Array<Promise<unknown>> = []
    const stopping = Promise.resolve(login.libp2p.stop()).then(() => { state.stopped = true })
    let finish = 5
    while (!state.stopped) {
      answers.push(gate.rpc.invoke('login', 'who'))
      await answers.at(-1)
      if (--finish === 0) runs.forEach(({ end }) => { end('done') })
    }
    await stopping
    expect(await Promise.all(running)).to.deep.equal(new Array(20).fill('done'))
    expect(new Set((await Promise.all(answers)).slice(-3))).to.deep.equal(new Set([second.id]))
  })

  it('a token stays on its node while it lives, from whatever caller, and moves only when it is gone', async () => {
    const others = [serve(await nodes.add('login')), serve(await nodes.add('login'))]
    const caller = await nodes.add(undefined)
    await nodes.met()
    const tokens = Array.from({ length: 40 }, (_, i) => `token-${i}`)
    const ask = async (node: Node): Promise<string[]> => Promise.all(tokens.map(async token => node.rpc.invoke('login', 'who', 1, { token }) as Promise<string>))
    const before = await ask(gate)
    expect(new Set(before)).to.have.lengthOf(3)
    expect(await ask(caller)).to.deep.equal(before)
    expect(await ask(login)).to.deep.equal(before)
    await others[0]?.libp2p.stop()
    await until(() => [gate, caller].every(({ discovery }) => discovery.node(others[0]?.id ?? '') === undefined))
    const after = await ask(gate)
    expect(await ask(caller)).to.deep.equal(after)
    after.forEach((node, i) => {
      if (before[i] === others[0]?.id) expect(node).not.to.equal(before[i])
      else expect(node).to.equal(before[i])
    })
  })

  it('garbage on the protocol is cut, and touches nobody else', async () => {
    const stream = await gate.libp2p.dialProtocol(login.libp2p.peerId, '/braid/shop/rpc/1.0.0')
    const ended = new Promise(resolve => { stream.addEventListener('close', resolve) })
    stream.send(Uint8Array.of(5, 0xff, 1, 2, 3, 4))
    await ended
    expect(stream.status).not.to.equal('open')
    expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
  })

  it('a service that starts later is waited for', async () => {
    const call = gate.rpc.invoke('mail', 'echo', 'hello', { timeout: 40_000 })
    await nodes.add('mail', { made: serve })
    expect(await call).to.equal('hello')
    const error = await rejection(gate.rpc.invoke('nobody', 'x', 1, { timeout: 50 }))
    expect(error).to.include({ name: 'ServiceUnavailableError' })
    expect(error.message).to.include('\'nobody\' in mesh \'shop\'')
  })

  it('nothing is called before the start and after the stop', async () => {
    await gate.libp2p.stop()
    expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.include({ name: 'MeshStoppedError' })
    await gate.libp2p.start()
    await gate.libp2p.dial(login.libp2p.getMultiaddrs())
    expect(await gate.rpc.invoke('login', 'echo', 'again')).to.equal('again')
  })

  it('without discovery beside it the node does not start, and says what to add', async () => {
    const error = await rejection(createLibp2p({ services: { rpc: rpc() } }))
    expect(error).to.include({ name: 'InvalidOptionsError' })
    expect(error.message).to.include('discovery: discovery()')
  })
})
