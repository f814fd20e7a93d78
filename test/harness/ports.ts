/** A port of the loopback that is free now: for addresses that must be known before their node starts. */
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems give to connections and to who asks for any port: these would take it before its node starts. */
const FIRST = 12_000
const COUNT = 20_000

const given = new Set<number>()

export async function freePort (): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (given.has(port)) continue
    given.add(port)
    const server = createServer()
    const listening = once(server, 'listening').then(() => true, () => false)
    server.listen(port, '127.0.0.1')
    if (!await listening) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
