/**
 * `npm start`: a mesh of real processes on this machine, and a page that joins it. `npm start -- --port 9000` serves the
 * page elsewhere. Ctrl-C stops all of it in order, a second one at once.
 */
import { parseArgs } from 'node:util'
import { bundleNode } from './bundle.ts'
import { Fleet } from './fleet.ts'
import { servePage } from './page-server.ts'
import type { Member } from './fleet.ts'
import type { PageServer } from './page-server.ts'

const PORT = 8080

const fleet = new Fleet(text => { console.log(text) })
let page: PageServer | undefined
let interrupts = 0

/** @throws Error - not a port */
function portOf (text: string | undefined): number | undefined {
  if (text == null) return undefined
  const port = Number(text)
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Error(`--port: expected a number from 0 (any free port) to 65535, got '${text}'`)
}

/** A port that was asked for must be free; the usual one need not. */
async function serve (wanted: number | undefined): Promise<PageServer> {
  try {
    return await servePage(wanted ?? PORT)
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (taken && wanted == null) return servePage(0)
    throw taken ? new Error(`port ${wanted} is taken; --port 0 finds a free one`) : error
  }
}

async function startNodes (): Promise<Member[]> {
  await using program = await bundleNode()
  const common = { program: program.path }
  const relay = await fleet.start({ ...common, role: 'relay', name: 'relay' })
  const bootstrap = relay.addresses.filter(address => !address.includes('/ws/'))
  return [relay, ...await Promise.all([
    fleet.start({ ...common, role: 'login', name: 'login-1', bootstrap }),
    fleet.start({ ...common, role: 'login', name: 'login-2', bootstrap }),
    fleet.start({ ...common, role: 'login', name: 'login-3', bootstrap }),
    fleet.start({ ...common, role: 'mail', name: 'mail-1', bootstrap }),
    fleet.start({ ...common, role: 'mail', name: 'mail-2', bootstrap }),
    fleet.start({ ...common, role: 'gate', name: 'gate', bootstrap })
  ])]
}

async function main (): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' } } })
  const wanted = portOf(values.port)
  console.log('starting a mesh of seven processes …\n')
  page = await serve(wanted)
  const members = await startNodes()
  for (const { name, pid, id } of members) console.log(`  ${name.padEnd(8)} process ${String(pid).padEnd(8)} ${id}`)
  await page.publish({ mesh: 'demo', relays: members[0]?.addresses.filter(address => address.includes('/ws/')) ?? [] })
  console.log('\nThe gate calls them. Who answered, and in how many milliseconds:\n')
  await fleet.tour()
  if (interrupts > 0) return
  console.log(`
Without a token any login node answers; the same token always reaches the same node.

  ${page.url}

Open it and click Join: the tab becomes a node of this mesh, which calls and is called.
Kill a process and watch the page: kill -9 ${members[2]?.pid} ends login-2, and its calls, links and messages
move. Ctrl-C stops all.
`)
}

async function stop (): Promise<void> {
  await fleet.stop()
  await page?.close()
}

function fail (error: unknown): void {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function interrupt (): void {
  interrupts++
  if (interrupts > 1) {
    process.exitCode = 130
    fleet.kill()
    return
  }
  console.log('\nstopping all processes; once more kills them …')
  starting.then(stop).then(() => { console.log('all processes stopped') }).catch(fail)
  // What still starts ends as well, and with it the start.
  void fleet.stop()
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
// npm that is told to end kills the shell that stands between, which tells nobody.
const parent = process.ppid
if (process.env['npm_lifecycle_event'] != null) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    if (interrupts === 0) interrupt()
  }, 500)
  watch.unref()
}
// A terminal that was closed takes no more lines.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const starting = main().catch(async error => {
  if (interrupts > 0) return
  fail(error)
  await stop()
})
await starting
