/** Code around calls: what all of them share is written once, on the side that makes them and on the side that takes them. */
import { createMesh, RpcError } from 'braid-mesh'
import type { ClientInterceptor, ServerInterceptor } from 'braid-mesh'

/** Sends who is logged in. A call may be changed before it is handed on. */
const signIn: ClientInterceptor = next => async call => {
  call.options.headers = { ...call.options.headers, user: 'ada' }
  return next(call)
}

/** Tells how each call ended. Of a stream, `next` resolves to the AsyncIterable of its results. */
const log: ClientInterceptor = next => async call => {
  try {
    const result = await next(call)
    console.log(`${call.service} ${call.method}: ${String(result)}`)
    return result
  } catch (err) {
    console.log(`${call.service} ${call.method}: ${(err as RpcError).code}`)
    throw err
  }
}

/** Lets nobody in without a name, and knocks on no handler. */
const known: ServerInterceptor = next => async call => {
  if (call.context.headers['user'] === undefined) throw new RpcError('UNAUTHENTICATED', 'who are you?')
  return next(call)
}

const listen = ['/ip4/127.0.0.1/tcp/0']
await using desk = await createMesh({ mesh: 'around', service: 'desk', listen, rpc: { interceptors: { server: [known] } } })
desk.rpc.handle('greet', (_, { headers }) => `hello ${headers['user']}`)

const bootstrap = desk.libp2p.getMultiaddrs().map(String)
await using ada = await createMesh({ mesh: 'around', listen, bootstrap, rpc: { interceptors: { client: [log, signIn] } } })
await using nobody = await createMesh({ mesh: 'around', listen, bootstrap, rpc: { interceptors: { client: [log] } } })
await ada.rpc.invoke('desk', 'greet')
await nobody.rpc.invoke('desk', 'greet').catch(() => {})
