import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { wallClock } from '../harness/ipc.ts'
import { spawnNode } from '../harness/processes.ts'
import { until } from '../harness/until.ts'

const script = fileURLToPath(new URL('../harness/fixtures/plain-child.ts', import.meta.url))
const parent = fileURLToPath(new URL('../harness/fixtures/parent.ts', import.meta.url))

async function rejection (promise: Promise<unknown>): Promise<any> {
  return promise.then(value => { throw new Error(`resolved to ${String(value)}`) }, (error: unknown) => error)
}

function exists (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('harness: node processes', function () {
  this.timeout(180_000)

  it('runs commands, restores errors with name and fields, and streams events with their time', async () => {
    await using node = await spawnNode({ script, label: 'plain' })
    expect(node.id).to.equal(`plain-${node.pid}`)
    expect(node.addresses).to.deep.equal(['/memory/plain'])
    expect(await node.command('add', [2, 3])).to.equal(5)
    expect(await node.command<Uint8Array>('bytes', [Uint8Array.of(1, 2)])).to.deep.equal(Uint8Array.of(2, 3))
    expect(await rejection(node.command('throws'))).to.include({ name: 'TypeError', message: 'bad', code: 'X' })
    expect((await rejection(node.command('nonsense'))).message).to.include('no command \'nonsense\'')
    const before = wallClock()
    await node.command('emit', [{ a: 1 }])
    const event = await node.waitEvent<{ a: number }>('thing', ({ detail }) => detail.a === 1)
    expect(event.at).to.be.within(before - 50, wallClock() + 50)
    await until(() => node.stdout.includes('hello'))
    expect(await node.stop()).to.deep.equal({ code: 0, signal: null })
    node.expectClean()
  })

  it('rejects a command without an answer, at its deadline or at the end of the process', async () => {
    await using node = await spawnNode({ script })
    expect((await rejection(node.command('never', [], 50))).message).to.match(/no answer to never in 50 ms/)
    const pending = rejection(node.command('never'))
    node.kill('SIGKILL')
    expect((await pending).message).to.include('ended with SIGKILL')
    expect(await node.exit).to.deep.equal({ code: null, signal: 'SIGKILL' })
    expect((await rejection(node.command('add', [1, 1]))).message).to.include('is gone')
    node.expectClean()
  })

  it('rejects with what the start threw', async () => {
    const error = await rejection(spawnNode({ script, options: { name: 'refuse' } }))
    expect(error).to.include({ name: 'RangeError', message: 'not today', code: 'NO' })
    expect(error.details).to.deep.equal({ why: 'test' })
  })

  for (const [command, kind] of [['reject', 'unhandledRejection'], ['crash', 'uncaughtException'], ['leak', 'warning']] as const) {
    it(`is not clean after ${kind}`, async () => {
      await using node = await spawnNode({ script })
      node.expectClean()
      await node.command(command)
      await until(() => node.faults.length > 0)
      expect(() => { node.expectClean() }).to.throw(kind)
    })
  }

  it('is not clean after an end that nobody asked for', async () => {
    await using node = await spawnNode({ script })
    await rejection(node.command('quit', [3]))
    await node.exit
    expect(() => { node.expectClean() }).to.throw('ended with code 3')
  })

  it('notices a process that does not end by itself after stop', async () => {
    await using node = await spawnNode({ script })
    await node.command('hold')
    await node.command('stop')
    expect((await rejection(node.ended(200))).message).to.include('not within 200 ms: the end of')
  })

  it('stops and continues a process', async () => {
    await using node = await spawnNode({ script })
    node.kill('SIGSTOP')
    expect((await rejection(node.command('add', [1, 2], 200))).message).to.include('no answer')
    node.kill('SIGCONT')
    expect(await node.command('add', [1, 2])).to.equal(3)
    node.expectClean()
  })

  for (const how of ['SIGKILL', 'exit'] as const) {
    it(`leaves no child behind when the parent ends by ${how}, not even a stopped one`, async () => {
      const root = spawn(process.execPath, ['--conditions=braid-mesh-source', '--import', 'tsx', parent, how], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      root.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
      const pids = await until(() => JSON.parse(output) as number[], { timeout: 40_000 })
      expect(pids).to.have.length(2)
      if (how === 'SIGKILL') root.kill('SIGKILL')
      await until(() => !pids.some(exists), { what: () => `the end of ${pids.filter(exists).join()}` })
    })
  }
})
