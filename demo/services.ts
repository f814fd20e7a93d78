/** What the nodes of the demo serve. */
import type { Mesh } from '../src/index.ts'

function serveLogin (mesh: Mesh, node: string): void {
  mesh.rpc.handle('user.password', (args: { user?: string } | undefined) => ({
    user: args?.user ?? 'nobody', session: crypto.randomUUID(), node
  }))
  // A tab is a node as any other: whoever it calls can call it back.
  mesh.rpc.handle('call.tab', async (args: { tab?: string } | undefined, context) => {
    const wanted = args?.tab
    // A name, or an id; a tab that has just joined may not be known here yet, and is waited for.
    const tab = mesh.discovery.nodes('tab').find(({ name }) => name === wanted)?.id ?? wanted
    const said: unknown = await context.invoke('tab', 'hello', { from: node }, tab == null ? {} : { node: tab })
    return { node, said }
  })
}

function serveMail (mesh: Mesh, node: string): void {
  let sent = 0
  mesh.rpc.handle('send', (args: { to?: string } | undefined) => ({ to: args?.to ?? 'nobody', number: ++sent, node }))
}

/** By role. */
export const services: Readonly<Record<string, (mesh: Mesh, node: string) => void>> = { login: serveLogin, mail: serveMail }
