/** @grpc/grpc-js, without encryption and without protobuf: bytes as they are, objects as JSON. */
import { other } from '../lib/other-peers.ts'
import type { Call } from '../lib/measure.ts'

const bytes = { serialize: (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.length), deserialize: (value: Buffer) => value }
const json = { serialize: (value: unknown) => Buffer.from(JSON.stringify(value)), deserialize: (value: Buffer): unknown => JSON.parse(value.toString()) }

const method = (name: string, codec: typeof bytes | typeof json): object => ({
  path: `/echo.Echo/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: codec.serialize,
  requestDeserialize: codec.deserialize,
  responseSerialize: codec.serialize,
  responseDeserialize: codec.deserialize
})
const SERVICE = { bytes: method('Bytes', bytes), json: method('Json', json) }

export async function serve (): Promise<string> {
  const grpc = other('@grpc/grpc-js')
  const server = new grpc.Server()
  const echo = (call: { request: unknown }, done: (error: null, value: unknown) => void): void => { done(null, call.request) }
  server.addService(SERVICE, { bytes: echo, json: echo })
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error: Error | null, port: number) => {
      if (error != null) reject(error)
      else resolve(String(port))
    })
  })
}

export async function client (port: string): Promise<Call> {
  const grpc = other('@grpc/grpc-js')
  const Client = grpc.makeGenericClientConstructor(SERVICE, 'Echo')
  const stub = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  return (payload, done) => {
    const answered = (error: Error | null): void => { done(error ?? undefined) }
    if (payload instanceof Uint8Array) stub.bytes(payload, answered)
    else stub.json(payload, answered)
  }
}
