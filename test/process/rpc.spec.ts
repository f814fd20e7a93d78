import { expect } from 'chai'
import { until } from '../harness/until.ts'
import { useProcesses } from '../harness/use-processes.ts'
import type { Who } from '../harness/node-methods.ts'
import type { NodeProcess } from '../harness/processes.ts'

async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`resolved to ${JSON.stringify(value)}`) }, (error: unknown) => error)
}

describe('processes: calls', function () {
  this.timeout(300_000)
  const processes = useProcesses({ per: 'suite' })
  let login: NodeProcess[]
  let gates: [NodeProcess, NodeProcess]
  let gate: NodeProcess

  before(async () => {
    const [a, b, ...rest] = await processes.mesh(5, index => ({
      label: index < 2 ? `gate-${index}` : `login-${index}`,
      options: { mesh: 'calls', ...index < 2 ? {} : { service: 'login' } }
    })) as [NodeProcess, NodeProcess, ...NodeProcess[]]
    gates = [a, b]
    gate = a
    login = rest
  })

  it('without a token every node of the service answers, and no other', async () => {
    const answers = await Promise.all(Array.from({ length: 90 }, async () => gate.invoke<Who>('login', 'who')))
    expect(new Set(answers.map(({ pid }) => pid))).to.deep.equal(new Set(login.map(({ pid }) => pid)))
    expect(new Set(answers.map(({ caller }) => caller))).to.deep.equal(new Set([gate.id]))
  })

  it('the same token reaches the same node, whoever calls, and different tokens spread', async () => {
    const owners = new Set<number>()
    // which of three is picked for a token is chance
    for (let n = 0; n < 24 || (owners.size < login.length && n < 200); n++) {
      // the first call with a token founds a group, which settles first
      const options = { token: `session-${n}`, timeout: 60_000 }
      const answers = await Promise.all([...gates, ...gates].map(async from => from.invoke<Who>('login', 'who', {}, options)))
      expect(new Set(answers.map(({ pid }) => pid)), options.token).to.have.length(1)
      expect(new Set(answers.map(({ token }) => token)), options.token).to.have.length(1)
      expect(answers[0]?.token).not.to.equal(options.token)
      owners.add(answers[0]?.pid ?? 0)
    }
    expect(owners.size).to.equal(login.length)
  })

  it('arguments and results of every kind arrive unchanged', async () => {
    const value = { text: 'ä€😀', list: [1, -2.5, 2 ** 40, null, true], bytes: Uint8Array.of(0, 255), nested: { deep: [{ a: 1 }] } }
    expect(await gate.invoke('login', 'echo', value)).to.deep.equal(value)
    const large = new Uint8Array(900_000).map((_, i) => i * 7)
    expect(await gate.invoke('login', 'echo', large)).to.deep.equal(large)
  })

  it('a handler\'s error keeps code, message and details; a stray throw is UNKNOWN and keeps its stack to itself', async () => {
    const thrown = await rejection(gate.invoke('login', 'fail', { code: 'PERMISSION_DENIED', message: 'not yours', details: { why: [1] } }))
    expect(thrown).to.include({ name: 'RpcError', code: 'PERMISSION_DENIED', retryable: false })
    expect(thrown.message).to.include('not yours')
    expect(thrown.details).to.deep.equal({ why: [1] })
    expect(await rejection(gate.invoke('login', 'fail', { message: 'secret', plain: true }))).to.include({ code: 'UNKNOWN' })
  })

  it('unknown methods, unknown services, illegal names and too large bodies have their errors', async () => {
    expect(await rejection(gate.invoke('login', 'nonsense'))).to.include({ code: 'UNIMPLEMENTED' })
    expect(await rejection(gate.invoke('nobody', 'echo', {}, { timeout: 300 }))).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE' })
    expect(await rejection(gate.invoke('No Body', 'echo'))).to.include({ name: 'InvalidNameError' })
    expect(await rejection(gate.invoke('login', 'echo', new Uint8Array(2 * 1024 * 1024)))).to.include({ code: 'RESOURCE_EXHAUSTED' })
  })

  it('a deadline and a cancel both end the call here and the handler there', async () => {
    const told = (event: string, key: string): unknown[] => login.flatMap(node => node.eventsOf('slow:' + event).filter(({ detail }) => detail as unknown === key))
    for (const [kind, code, options] of [['late', 'DEADLINE_EXCEEDED', { timeout: 300 }], ['cancelled', 'CANCELLED', { abortAfter: 300, timeout: 60_000 }]] as const) {
      let n = 0
      // on a busy machine one ends before its handler has begun
      const key = await until(async () => {
        const key = `${kind}-${n++}`
        expect(await rejection(gate.invoke('login', 'slow', { ms: 60_000, key }, options))).to.include({ code })
        return told('start', key).length > 0 ? key : undefined
      })
      await until(() => told('abort', key).length > 0, { what: `the abort of ${key}` })
      expect(told('start', key), key).to.have.length(1)
    }
  })

  it('a handler calls on, and the deadline goes with it', async () => {
    const through = await gate.invoke<{ via: string, answer: Who }>('login', 'nested', { service: 'login', method: 'who', args: {} })
    expect(through.answer.caller).to.equal(through.via)
    const { answer } = await gate.invoke<{ answer: { remaining: number } }>('login', 'nested', { service: 'login', method: 'context', args: {} }, { timeout: 3_000 })
    expect(answer.remaining).to.be.within(1, 3_000)
  })

  it('the node that runs a call is killed: the caller gets UNAVAILABLE at once, and the call runs nowhere else', async () => {
    const token = 'a session'
    const call = rejection(gate.invoke('login', 'slow', { ms: 60_000, key: 'mid-call' }, { token, timeout: 60_000 }))
    const started = (node: NodeProcess): boolean => node.eventsOf('slow:start').some(({ detail }) => detail as unknown === 'mid-call')
    const victim = await until(() => login.find(started))
    victim.kill('SIGKILL')
    const error = await call
    expect(error).to.include({ code: 'UNAVAILABLE', retryable: false })
    login = login.filter(node => node !== victim)
    // The next call with this token finds another node, which proves that the lost one had the chance to go there. If the
    // only voter so far was killed, a new group decides, after 10 s without a leader.
    const next = await gate.invoke<Who>('login', 'who', {}, { token, timeout: 60_000 })
    expect(login.map(({ pid }) => pid)).to.include(next.pid)
    expect(login.filter(started)).to.deep.equal([])
    const again = await Promise.all(gates.map(async from => from.invoke<Who>('login', 'who', {}, { token, timeout: 60_000 })))
    expect(again.map(({ pid }) => pid)).to.deep.equal([next.pid, next.pid])
  })

  it('a node that stops finishes what it runs and takes nothing new', async () => {
    const leaving = login[0] as NodeProcess
    const call = gate.invoke<Who>('login', 'slow', { ms: 1_000, key: 'last' }, { node: leaving.id })
    await leaving.waitEvent('slow:start', ({ detail }) => detail as unknown === 'last')
    const stopped = leaving.stop()
    const others = await Promise.all(Array.from({ length: 20 }, async () => gate.invoke<Who>('login', 'who')))
    expect((await call).pid).to.equal(leaving.pid)
    expect(await stopped).to.deep.equal({ code: 0, signal: null })
    login = login.filter(node => node !== leaving)
    await until(async () => !(await gate.nodes()).some(({ id }) => id === leaving.id))
    const after = await Promise.all(Array.from({ length: 20 }, async () => gate.invoke<Who>('login', 'who')))
    expect(new Set(after.map(({ pid }) => pid))).to.deep.equal(new Set(login.map(({ pid }) => pid)))
    expect(others).to.have.length(20)
  })
})
