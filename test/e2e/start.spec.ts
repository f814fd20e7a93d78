import { expect } from 'chai'
import { createServer } from 'node:http'
import { until } from '../harness/until.ts'
import { DemoProcess, isAlive } from './demo-process.ts'
import type { AddressInfo } from 'node:net'

describe('npm start', function () {
  // what it waits for has 240 s
  this.timeout(360_000)

  it('starts the mesh, shows real calls, and stops at the first Ctrl-C', async () => {
    await using demo = new DemoProcess(['--port', '0'])
    await demo.ready()
    expect(Array.from(demo.pids.keys())).to.deep.equal(['relay', 'login-1', 'login-2', 'login-3', 'mail-1', 'mail-2', 'gate'])
    const answers = Array.from(demo.output.matchAll(/login user.password, token (\w+) +(login-\d) +[\d.]+ ms/g), ([, token, node]) => `${token} ${node}`)
    expect(answers).to.have.lengthOf(4)
    expect(new Set(answers).size).to.equal(2)
    expect(demo.output).to.match(/mail send +mail-\d +[\d.]+ ms/)
    demo.kill('SIGINT')
    expect(await demo.exit).to.deep.equal({ code: 0, signal: null })
    expect(Array.from(demo.pids.values()).filter(isAlive)).to.deep.equal([])
  })

  it('kills what does not stop at the second Ctrl-C', async () => {
    await using demo = new DemoProcess(['--port', '0'])
    await demo.ready()
    const frozen = demo.pids.get('login-1') ?? 0
    process.kill(frozen, 'SIGSTOP')
    demo.kill('SIGINT')
    await demo.prints(/stopping all processes/)
    expect(isAlive(frozen)).to.equal(true)
    demo.kill('SIGINT')
    expect(await demo.exit).to.deep.equal({ code: 130, signal: null })
    expect(Array.from(demo.pids.values()).filter(isAlive)).to.deep.equal([])
  })

  it('leaves no process behind when it is killed itself', async () => {
    await using demo = new DemoProcess(['--port', '0'])
    await demo.ready()
    demo.kill('SIGKILL')
    await demo.exit
    await until(() => !Array.from(demo.pids.values()).some(isAlive), { what: 'the end of its processes' })
  })

  it('ends when npm is told to end', async () => {
    await using demo = new DemoProcess(['--port', '0'], 'npm')
    await demo.ready()
    demo.kill('SIGTERM')
    await demo.exit
    expect(demo.output).to.contain('all processes stopped')
    expect(Array.from(demo.pids.values()).filter(isAlive)).to.deep.equal([])
  })

  it('refuses a port that is none, or taken', async () => {
    await using wrong = new DemoProcess(['--port', 'http'])
    expect(await wrong.exit).to.deep.equal({ code: 1, signal: null })
    expect(wrong.output).to.contain('--port: expected a number')

    const server = createServer().listen(0, '127.0.0.1')
    await until(() => server.listening)
    const { port } = server.address() as AddressInfo
    await using taken = new DemoProcess(['--port', String(port)])
    expect(await taken.exit).to.deep.equal({ code: 1, signal: null })
    expect(taken.output).to.contain(`port ${port} is taken`)
    server.close()
  })
})
