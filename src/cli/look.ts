/** Commands that look at the mesh: nodes, services, methods, leader. */
import { wordsOf } from './arguments.ts'
import { DONE, FAILED } from './exit.ts'
import { columns, json, printable, shortId } from './output.ts'
import { unknownService } from './services.ts'
import { isDescription } from '../rpc/index.ts'
import { list, maybe, number, shape, text } from '../util/shape.core.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { MethodDescription } from '../rpc/index.ts'
import type { MeshCommand } from './join.ts'
import type { Line } from './options.ts'

const NONE = 'nobody else is there'

function others (mesh: Mesh, service?: string): NodeInfo[] {
  return mesh.discovery.nodes(service).filter(({ id }) => id !== mesh.id)
}

function nodeTable (nodes: readonly NodeInfo[]): string {
  return columns(['SERVICE', 'NAME', 'STATE', 'ROLES', 'WEIGHT', 'LINKS', 'ID', 'ADDRESS'], nodes.map(node => [
    node.service ?? '-', node.name, node.state, node.roles.join(','), String(node.weight), String(node.load.links), node.id, node.addresses[0] ?? '-'
  ]), new Set(['WEIGHT', 'LINKS']))
}

export const nodes: MeshCommand = {
  name: 'nodes',
  words: '[service]',
  complete: ['service'],
  summary: 'who is in the mesh',
  options: {},
  examples: ['braid-mesh nodes --bootstrap /ip4/192.0.2.1/tcp/9001', 'braid-mesh nodes login --json'],
  use: async (mesh, line, { out, err }) => {
    const [service] = wordsOf(line.words, 'nodes [service]', 0, 1)
    const list = others(mesh, service)
    if (line.json) out(json(list))
    else if (list.length === 0) err(service == null ? NONE : unknownService(mesh, service))
    else out(nodeTable(list))
    return DONE
  }
}

export const services: MeshCommand = {
  name: 'services',
  summary: 'which services there are, with their nodes and leaders',
  options: {},
  use: async (mesh, line, { out, err }) => {
    wordsOf(line.words, 'services', 0)
    const list = mesh.discovery.services().map(service => {
      const nodes = mesh.discovery.nodes(service)
      const told = nodes.find(({ election }) => election != null && election.leader !== '')?.election
      return {
        service,
        nodes: nodes.length,
        up: nodes.filter(({ state }) => state === 'up').length,
        methods: new Set(nodes.flatMap(({ methods }) => methods)).size,
        links: nodes.reduce((sum, { load }) => sum + load.links, 0),
        ...(told != null ? { leader: told.leader, term: told.term } : {})
      }
    })
    if (line.json) {
      out(json(list))
    } else if (list.length === 0) {
      err('nobody serves anything')
    } else {
      out(columns(['SERVICE', 'NODES', 'UP', 'METHODS', 'LINKS', 'LEADER', 'TERM'], list.map(item => [
        item.service, String(item.nodes), String(item.up), String(item.methods), String(item.links),
        item.leader == null ? '-' : mesh.discovery.node(item.leader)?.name ?? shortId(item.leader), item.term == null ? '-' : String(item.term)
      ]), new Set(['NODES', 'UP', 'METHODS', 'LINKS', 'TERM'])))
    }
    return DONE
  }
}

function alternatives (list: unknown, wordsOf: (item: unknown) => string): string | undefined {
  return Array.isArray(list) ? list.map(item => wordsOf(item)).join(' | ') : undefined
}

function wordOf (type: unknown): string {
  return typeof type === 'string' ? type : 'any'
}

/** A JSON Schema in few words: `{name: string, age?: number}`. Another node sent it: any part of it may be anything. */
export function schemaText (schema: unknown, depth = 0): string {
  if (schema == null || typeof schema !== 'object') return 'any'
  const { type, properties, required, items, enum: values, anyOf, oneOf } = schema as Record<string, unknown>
  const either = alternatives(values, json) ?? alternatives(anyOf ?? oneOf, part => schemaText(part, depth))
  if (either != null) return either
  if (properties != null && typeof properties === 'object') {
    if (depth > 2) return '{…}'
    const known = new Set(Array.isArray(required) ? required as unknown[] : [])
    return `{${Object.entries(properties).map(([name, value]) => `${name}${known.has(name) ? '' : '?'}: ${schemaText(value, depth + 1)}`).join(', ')}}`
  }
  if (items != null) return `${schemaText(items, depth + 1)}[]`
  return alternatives(type, wordOf) ?? wordOf(type)
}

async function describe (mesh: Mesh, service: string, line: Line, signal: AbortSignal): Promise<MethodDescription[]> {
  const answer = await mesh.rpc.invoke(service, 'braid.describe', undefined, { timeout: line.timeout, signal })
  if (!isDescription(answer)) throw new Error('its answer is no description')
  return answer.methods
}

export const methods: MeshCommand = {
  name: 'methods',
  words: '<service>',
  complete: ['service'],
  summary: 'what a service serves, with the shapes of arguments and results where its schemas tell',
  options: { all: { type: 'flag', help: 'also those that every node has (braid.…)' } },
  use: async (mesh, line, { out, err, signal }) => {
    const [service = ''] = wordsOf(line.words, 'methods <service>', 1)
    const list = (await describe(mesh, service, line, signal)).filter(({ name }) => line.flag('all') || !name.startsWith('braid.'))
    if (line.json) {
      out(json(list))
    } else if (list.length === 0) {
      err(`'${service}' serves nothing of its own; --all shows what every node has`)
    } else {
      out(columns(['METHOD', 'KIND', 'INPUT', 'OUTPUT', 'ABOUT'], list.map(({ name, kind, input, output, description, idempotent }) => [
        name, kind, schemaText(input), schemaText(output), [description, idempotent ? 'idempotent' : undefined].filter(Boolean).join('; ')
      ])))
    }
    return DONE
  }
}

interface View { leader?: { id: string, token: { epoch: number, term: number } }, voters?: string[] }

const view = shape({ leader: maybe(shape({ id: text, token: shape({ epoch: number, term: number }) })), voters: maybe(list(text)) })

function isView (value: unknown): value is View | undefined {
  return value == null || view(value)
}

export const leader: MeshCommand = {
  name: 'leader',
  words: '<service>',
  complete: ['service'],
  summary: "who leads a service, with its fencing token and the group's voters",
  options: {},
  use: async (mesh, line, { out, err, signal }) => {
    const [service = ''] = wordsOf(line.words, 'leader <service>', 1)
    const view = await mesh.rpc.invoke(service, 'braid.leader', service, { timeout: line.timeout, signal })
    if (!isView(view)) throw new Error('its answer is no view of a leader')
    if (line.json) {
      out(json({ service, ...view }))
    } else if (view?.leader == null) {
      err(`'${service}' has no leader${view?.voters == null || view.voters.length === 0 ? ': nothing asked its nodes for one yet, or none of them may vote' : ' now'}`)
    } else {
      const name = (id: string): string => printable(`${mesh.discovery.node(id)?.name ?? '?'} ${id}`)
      const { epoch, term } = view.leader.token
      out([`leader  ${name(view.leader.id)}`, `token   epoch ${epoch} term ${term}`, ...(view.voters ?? []).map(id => `voter   ${name(id)}`)].join('\n'))
    }
    return view?.leader == null ? FAILED : DONE
  }
}
