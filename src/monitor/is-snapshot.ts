/** Whether an answer to `braid.monitor.snapshot` is one: whoever answers may be old, wrong or hostile. */
import { list, maybe, number, shape, text } from '../util/shape.core.ts'
import type { MeshSnapshot } from './index.ts'

const node = shape({
  id: text, name: text, service: maybe(text), state: text, weight: number, load: shape({ links: number }),
  roles: list(text), methods: list(text), addresses: list(text)
})
const path = shape({ peer: text, name: maybe(text), address: text, transport: text, direction: text, rtt: maybe(number), since: number, streams: number })
const service = shape({ service: text, nodes: list(text), voters: list(text), learners: list(text), leader: maybe(shape({ id: text, epoch: number, term: number })) })
const link = shape({ service: text, parent: text, node: text, count: number })
const channel = shape({ name: text, consumers: number, lag: number, pending: number, redelivered: number, dead: number })
const topic = shape({ name: text, length: number, bytes: number, pending: number, channels: list(channel) })
const open = shape({ topic: text, name: text, consumers: number })
const calls = list(shape({ service: text, method: text, calls: number, errors: number, rate: number, p50: number, p95: number, p99: number }))

const snapshot = shape({
  at: number,
  uptime: number,
  version: text,
  mesh: text,
  status: text,
  health: shape({ level: text, reasons: list(text) }),
  self: node,
  nodes: list(node),
  paths: list(path),
  services: list(service),
  links: list(link),
  topics: list(topic),
  channels: maybe(list(open)),
  calls: shape({ served: calls, made: calls }),
  resources: shape({ cpu: maybe(number), rss: maybe(number), heapUsed: maybe(number), loopDelay: maybe(number), connections: number, streams: number })
})

/** Whether what another node answered to `braid.monitor.snapshot` has the lists, texts and numbers of a snapshot. */
export function isSnapshot (value: unknown): value is MeshSnapshot {
  return snapshot(value)
}
