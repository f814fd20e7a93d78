/** `top`: the mesh as it lives. */
import { wordsOf } from './arguments.ts'
import { askAll } from './ask.ts'
import { DONE } from './exit.ts'
import { channelCells, columns, json, ms, printable, shortId } from './output.ts'
import { ORDERS, servedOf, topView } from './top-view.core.ts'
import { clipped, columnsOf } from './width.core.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { MeshCommand } from './join.ts'
import type { Line } from './options.ts'
import type { Order, Served, TopView } from './top-view.core.ts'
import type { Terminal } from './command.ts'

const NUMBERS = new Set(['NODES', 'TERM', 'CALLS/S', 'ERRORS', 'P50', 'P99', 'LINKS', 'CPU', 'MB', 'CONNS', 'CONSUMERS', 'LAG', 'PENDING', 'REDELIVERED', 'DEAD'])

const NAMES = new Set(['NODE', 'SERVICE', 'LEADER', 'TOPIC', 'CHANNEL'])
/** Columns of a name: at most, and what is left of it at least. */
const NAME = { most: 24, least: 8 }
/** Of anything else. */
const CELL = 11
/** Nodes that did not answer whose names are told. */
const SILENT = 5

/** What has no room in so many columns gives way: the names, but not below what may tell them apart. */
function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>, width: number): string {
  for (let most = NAME.most; ; most--) {
    const text = columns(head, rows.map(row => row.map((cell, i) => clipped(printable(cell), NAMES.has(head[i] ?? '') ? most : CELL))), NUMBERS)
    if (most <= NAME.least || text.split('\n').every(line => columnsOf(line) <= width)) return text
  }
}

function silentWords (silent: readonly string[]): string {
  if (silent.length === 0) return ''
  const names = silent.slice(0, SILENT).map(name => clipped(printable(name), NAME.most)).join(', ')
  return `  no answer: ${names}${silent.length > SILENT ? ` and ${silent.length - SILENT} more` : ''}`
}

/** @param width - columns that there are */
export function topLines ({ at, mesh, nodes, services, channels, rate, silent }: TopView, width = Infinity): string[] {
  const name = (id: string): string => nodes.find(node => node.id === id)?.name ?? shortId(id)
  const up = nodes.filter(({ state }) => state === 'up').length
  const parts = [
    `mesh ${mesh}  ${new Date(at).toISOString().slice(11, 19)}  ${nodes.length} nodes, ${up} up  ${services.length} services  ${rate.toFixed(1)} calls/s${silentWords(silent)}`
  ]
  if (services.length > 0) {
    parts.push(table(['SERVICE', 'NODES', 'LEADER', 'TERM', 'CALLS/S', 'ERRORS', 'P50', 'P99', 'LINKS'], services.map(service => [
      service.service, `${service.up}/${service.nodes}`, service.leader == null ? '-' : name(service.leader), service.term == null ? '-' : String(service.term),
      service.rate.toFixed(1), String(service.errors), ms(service.p50), ms(service.p99), String(service.links)
    ]), width))
  }
  if (channels.length > 0) {
    parts.push(table(['TOPIC', 'CHANNEL', 'CONSUMERS', 'LAG', 'PENDING', 'REDELIVERED', 'DEAD'], channels.map(channelCells), width))
  }
  parts.push(table(['NODE', 'SERVICE', 'STATE', 'CALLS/S', 'CPU', 'MB', 'LINKS', 'CONNS', 'ID'], nodes.map(node => [
    node.name, node.service, node.state, node.rate.toFixed(1), node.cpu == null ? '-' : `${(node.cpu * 100).toFixed(0)}%`,
    node.rss == null ? '-' : (node.rss / 1e6).toFixed(0), String(node.links), String(node.connections), shortId(node.id)
  ]), width))
  return parts.join('\n\n').split('\n')
}

async function rest (time: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, time)
    signal.addEventListener('abort', done)
  })
}

async function look (mesh: Mesh, line: Line, signal: AbortSignal, interval: number, before: Map<string, Served>): Promise<TopView> {
  const { snapshots, silent } = await askAll(mesh, { timeout: Math.min(line.timeout, Math.max(interval, 1_000)), signal })
  const view = topView(mesh.discovery.mesh, Date.now(), snapshots, silent.map(({ node }) => node.name), before, line.text('sort') as Order | undefined)
  const served = snapshots.map(snapshot => [snapshot.self.id, servedOf(snapshot, before.get(snapshot.self.id))] as const)
  before.clear()
  for (const [id, calls] of served) before.set(id, calls)
  return view
}

async function show (mesh: Mesh, line: Line, { out, screen, signal }: Terminal): Promise<void> {
  const interval = line.number('interval') ?? 1_000
  let left = line.number('count') ?? Infinity
  const before = new Map<string, Served>()
  while (left-- > 0 && !signal.aborted) {
    const view = await look(mesh, line, signal, interval, before)
    if (line.json) out(json(view))
    else if (screen != null) screen.paint([...topLines(view, screen.size().columns), ''], 'Ctrl-C ends it')
    else out(`${topLines(view).join('\n')}\n`)
    if (left > 0) await rest(interval, signal)
  }
}

export const top: MeshCommand = {
  name: 'top',
  summary: 'nodes, services, leaders, calls a second and lags of channels, as they change, until Ctrl-C',
  details: 'It asks every node each time. Where stdout is no terminal, or with --json, it prints one picture after the other instead of one that changes.',
  options: {
    interval: { type: 'number', value: '<ms>', min: 100, help: 'between two looks (default 1000); nodes have news once a second' },
    count: { type: 'number', value: '<n>', help: 'end after so many looks' },
    sort: { type: 'text', value: '<by>', choices: ORDERS, help: 'the nodes that have most of it first: calls, cpu, memory or links (default: by service and name)' }
  },
  examples: ['braid-mesh top', 'braid-mesh top --sort cpu', 'braid-mesh top --count 1', 'braid-mesh top --json --interval 10000'],
  use: async (mesh, line, terminal) => {
    wordsOf(line.words, 'top', 0)
    try {
      await show(mesh, line, terminal)
    } catch (error) {
      if (!terminal.signal.aborted) throw error
    } finally {
      terminal.screen?.leave()
    }
    return DONE
  }
}
