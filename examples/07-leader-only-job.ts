/** A job that one node of a service runs, and what keeps one that was replaced from acting: its fencing token. */
import { createMesh } from 'braid-mesh'
import type { FencingToken, Mesh } from 'braid-mesh'

const listen = ['/ip4/127.0.0.1/tcp/0']
await using accounts = await createMesh({ mesh: 'leader', service: 'accounts', listen })
accounts.rpc.handle('book', async ({ invoice, token }: { invoice: string, token: FencingToken }) => {
  await accounts.election.fence.check('invoices', token)       // throws StaleTokenError; kept in `storage` if there is one
  return `${invoice} booked`
})

const bootstrap = accounts.libp2p.getMultiaddrs().map(String)
const billing = async (name: string): Promise<Mesh> => createMesh({ mesh: 'leader', service: 'billing', name, listen, bootstrap, election: {} })

/** Resolves when this node has led and done its work; the next leader begins when it stops. */
async function work (mesh: Mesh): Promise<FencingToken> {
  return mesh.election.runAsLeader(async lease => {
    lease.check()                                              // throws LeaseLostError: call it after each await that matters
    console.log(mesh.self.name, await mesh.rpc.invoke('accounts', 'book', { invoice: 'no. 1', token: lease.token }, { signal: lease.signal }))
    return lease.token
  })
}

const first = await billing('first')
const old = await work(first)
await using second = await billing('second')
await second.discovery.waitFor('billing')
await first.stop()                                             // hands over
await work(second)

// the first one, had it been asleep and not stopped, could do no harm now
await second.rpc.invoke('accounts', 'book', { invoice: 'no. 1', token: old }).catch(err => { console.log(err.message.includes('replaced')) })
