import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { faultProxy } from '../harness/fault-proxy.ts'
import { freePort } from '../harness/ports.ts'
import { until } from '../harness/until.ts'
import { allSeeAll, useProcesses } from '../harness/use-processes.ts'
import type { Outcome } from './rpc-stream-child.ts'
import type { NodeProcess } from '../harness/processes.ts'

const commands = fileURLToPath(new URL('./rpc-stream-child.ts', import.meta.url))

async function running (node: NodeProcess): Promise<number> {
  const { rpc } = await node.command<{ rpc: Record<string, { running: number }> }>('stats')
  return (rpc['ticks']?.running ?? 0) + (rpc['mirror']?.running ?? 0)
}

describe('processes: streaming calls', function () {
  this.timeout(300_000)
  const processes = useProcesses()

  async function pair (): Promise<[NodeProcess, NodeProcess]> {
    return await processes.mesh(2, index => ({
      label: index === 0 ? 'server' : 'client', commands, options: index === 0 ? { service: 'flow' } : {}
    })) as [NodeProcess, NodeProcess]
  }

  it('the server is killed in mid-stream: every reader gets UNAVAILABLE after what had come', async () => {
    const [server, client] = await pair()
    const calls = ['a', 'b', 'c'].map(async key => client.command<Outcome>('ticks', [key, 20]))
    for (const key of ['a', 'b', 'c']) await client.waitEvent('five', ({ detail }) => detail as unknown === key)
    server.kill('SIGKILL')
    for (const { inOrder, disorder, end } of await Promise.all(calls)) {
      expect(inOrder).to.be.at.least(5)
      expect(disorder).to.equal(undefined)
      expect(end).to.deep.equal({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false })
    }
  })

  it('the caller is killed in mid-stream: the handler ends', async () => {
    const [server, client] = await pair()
    client.command('ticks', ['left', 20]).catch(() => {})
    await client.waitEvent('five')
    client.kill('SIGKILL')
    await server.waitEvent('ticks:end', ({ detail }) => detail as unknown === 'left')
    await until(async () => await running(server) === 0)
  })

  it('cancels and deadlines that race the end of a call leave nothing behind, and no result out of order', async () => {
    const [server, client] = await pair()
    const ends = await client.command<string[]>('races', [240], 60_000)
    expect(ends).to.have.length(240)
    expect(ends.filter(end => !['end', 'left', 'CANCELLED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE'].includes(end))).to.deep.equal([])
    await until(async () => await running(server) === 0)
    expect(await client.command<Outcome>('mirror', [5_000, 50_000])).to.deep.equal({ inOrder: 5_000, disorder: undefined, end: 'end' })
  })

  it('connections that are reset again and again under load: no result is lost, doubled or mixed up', async () => {
    const port = await freePort()
    const proxy = await faultProxy({ port })
    try {
      const announce = [`/ip4/127.0.0.1/tcp/${proxy.port}`]
      const server = await processes.spawn({ label: 'server', commands, options: { service: 'flow', listen: [`/ip4/127.0.0.1/tcp/${port}`], announce } })
      const client = await processes.spawn({ label: 'client', commands, options: { listen: [], bootstrap: announce } })
      await allSeeAll([server, client])
      const load = client.command<{ outcomes: Outcome[], answered: string[], failed: string[] }>('load', ['x'], 240_000)
      const streams = (type: 'begun' | 'ended'): number => client.eventsOf(type).length
      for (let n = 0; n < 5; n++) {
        const before = streams('begun')
        await until(() => streams('begun') > before, { what: 'a stream flows' })
        proxy.reset()
      }
      const before = streams('ended')
      await until(() => streams('ended') > before, { what: 'a stream ends well' })
      await client.command('loadOff')
      const { outcomes, answered, failed } = await load
      expect(outcomes.filter(({ disorder }) => disorder !== undefined)).to.deep.equal([])
      for (const { inOrder, end } of outcomes) {
        if (end === 'end') expect(inOrder).to.equal(2_000)
        else expect(end.code).to.be.oneOf(['UNAVAILABLE', 'CANCELLED', 'DEADLINE_EXCEEDED'])
      }
      expect(outcomes.filter(({ end }) => end === 'end').length).to.be.above(0)
      expect(failed.filter(code => !['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(code))).to.deep.equal([])
      const runs = new Map(await server.command<Array<[string, number]>>('runs'))
      expect([...runs].filter(([, count]) => count !== 1), 'run twice').to.deep.equal([])
      expect(answered.filter(key => runs.get(key) !== 1), 'answered and not run').to.deep.equal([])
      await until(async () => await running(server) === 0)
    } finally {
      await proxy.close()
    }
  })
})
