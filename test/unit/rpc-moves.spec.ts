/** Calls while a better path to their node takes over. */
import { expect } from 'chai'
import { FakeMesh, ready } from './rpc-fakes.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'

describe('rpc: a better path', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let ran: unknown[]
  let finish: () => void

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate', undefined)
    login = await mesh.add('login', 'login')
    ran = []
    const finished = Promise.withResolvers<void>()
    finish = finished.resolve
    login.rpc.handle('echo', args => {
      ran.push(args)
      return args
    })
    login.rpc.handle('slow', async args => {
      ran.push(args)
      await finished.promise
      return args
    })
  })

  afterEach(async () => { await mesh.stop() })

  it('carries new calls, while those under way are answered on the old one, which then ends', async () => {
    const slow = gate.rpc.invoke('login', 'slow', 1)
    await ready()
    const before = gate.to('login')
    await gate.streams.move('login')
    const after: FakeStream = gate.to('login')
    expect(after).not.to.equal(before)
    const sent = before.delivered
    expect(await Promise.all([2, 3, 4].map(async n => gate.rpc.invoke('login', 'echo', n)))).to.deep.equal([2, 3, 4])
    expect([before.delivered, after.delivered > 0, before.open]).to.deep.equal([sent, true, true])
    finish()
    expect(await slow).to.equal(1)
    await ready()
    expect([before.open, before.reason, after.open]).to.deep.equal([false, undefined, true])
    expect(ran).to.deep.equal([1, 2, 3, 4])
  })

  it('ends an old one that nothing waits on at once, and what was written to it a moment ago has arrived', async () => {
    await gate.rpc.invoke('login', 'echo', 1)
    const before = gate.to('login')
    await gate.rpc.notify('login', 'echo', 2)
    await gate.streams.move('login')
    await ready()
    expect(before.open).to.equal(false)
    expect(await gate.rpc.invoke('login', 'echo', 3)).to.equal(3)
    expect(ran).to.deep.equal([1, 2, 3])
  })

  it('that ends while the old one still has calls costs only its own', async () => {
    const slow = gate.rpc.invoke('login', 'slow', 1)
    await ready()
    const before = gate.to('login')
    await gate.streams.move('login')
    const lost = gate.rpc.invoke('login', 'slow', 2)
    await ready()
    gate.to('login').abort(new Error('the path broke'))
    expect(await lost.catch((error: unknown) => error)).to.include({ code: 'UNAVAILABLE' })
    expect(await gate.rpc.invoke('login', 'echo', 3)).to.equal(3)
    finish()
    expect(await slow).to.equal(1)
    await ready()
    expect(before.open).to.equal(false)
  })

  it('takes over again and again under load, and every call runs once', async () => {
    let n = 0
    const calls: Array<Promise<unknown>> = []
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 10; i++) calls.push(gate.rpc.invoke('login', 'echo', n++))
      if (round % 3 === 0) await ready()
      if (gate.streams.outbound.get('login')?.open === true) await gate.streams.move('login')
    }
    expect(await Promise.all(calls)).to.deep.equal(Array.from({ length: n }, (_, i) => i))
    expect(ran).to.have.lengthOf(n)
    await ready()
    expect([...gate.streams.all].filter(({ open }) => open)).to.have.lengthOf(1)
  })
})
