/** NATS request-reply through a local nats-server, without encryption; objects as JSON. */
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { other } from '../lib/other-peers.ts'
import type { Call } from '../lib/measure.ts'
import type { AddressInfo } from 'node:net'

/** Debian's is not on the path of every user. */
const BINARIES = ['nats-server', '/usr/sbin/nats-server']

/** The server's binary; undefined: there is none. `apt-get install nats-server` brings it. */
export function natsServer (): string | undefined {
  return BINARIES.find(binary => spawnSync(binary, ['--version']).status === 0)
}

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function connect (port: string): Promise<any> {
  const nats = other('@nats-io/transport-node')
  for (let attempt = 0; ; attempt++) {
    try {
      return await nats.connect({ servers: `127.0.0.1:${port}` })
    } catch (error) {
      if (attempt > 50) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

export async function serve (): Promise<string> {
  const port = String(await freePort())
  const server = spawn(natsServer() ?? 'nats-server', ['-a', '127.0.0.1', '-p', port], { stdio: 'ignore' })
  process.on('exit', () => { server.kill() })
  const connection = await connect(port)
  connection.subscribe('echo', { callback: (_: unknown, message: any) => { message.respond(message.data) } })
  connection.subscribe('json', { callback: (_: unknown, message: any) => { message.respond(JSON.stringify(message.json())) } })
  await connection.flush()
  return port
}

export async function client (port: string): Promise<Call> {
  const connection = await connect(port)
  return (payload, done) => {
    if (payload instanceof Uint8Array) connection.request('echo', payload, { timeout: 10_000 }).then(() => { done() }, done)
    else connection.request('json', JSON.stringify(payload), { timeout: 10_000 }).then((message: any) => { message.json(); done() }).catch(done)
  }
}
