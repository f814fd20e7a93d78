/** One node of the demo mesh: `node.ts <login|mail|gate> <name> [bootstrap…]`. */
import { createMesh } from '../src/index.ts'
import type { Mesh } from '../src/index.ts'

const [role = 'login', name = role, ...bootstrap] = process.argv.slice(2)
/** Milliseconds between two rounds of calls. */
const ROUND = 2_000

// A terminal sends Ctrl-C to the whole group; the parent tells its nodes to stop by closing the channel.
process.on('SIGINT', () => {})
const stopped = new AbortController()
process.once('disconnect', () => { stopped.abort() })

function serveLogin (mesh: Mesh): void {
  mesh.rpc.handle('user.password', ({ user }: { user: string }) => ({ user, session: crypto.randomUUID(), node: name }))
}

function serveMail (mesh: Mesh): void {
  let sent = 0
  mesh.rpc.handle('send', ({ to }: { to: string }) => ({ to, number: ++sent, node: name }))
}

async function timed (mesh: Mesh, label: string, service: string, method: string, args: unknown, token?: string): Promise<void> {
  const begin = performance.now()
  try {
    const answer = await mesh.rpc.invoke(service, method, args, token == null ? {} : { token }) as { node: string }
    const ms = (performance.now() - begin).toFixed(2)
    console.log(`  ${label.padEnd(34)} answered by ${answer.node.padEnd(8)} in ${ms.padStart(6)} ms`)
  } catch (error) {
    console.log(`  ${label.padEnd(34)} failed: ${(error as Error).message}`)
  }
}

async function callAround (mesh: Mesh): Promise<void> {
  for (let round = 1; !stopped.signal.aborted; round++) {
    const nodes = mesh.discovery.nodes().map(node => node.name).join(', ')
    console.log(`\nround ${round}: gate (${mesh.status}) sees ${nodes}`)
    for (let i = 0; i < 3; i++) {
      await timed(mesh, 'login user.password', 'login', 'user.password', { user: 'ada' })
    }
    for (const token of ['ada', 'grace', 'ada', 'grace']) {
      await timed(mesh, `login user.password  token ${token}`, 'login', 'user.password', { user: token }, token)
    }
    await timed(mesh, 'mail send', 'mail', 'send', { to: 'ada@example.org' })
    if (round === 1) console.log('\nWithout a token any login node answers; the same token always reaches the same node. Ctrl-C stops all.')
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ROUND)
      stopped.signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
    })
  }
}

const mesh = await createMesh({
  mesh: 'demo',
  name,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap,
  ...(role === 'gate' ? {} : { service: role })
})
if (role === 'login') serveLogin(mesh)
if (role === 'mail') serveMail(mesh)
console.log(`${name.padEnd(8)} is up: process ${process.pid}, peer ${mesh.id}`)
process.send?.(mesh.libp2p.getMultiaddrs()[0]?.toString() ?? '')
if (role === 'gate') {
  await Promise.all([mesh.discovery.waitFor('login'), mesh.discovery.waitFor('mail')])
  await callAround(mesh)
} else if (!stopped.signal.aborted) {
  await new Promise<void>(resolve => { stopped.signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}
await mesh.stop()
