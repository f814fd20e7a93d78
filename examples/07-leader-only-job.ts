/** A job that one node of a service runs, and what keeps one that was replaced from acting: its fencing token. */
import { createMesh } from 'braid-mesh'
import type { FencingToken, Mesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using accounts = await createMesh({ mesh: 'leader', service: 'accounts', listen })
accounts.rpc.handle('book', async ({ invoice, token }: { invoice: string, token: FencingToken }) => {
  await accounts.election.fence.check('invoices', token)       // throws StaleTokenError; kept in `storage` if there is one
  return `${invoice} is booked`
})

const bootstrap = accounts.libp2p.getMultiaddrs().map(String)
const billing = await Promise.all(['a', 'b', 'c'].map(async name =>
  createMesh({ mesh: 'leader', service: 'billing', name, listen, bootstrap, election: { expect: 3 } })))

/** Resolves once this node has led and done its work. */
async function work (mesh: Mesh): Promise<{ mesh: Mesh, token: FencingToken }> {
  return mesh.election.runAsLeader(async lease => {
    lease.check()                                              // throws LeaseLostError: call it after each await that matters
    console.log(await mesh.rpc.invoke('accounts', 'book', { invoice: 'no. 1', token: lease.token }, { signal: lease.signal, timeout: 30_000 }))
    return { mesh, token: lease.token }
  })
}

const works = billing.map(work)
for (const one of works) one.catch(() => {})                   // one of them will be stopped before it has led
const first = await Promise.race(works)
await first.mesh.stop()                                        // hands over
const next = await Promise.race(works.filter((_, i) => billing[i] !== first.mesh))
console.log(`by another node: ${next.mesh !== first.mesh}`)

// the first one, had it been asleep and not stopped, could do no harm now
await next.mesh.rpc.invoke('accounts', 'book', { invoice: 'no. 1', token: first.token }).catch(err => { console.log(err.message.includes('replaced')) })
await Promise.all(billing.map(async mesh => mesh.stop()))
