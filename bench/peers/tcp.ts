/** Raw TCP echo with coalesced writes: what the machine can do. */
import { connect, createServer } from 'node:net'
import { batcher, caller, parser } from '../lib/frames.ts'
import type { Call } from '../lib/measure.ts'
import type { AddressInfo } from 'node:net'

export async function serve (): Promise<string> {
  const server = createServer(socket => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    const write = batcher(bytes => { socket.write(bytes) })
    socket.on('data', parser(write))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return String((server.address() as AddressInfo).port)
}

export async function client (address: string): Promise<Call> {
  const socket = connect(Number(address), '127.0.0.1')
  socket.setNoDelay(true)
  await new Promise<void>(resolve => socket.once('connect', () => { resolve() }))
  const { call, onChunk } = caller(bytes => { socket.write(bytes) })
  socket.on('data', onChunk)
  return (payload, done) => { call(payload as Uint8Array, done) }
}
