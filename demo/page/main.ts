/** The demo page: one click makes this tab a node; it lists, calls and serves. Uses the public API only. */
import { createMesh } from '../../src/index.ts'
import { offer } from './call-form.ts'
import { addLine, element, setText } from './dom.ts'
import { showMesh } from './lists.ts'
import { milliseconds, plural, show } from './text.ts'
import type { Mesh, MeshStatus, NodeInfo } from '../../src/index.ts'

/** What the page's server tells. */
interface Config {
  mesh: string
  relays: string[]
}

const joinButton = element<HTMLButtonElement>('join')
const leaveButton = element<HTMLButtonElement>('leave')
const askButton = element<HTMLButtonElement>('ask')
let mesh: Mesh | undefined

function happened (text: string): void {
  addLine(element('events'), text)
}

function setProblem (message: string): void {
  setText(element('problem'), message)
}

function setStatus (status: MeshStatus | 'offline'): void {
  const others = (mesh?.discovery.nodes().length ?? 1) - 1
  const words = {
    offline: 'offline',
    starting: 'joining …',
    joined: `joined, ${plural(others, 'other node')}`,
    isolated: 'no way into the mesh, trying again …',
    draining: 'leaving …',
    stopped: 'offline'
  }
  const line = element('status')
  line.dataset['status'] = status
  setText(line, words[status])
}

/** Others can dial this tab once a relay gives it an address. */
function showReached (node: Mesh, begin: number): void {
  const line = element('self-reached')
  const reached = node.libp2p.getMultiaddrs().some(address => address.toString().includes('/p2p-circuit'))
  if (reached && !line.textContent.startsWith('over')) line.textContent = `over a relay, after ${milliseconds(performance.now() - begin)} ms`
  if (!reached) setText(line, 'not yet: it has no place on a relay')
}

function refresh (): void {
  showMesh(mesh)
  offer(mesh)
  askButton.disabled = mesh == null || mesh.discovery.nodes('login').length === 0
  setStatus(mesh?.status ?? 'offline')
}

function serve (node: Mesh): void {
  let calls = 0
  node.rpc.handle('hello', (args: unknown, { caller }) => {
    calls++
    addLine(element('served'), `${caller.name} called hello with ${show(args)}`)
    return { text: `hello ${caller.name}, I am a browser tab`, node: node.self.name, calls }
  })
}

/** Draws at most once a frame, however much happens. */
function onceAFrame (draw: () => void): () => void {
  let pending = false
  return () => {
    if (pending) return
    pending = true
    requestAnimationFrame(() => {
      pending = false
      draw()
    })
  }
}

function watch (node: Mesh, begin: number): void {
  const draw = onceAFrame(() => {
    if (mesh !== node) return
    showReached(node, begin)
    refresh()
  })
  const called = ({ name, service }: NodeInfo): string => service == null ? name : `${name}, a ${service} node,`
  node.discovery.addEventListener('node:add', ({ detail }) => { if (detail.id !== node.id) happened(`${called(detail)} is there`) })
  node.discovery.addEventListener('node:remove', ({ detail }) => { happened(`${called(detail)} ${detail.state === 'left' ? 'left' : 'is gone'}`) })
  for (const event of ['node:add', 'node:update', 'node:remove'] as const) node.discovery.addEventListener(event, draw)
  for (const event of ['connection:open', 'connection:close', 'self:peer:update'] as const) node.libp2p.addEventListener(event, draw)
  node.addEventListener('isolated', ({ detail }) => {
    setProblem(`There is no way into the mesh. ${detail.reasons.map(({ message }) => message).join('; ')}. Is \`npm start\` still running? Trying again …`)
  })
  node.addEventListener('status', ({ detail }) => {
    if (detail === 'joined') joined(node, begin)
    if (detail === 'stopped') ended(node)
    draw()
  })
}

/** For the first time, or again after the last path was lost. */
function joined (node: Mesh, begin: number): void {
  const line = element('self-joined')
  setProblem('')
  if (line.textContent === '') setText(line, `in ${milliseconds(performance.now() - begin)} ms`)
  element('self').hidden = false
  happened(`this tab joined as ${node.self.name}`)
}

/** The node stopped: because of a click, or because the page was about to go. */
function ended (node: Mesh): void {
  if (mesh !== node) return
  mesh = undefined
  setProblem('')
  element('self').hidden = true
  leaveButton.hidden = true
  joinButton.hidden = false
  joinButton.disabled = false
  happened('this tab left')
  refresh()
}

async function loadConfig (): Promise<Config> {
  const response = await fetch('/config.json').catch(() => undefined)
  if (response?.ok !== true) throw new Error('The server of this page does not answer. Is `npm start` still running?')
  return await response.json() as Config
}

async function join (): Promise<void> {
  const begin = performance.now()
  joinButton.disabled = true
  setProblem('')
  setStatus('starting')
  let node: Mesh | undefined
  try {
    const config = await loadConfig()
    node = await createMesh({
      mesh: config.mesh,
      service: 'tab',
      name: `tab-${crypto.randomUUID().slice(0, 4)}`,
      bootstrap: config.relays,
      start: false
    })
    mesh = node
    serve(node)
    watch(node, begin)
    element('self-name').textContent = node.self.name
    element('self-id').textContent = node.id
    element('self-joined').textContent = ''
    element('self-reached').textContent = ''
    await node.start()
    joinButton.hidden = true
    leaveButton.hidden = false
    leaveButton.focus()
  } catch (error) {
    mesh = undefined
    joinButton.disabled = false
    setProblem((error as Error).message)
    await node?.stop()
  }
  refresh()
}

async function leave (): Promise<void> {
  leaveButton.disabled = true
  await mesh?.stop()
  leaveButton.disabled = false
  joinButton.focus()
}

/** A login node calls back: the way to a tab is the same as to any node. */
async function ask (): Promise<void> {
  askButton.disabled = true
  try {
    await mesh?.rpc.invoke('login', 'call.tab', { tab: mesh.id })
  } catch (error) {
    happened(`no login node could call this tab: ${(error as Error).message}`)
  }
  refresh()
}

joinButton.addEventListener('click', () => { void join() })
leaveButton.addEventListener('click', () => { void leave() })
askButton.addEventListener('click', () => { void ask() })
