/**
 * `npm start`: a mesh of real processes on this machine. Three `login` nodes, one `mail` node, and a `gate` that calls
 * them. Ctrl-C stops all of them.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

const SCRIPT = fileURLToPath(new URL('./node.ts', import.meta.url))
/** Milliseconds a node has to stop after Ctrl-C before it is killed. */
const STOP_TIMEOUT = 8_000

const children: ChildProcess[] = []
let stopping = false

/** Starts a node in a process of its own; resolves to its address when it is up. */
async function start (role: string, name: string, bootstrap: string[]): Promise<string> {
  const child = fork(SCRIPT, [role, name, ...bootstrap], { execArgv: process.execArgv })
  children.push(child)
  child.on('exit', code => {
    if (stopping) return
    console.error(`${name} ended unexpectedly with code ${code}`)
    process.exitCode = 1
    stop()
  })
  return new Promise(resolve => { child.once('message', message => { resolve(String(message)) }) })
}

function stop (): void {
  if (stopping) return
  stopping = true
  console.log('\nstopping all nodes …')
  const patience = setTimeout(() => { for (const child of children) child.kill('SIGKILL') }, STOP_TIMEOUT)
  let left = children.filter(child => child.exitCode == null && child.signalCode == null).length
  if (left === 0) clearTimeout(patience)
  for (const child of children) {
    child.once('exit', () => {
      if (--left > 0) return
      clearTimeout(patience)
      console.log('all nodes stopped')
    })
    if (child.connected) child.disconnect()
  }
}

process.on('SIGINT', stop)
process.on('SIGTERM', stop)

console.log('starting a mesh of five processes: login-1, login-2, login-3, mail-1 and gate …')
const first = await start('login', 'login-1', [])
await Promise.all([
  start('login', 'login-2', [first]),
  start('login', 'login-3', [first]),
  start('mail', 'mail-1', [first])
])
await start('gate', 'gate', [first])
