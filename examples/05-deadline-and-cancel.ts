/** A deadline travels with a call and the calls that it makes; what nobody waits for any more is ended everywhere. */
import { createMesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using disk = await createMesh({ mesh: 'deadline', service: 'disk', listen })
const bootstrap = disk.libp2p.getMultiaddrs().map(String)
await using search = await createMesh({ mesh: 'deadline', service: 'search', listen, bootstrap })
await using page = await createMesh({ mesh: 'deadline', listen, bootstrap })

const leave = new AbortController()
const stopped = Promise.withResolvers<string>()
disk.rpc.handle('scan', async (_, { signal, remaining }) => {
  console.log(`the disk knows the deadline of the page: ${remaining <= 60_000}`)
  leave.abort()                                            // as if a person had left the page now
  await new Promise(resolve => { signal.addEventListener('abort', resolve) })    // give it to fetch, timers, queries …
  stopped.resolve('the disk has stopped, too')
})
search.rpc.handle('find', async (what: string, ctx) => {
  if (what === 'everything') return ctx.invoke('disk', 'scan')    // inherits the deadline, the signal, the token
  if (what === 'nothing') await new Promise(resolve => { ctx.signal.addEventListener('abort', resolve) })
  return `3 ${what}`
})

const find = async (what: string, options: object): Promise<void> => {
  console.log(await page.rpc.invoke('search', 'find', what, options).catch(err => err.code))
}
await find('cats', { timeout: 60_000 })
await find('nothing', { timeout: 200 })
await find('everything', { timeout: 60_000, signal: leave.signal })
console.log(await stopped.promise)
