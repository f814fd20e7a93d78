import { expect } from 'chai'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'

describe('rpc: onNode', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let told: string[]
  const onNode = (id: string): void => { told.push(id) }

  beforeEach(async () => {
    mesh = new FakeMesh()
    told = []
    gate = await mesh.add('gate-1', undefined)
    for (const id of ['login-1', 'login-2']) {
      const node = await mesh.add(id, 'login')
      node.rpc.handle('who', () => id)
      node.rpc.handle('fail', () => { throw new Error('no') })
    }
  })

  afterEach(async () => { await mesh.stop() })

  it('tells who answers, whether with a result or an error, and this node as any other', async () => {
    for (let i = 0; i < 10; i++) {
      const answer = await gate.rpc.invoke('login', 'who', undefined, { onNode })
      expect(told.splice(0)).to.deep.equal([answer])
    }
    expect(await rejection(gate.rpc.invoke('login', 'fail', undefined, { onNode }))).to.include({ node: told.pop() })
    const self = await mesh.add('mail-1', 'mail')
    self.rpc.handle('send', () => 'sent')
    expect(await self.rpc.invoke('mail', 'send', undefined, { onNode })).to.equal('sent')
    expect(told).to.deep.equal(['mail-1'])
  })

  it('tells every node of a call that moves on, not those it could not be sent to', async () => {
    await gate.rpc.invoke('login', 'who', undefined, { node: 'login-1' })
    gate.to('login-1').blocked = true
    const calls = Array.from({ length: 20 }, () => {
      const nodes: string[] = []
      return { nodes, call: watch(gate.rpc.invoke('login', 'who', undefined, { onNode: id => { nodes.push(id) } })) }
    })
    await ready()
    mesh.kill('login-1')
    await mesh.clock.pass(100)
    expect(calls.map(({ call }) => call.value)).to.deep.equal(new Array(20).fill('login-2'))
    expect(new Set(calls.map(({ nodes }) => nodes.join()))).to.deep.equal(new Set(['login-2', 'login-1,login-2']))
    const late = watch(gate.rpc.invoke('login', 'who', undefined, { node: 'login-1', timeout: 100, onNode }))
    await mesh.clock.pass(120)
    expect(late.error).to.include({ code: 'UNAVAILABLE' })
    expect(told).to.deep.equal([])
  })

  it('a listener that throws or cancels harms nobody else; one that is no function is refused', async () => {
    expect(await gate.rpc.invoke('login', 'who', undefined, { node: 'login-1', onNode: () => { throw new Error('mine') } })).to.equal('login-1')
    const controller = new AbortController()
    const cancelled = await rejection(gate.rpc.invoke('login', 'who', undefined, { signal: controller.signal, onNode: () => { controller.abort() } }))
    expect(cancelled).to.include({ code: 'CANCELLED' })
    expect(await rejection(gate.rpc.invoke('login', 'who', undefined, { onNode: 'x' as never }))).to.include({ name: 'InvalidOptionsError' })
  })
})
