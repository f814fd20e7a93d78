/** The gate serves nothing: it calls. Once around when it is asked to, and every tab that joins. */
import { tell } from './messages.ts'
import type { InvokeOptions, Mesh, NodeInfo } from '../src/index.ts'

/** Milliseconds that the gate waits for the services it wants to call. */
const PATIENCE = 20_000
/** Milliseconds that a call may take: the first one with a token waits until the service has elected who links it. */
const DEADLINE = 30_000
const LOGINS = 3

async function timed (mesh: Mesh, label: string, call: [service: string, method: string, args: unknown], options: InvokeOptions = {}): Promise<void> {
  let node = ''
  const begin = performance.now()
  try {
    await mesh.rpc.invoke(...call, { timeout: DEADLINE, ...options, onNode: id => { node = id } })
    const ms = (performance.now() - begin).toFixed(1)
    tell({ type: 'say', text: `  ${label.padEnd(36)} ${(mesh.discovery.node(node)?.name ?? node).padEnd(8)} ${ms.padStart(6)} ms` })
  } catch (error) {
    tell({ type: 'say', text: `  ${label.padEnd(36)} failed: ${(error as Error).message}` })
  }
}

/** Resolves when the mesh is complete, or when it is too late to wait for that. */
async function complete (mesh: Mesh): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE)
  const all = (): boolean => mesh.discovery.nodes('login').length >= LOGINS && mesh.discovery.nodes('mail').length > 0
  await new Promise<void>(resolve => {
    const look = (): void => {
      if (!all() && !signal.aborted) return
      mesh.discovery.removeEventListener('node:add', look)
      signal.removeEventListener('abort', look)
      resolve()
    }
    mesh.discovery.addEventListener('node:add', look)
    signal.addEventListener('abort', look)
    look()
  })
}

async function tour (mesh: Mesh): Promise<void> {
  await complete(mesh)
  await Promise.all(mesh.discovery.nodes().map(async node => open(mesh, node)))
  const login = (user: string): [string, string, unknown] => ['login', 'user.password', { user }]
  for (let i = 0; i < 4; i++) await timed(mesh, 'login user.password', login('ada'))
  for (const token of ['ada', 'grace', 'ada', 'grace']) {
    await timed(mesh, `login user.password, token ${token}`, login(token), { token })
  }
  await timed(mesh, 'mail send', ['mail', 'send', { to: 'ada@example.org' }])
}

/** Opens the stream to a node, so that the call after it takes what a call takes. */
async function open (mesh: Mesh, { id, service }: NodeInfo): Promise<void> {
  if (service != null) await mesh.rpc.invoke(service, 'braid.ping', undefined, { node: id, timeout: 10_000 }).catch(() => {})
}

async function greet (mesh: Mesh, tab: NodeInfo): Promise<void> {
  tell({ type: 'say', text: `${tab.name} joined` })
  await open(mesh, tab)
  // Some do not stay that long.
  if (mesh.discovery.node(tab.id) == null) return
  await timed(mesh, `${tab.name} hello`, ['tab', 'hello', { from: mesh.self.name }], { node: tab.id })
}

export function runGate (mesh: Mesh): void {
  mesh.discovery.addEventListener('node:add', ({ detail }) => { if (detail.service === 'tab') void greet(mesh, detail) })
  mesh.discovery.addEventListener('node:remove', ({ detail }) => {
    if (detail.service === 'tab') tell({ type: 'say', text: `${detail.name} left` })
  })
  process.once('message', () => {
    void tour(mesh).finally(() => { tell({ type: 'toured' }) })
  })
}
