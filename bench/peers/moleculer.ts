/** Moleculer with its TCP transporter: no broker, no encryption, JSON. */
import { createServer } from 'node:net'
import { other } from '../lib/other-peers.ts'
import type { Call } from '../lib/measure.ts'
import type { AddressInfo } from 'node:net'

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function broker (nodeID: string, port: number, urls: string[]): Promise<any> {
  const { ServiceBroker } = other('moleculer')
  return new ServiceBroker({ nodeID, logger: false, transporter: { type: 'TCP', options: { udpDiscovery: false, port, urls } } })
}

export async function serve (): Promise<string> {
  const [port, clientPort] = [await freePort(), await freePort()]
  const urls = [`127.0.0.1:${port}/server`, `127.0.0.1:${clientPort}/client`]
  const node = await broker('server', port, urls)
  node.createService({ name: 'echo', actions: { echo: (ctx: { params: unknown }) => ctx.params } })
  await node.start()
  return JSON.stringify({ urls, clientPort })
}

export async function client (address: string): Promise<Call> {
  const { urls, clientPort } = JSON.parse(address) as { urls: string[], clientPort: number }
  const node = await broker('client', clientPort, urls)
  await node.start()
  await node.waitForServices('echo')
  const texts = new Map<number, { text: string }>()
  return (payload, done) => {
    let params = payload
    if (payload instanceof Uint8Array) {
      // JSON has no bytes: a text of as many characters is the best it can do
      params = texts.get(payload.length) ?? { text: 'x'.repeat(payload.length) }
      texts.set(payload.length, params as { text: string })
    }
    node.call('echo.echo', params).then(() => { done() }, done)
  }
}
