/** What the nodes of the demo serve and consume. */
import { setTimeout as pause } from 'node:timers/promises'
import { BILLING, HANDLED, login, mail, ORDERS } from './contracts.ts'
import type { Mesh } from '../src/index.ts'

const EVENTS = ['opened the shop', 'looked at a book', 'put it into the cart', 'changed her mind', 'looked at a lamp', 'asked a friend', 'paid']

function serveLogin (mesh: Mesh, node: string): void {
  mesh.rpc.serve(login, {
    'user.password': ({ user }) => ({ user, session: crypto.randomUUID(), node }),
    'user.watch': async function * ({ user, events, every }, { signal }) {
      for (let number = 1; number <= events && !signal.aborted; number++) {
        yield { number, event: `${user} ${EVENTS[(number - 1) % EVENTS.length]}`, node }
        if (number < events) await pause(every, undefined, { signal }).catch(() => {})
      }
    },
    // A tab is a node as any other: whoever it calls can call it back.
    'call.tab': async ({ tab: wanted }, context) => {
      // A name, or an id; a tab that has just joined may not be known here yet, and is waited for.
      const tab = mesh.discovery.nodes('tab').find(({ name }) => name === wanted)?.id ?? wanted
      return { node, said: await context.invoke('tab', 'hello', { from: node }, tab == null || tab === '' ? {} : { node: tab }) }
    },
    sleep: async ({ milliseconds }, { signal }) => {
      await pause(milliseconds, undefined, { signal })
      return { slept: milliseconds, node }
    }
  })
}

function serveMail (mesh: Mesh, node: string): void {
  let sent = 0
  mesh.rpc.serve(mail, {
    send: ({ to }) => ({ to, number: ++sent, node }),
    digest: async lines => {
      let count = 0
      let letters = 0
      for await (const { line } of lines) {
        count++
        letters += line.length
      }
      return { lines: count, letters, node }
    },
    echo: async function * (lines) {
      for await (const { line } of lines) yield { line: line.toUpperCase(), node }
    }
  })
}

/** Each order is billed by one of the mail nodes, or by a tab that shares their channel. */
async function bill (mesh: Mesh, node: string): Promise<void> {
  const handled = mesh.pubsub.topic(HANDLED)
  const channel = await mesh.pubsub.topic(ORDERS).subscribe(BILLING)
  channel.onMessage(async ({ id, attempt }) => { await handled.publish({ id, by: node, attempt }) })
}

/** By role. */
export const services: Readonly<Record<string, (mesh: Mesh, node: string) => void>> = { login: serveLogin, mail: serveMail }
/** What a node does once it is in the mesh; by role. */
export const consumers: Readonly<Record<string, (mesh: Mesh, node: string) => Promise<void>>> = { mail: bill }
