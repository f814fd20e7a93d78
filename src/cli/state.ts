/** Commands that put together what the nodes tell: links, channels, info. */
import { wordsOf } from './arguments.ts'
import { askAll, nodeOf, snapshotOf } from './ask.ts'
import { DONE } from './exit.ts'
import { mergeChannels, mergeLinks, ownCalls } from './merge.core.ts'
import { channelCells, columns, json, ms, printable, quoted, shortId } from './output.ts'
import type { Asked } from './ask.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { MeshSnapshot } from '../monitor/index.ts'
import type { Terminal } from './command.ts'
import type { MeshCommand } from './join.ts'
import type { Line } from './options.ts'

async function ask (mesh: Mesh, line: Line, { signal, progress, err }: Terminal): Promise<Asked> {
  try {
    const asked = await askAll(mesh, { timeout: line.timeout, signal, onProgress: (done, of) => { progress(`asking the nodes: ${done} of ${of}`) } })
    if (line.json && asked.silent.length > 0) err(json({ silent: asked.silent.map(({ node: { id, name }, reason }) => ({ id, name, reason })) }))
    else for (const { node, reason } of asked.silent) err(`${printable(node.name)} ${shortId(node.id)} did not tell: ${quoted(reason)}`)
    return asked
  } finally {
    progress()
  }
}

function nameOf (mesh: Mesh, id: string): string {
  return mesh.discovery.node(id)?.name ?? shortId(id)
}

export const links: MeshCommand = {
  name: 'links',
  words: '[service]',
  complete: ['service'],
  summary: 'how many tokens are linked to which node, by calling service',
  details: "A parent of '*' is all callers together: only a service's leader tells them apart. '-' are callers without a service.",
  options: {},
  use: async (mesh, line, terminal) => {
    const [service] = wordsOf(line.words, 'links [service]', 0, 1)
    const { snapshots } = await ask(mesh, line, terminal)
    const list = mergeLinks(snapshots).filter(link => service == null || link.service === service)
    if (line.json) terminal.out(json(list))
    else if (list.length === 0) terminal.err('no token is linked')
    else {
      terminal.out(columns(['SERVICE', 'PARENT', 'NODE', 'ID', 'LINKS'],
        list.map(({ service, parent, node, count }) => [service, parent === '' ? '-' : parent, nameOf(mesh, node), node, String(count)]), new Set(['LINKS'])))
    }
    return DONE
  }
}

export const channels: MeshCommand = {
  name: 'channels',
  words: '[topic]',
  complete: ['topic'],
  summary: 'topics and their channels: consumers, lag, redelivered, dead',
  details: `Lag counts messages that are not final in the channel, of all publishers; pending are those of them that a consumer has now.
A channel for which nobody has published yet has consumers alone, the rest is '-' (with --json null); it may be of a pattern.`,
  options: {},
  use: async (mesh, line, terminal) => {
    const [topic] = wordsOf(line.words, 'channels [topic]', 0, 1)
    const { snapshots } = await ask(mesh, line, terminal)
    const merged = mergeChannels(snapshots)
    const topics = merged.topics.filter(item => topic == null || item.topic === topic)
    const channels = merged.channels.filter(item => topic == null || item.topic === topic)
    if (line.json) {
      terminal.out(json({ topics, channels }))
    } else if (topics.length + channels.length === 0) {
      terminal.err(topic == null ? 'no node has a topic' : `no node has the topic '${topic}'`)
    } else {
      const bare = topics.filter(({ topic }) => !channels.some(channel => channel.topic === topic))
      terminal.out(columns(['TOPIC', 'CHANNEL', 'CONSUMERS', 'LAG', 'PENDING', 'REDELIVERED', 'DEAD'], [
        ...channels.map(channelCells),
        ...bare.map(({ topic }) => [topic, '-', '0'])
      ], new Set(['CONSUMERS', 'LAG', 'PENDING', 'REDELIVERED', 'DEAD'])))
    }
    return DONE
  }
}

function megabytes (bytes: number | undefined): string {
  return bytes == null ? '-' : `${(bytes / 1e6).toFixed(0)} MB`
}

/** A span of milliseconds in the largest unit that fits. */
export function span (time: number): string {
  const units: Array<[number, string]> = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']]
  const [size, unit] = units.find(([size]) => time >= size) ?? [1, 'ms']
  return `${Math.floor(time / size)} ${unit}`
}

export function infoText (snapshot: MeshSnapshot): string {
  const { self, health, resources, paths, nodes, services } = snapshot
  const calls = ownCalls(snapshot)
  const rows: Array<[string, string]> = [
    ['id', self.id],
    ['name', self.name],
    ['mesh', `${snapshot.mesh}, ${nodes.length} nodes, ${services.length} services`],
    ['service', self.service ?? '- (a pure client)'],
    ['state', `${self.state}, ${snapshot.status}, ${health.level}${health.reasons.length > 0 ? `: ${health.reasons.join('; ')}` : ''}`],
    ['version', `${snapshot.version}, up for ${span(snapshot.uptime)}`],
    ['roles', self.roles.join(', ') || '-'],
    ['addresses', self.addresses.join(' ') || '-'],
    ['uses', `${megabytes(resources.rss)}, ${resources.cpu == null ? '-' : (resources.cpu * 100).toFixed(0)} % of a core, timers ${ms(resources.loopDelay)} ms late`],
    ['holds', `${resources.connections} connections, ${resources.streams} streams, ${self.load.links} links`]
  ]
  const parts = [rows.map(([key, value]) => `${key.padEnd(9)}  ${printable(value)}`).join('\n')]
  if (paths.length > 0) {
    parts.push(columns(['PEER', 'ID', 'PATH', 'RTT', 'STREAMS', 'ADDRESS'], paths.map(path => [
      path.name ?? '-', shortId(path.peer), `${path.transport}${path.relayed ? ', relayed' : ''}, ${path.direction}`, ms(path.rtt), String(path.streams), path.address
    ]), new Set(['RTT', 'STREAMS'])))
  }
  if (calls.length > 0) {
    parts.push(columns(['METHOD', 'CALLS', 'ERRORS', 'RATE', 'P50', 'P99'], calls.map(({ method, calls, errors, rate, p50, p99 }) =>
      [method, String(calls), String(errors), rate.toFixed(1), ms(p50), ms(p99)]), new Set(['CALLS', 'ERRORS', 'RATE', 'P50', 'P99'])))
  }
  return parts.join('\n\n')
}

export const info: MeshCommand = {
  name: 'info',
  words: '[node]',
  complete: ['node'],
  summary: 'what a node knows and does: by id, the end of it, or name; without one, this command line itself',
  options: {},
  examples: ['braid-mesh info relay', 'braid-mesh info login-1 --json'],
  use: async (mesh, line, { out, signal }) => {
    const [text] = wordsOf(line.words, 'info [node]', 0, 1)
    const snapshot = text == null ? mesh.monitor.snapshot() : await snapshotOf(mesh, nodeOf(mesh, text), { timeout: line.timeout, signal })
    out(line.json ? json(snapshot) : infoText(snapshot))
    return DONE
  }
}
