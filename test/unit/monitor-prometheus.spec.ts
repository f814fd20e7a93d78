import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { relayPages } from '../../src/cli/relay-pages.ts'
import { Admission, families } from '../../src/monitor/metrics.ts'
import { render } from '../../src/monitor/prometheus.ts'
import { register } from '../../src/monitor/registry.ts'
import { MAX_METRIC_METHODS, MAX_METRIC_SERIES } from '../../src/wire/limits.ts'
import { countsOf, nodeOf, snapshotOf, topicOf } from './monitor-fakes.ts'
import type { Family } from '../../src/monitor/families.ts'
import type { Source } from '../../src/monitor/metrics.ts'
import type { Mesh } from '../../src/mesh-interface.ts'
import type { PathInfo } from '../../src/monitor/index.ts'
import type { Relay } from '../../src/transport/index.ts'

const path = (more: Partial<PathInfo> = {}): PathInfo => ({ peer: 'p', address: '/ip4/1.2.3.4/tcp/1', transport: 'tcp', relayed: false, direction: 'outbound', since: 1, streams: 2, ...more })

/** A value of everything there is. */
const FULL: Source = {
  snapshot: snapshotOf({
    nodes: [nodeOf('me', { service: 'shop' }), nodeOf('a', { service: 'login' }), nodeOf('b', { service: 'login', state: 'suspect' })],
    paths: [path({ rtt: 4 }), path({ rtt: 10 }), path({ transport: 'ws', relayed: true, rtt: 30, direction: 'inbound' }), path()],
    services: [
      { service: 'shop', nodes: ['me'], state: 'leader', leader: { id: 'me', epoch: 5, term: 3 }, voters: ['me', 'a', 'b'], learners: [] },
      { service: 'login', nodes: ['a', 'b'], state: 'observer', voters: ['a', 'b'], learners: [] },
      { service: 'tabs', nodes: ['t'], state: 'observer', voters: [], learners: [], hint: 't' }
    ],
    links: [{ service: 'shop', parent: 'gate', node: 'me', count: 12 }],
    topics: [topicOf('orders', ['billing', 'mail'], { full: true })],
    resources: { cpu: 0.25, rss: 1_000, heapUsed: 500, loopDelay: 12, connections: 4, streams: 8, counters: { rpc_late: 2 } }
  }),
  counts: { served: [countsOf('', 'pay', 10, 1, [1, 2, 300])], made: [countsOf('login', 'user.password', 5, 2, [4])] },
  leaderChanges: new Map([['shop', 2]])
}

const text = (source: Source = FULL, admission = new Admission()): string => render(families(source, admission))

/** Lines as `name{labels}` to value; fails on anything that is not of the format. */
function parse (text: string): Map<string, number> {
  const values = new Map<string, number>()
  const typed = new Map<string, string>()
  for (const line of text.trimEnd().split('\n')) {
    const meta = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line)
    if (meta !== null) {
      if (meta[1] === 'TYPE') {
        expect(typed.has(meta[2] ?? ''), `${meta[2]} twice`).to.equal(false)
        typed.set(meta[2] ?? '', meta[3] ?? '')
      }
      continue
    }
    const sample = /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (\S+)$/.exec(line)
    expect(sample, line).not.to.equal(null)
    const [, name = '', labels = '', value = ''] = sample ?? []
    expect(typed.has(name) || typed.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram', `${name} has a type`).to.equal(true)
    expect(values.has(name + labels), `${name}${labels} once`).to.equal(false)
    values.set(name + labels, Number(value.replace('Inf', 'Infinity')))
  }
  return values
}

describe('monitor: metrics for Prometheus', () => {
  it('tell all that a node knows', () => {
    const values = parse(text())
    expect(Object.fromEntries([...values].filter(([key]) => !key.includes('_bucket')))).to.deep.include({
      'braid_info{node="me",name="me",service="shop",mesh="test",version="1.2.3"}': 1,
      braid_uptime_seconds: 2.5,
      braid_health_level: 2,
      'braid_nodes{service="login",state="suspect"}': 1,
      'braid_connections{transport="tcp",relayed="false",direction="outbound"}': 3,
      braid_streams: 8,
      'braid_path_rtt_seconds{transport="tcp",relayed="false",of="median"}': 0.004,
      'braid_path_rtt_seconds{transport="tcp",relayed="false",of="slowest"}': 0.01,
      'braid_leader_known{service="login"}': 0,
      'braid_leader_self{service="shop"}': 1,
      'braid_election_term{service="shop"}': 3,
      'braid_leader_changes_total{service="shop"}': 2,
      'braid_links{service="shop",parent="gate",node="me"}': 12,
      'braid_topic_full{topic="orders"}': 1,
      'braid_channel_lag{topic="orders",channel="mail"}': 1,
      'braid_channel_redelivered_total{topic="orders",channel="billing"}': 4,
      'braid_channel_dead_total{topic="orders",channel="billing"}': 5,
      'braid_rpc_requests_total{side="server",service="shop",method="pay"}': 10,
      'braid_rpc_errors_total{side="client",service="login",method="user.password"}': 2,
      'braid_rpc_time_seconds_count{side="server",service="shop",method="pay"}': 3,
      'braid_process_cpu_ratio': 0.25,
      'braid_process_loop_delay_seconds': 0.012,
      'braid_counters{name="rpc_late"}': 2
    })
    const buckets = [...values].filter(([key]) => key.startsWith('braid_rpc_time_seconds_bucket{side="server"')).map(([, value]) => value)
    expect(buckets).to.deep.equal([...buckets].sort((a, b) => a - b))
    expect(buckets.at(-1)).to.equal(3)
    expect(values.get('braid_rpc_time_seconds_sum{side="server",service="shop",method="pay"}')).to.be.closeTo(0.303, 1e-9)
  })

  it('escape what names and labels may hold', () => {
    const name = 'a "quoted" \\ back\nslash'
    const values = parse(text({ ...FULL, snapshot: snapshotOf({ self: nodeOf('me', { name }) }) }))
    expect([...values.keys()][0]).to.include('name="a \\"quoted\\" \\\\ back\\nslash"')
  })

  it('are named as Prometheus has it (promtool check metrics)', () => {
    for (const { name, type, help, labels } of families(FULL, new Admission())) {
      expect(help, name).to.not.equal('')
      expect(name.endsWith('_total'), `${name}: ${type}`).to.equal(type === 'counter')
      // those mean what summaries and histograms mean by them
      expect(labels, name).to.not.include.members(['quantile']).and.to.not.include.members(['le'])
    }
  })

  it('of a node that knows nothing yet are of the format, too', () => {
    expect(parse(text({ snapshot: snapshotOf(), counts: { served: [], made: [] }, leaderChanges: new Map() })).get('braid_health_level')).to.equal(2)
  })

  it(`are of at most ${MAX_METRIC_SERIES} series each, and of ${MAX_METRIC_METHODS} methods a side; the rest is counted`, () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`)
    const source: Source = {
      snapshot: snapshotOf({
        topics: many(10_000).map(name => topicOf(name, ['one'])),
        links: many(3_000).map(node => ({ service: 's', parent: '*', node, count: 1 })),
        services: many(1_000).map(service => ({ service, nodes: [], state: 'observer', voters: ['v'], learners: [] }))
      }),
      counts: { served: many(512).map(name => countsOf('', name, 2, 1, [1])), made: many(1_025).map(name => countsOf('login', name, 3, 0, [1, 1])) },
      leaderChanges: new Map()
    }
    const all = text(source)
    const values = parse(all)
    const of = (name: string): number => [...values.keys()].filter(key => key.startsWith(`${name}{`)).length
    for (const name of ['braid_topic_length', 'braid_channel_lag', 'braid_links', 'braid_leader_known']) expect(of(name), name).to.equal(MAX_METRIC_SERIES)
    expect(of('braid_rpc_requests_total')).to.equal(2 * (MAX_METRIC_METHODS + 1))
    expect(values.get('braid_rpc_requests_total{side="client",service="*",method="*"}')).to.equal(3 * (1_025 - MAX_METRIC_METHODS))
    expect(values.get('braid_rpc_time_seconds_count{side="server",service="*",method="*"}')).to.equal(512 - MAX_METRIC_METHODS)
    expect(values.get('braid_metrics_dropped_series{metric="braid_topic_length"}')).to.equal(10_000 - MAX_METRIC_SERIES)
    expect(all.length).to.be.below(2_000_000)
  })

  it('keep their series while others come and go', () => {
    const admission = new Admission()
    const topics = (names: readonly string[]): Source => ({ ...FULL, snapshot: snapshotOf({ topics: names.map(name => topicOf(name)) }) })
    const told = (names: readonly string[]): string[] => [...parse(text(topics(names), admission)).keys()].flatMap(key => /^braid_topic_length\{topic="(.+)"\}$/.exec(key)?.[1] ?? [])
    const first = Array.from({ length: MAX_METRIC_SERIES }, (_, i) => `m${i}`)
    expect(told(first)).to.deep.equal(first)
    expect(told(['a', ...first])).to.deep.equal(first)
    expect(told(['a', ...first.slice(1)])).to.deep.equal(['a', ...first.slice(1)])
  })

  it('are those that the example dashboard shows', () => {
    const dashboard = readFileSync(new URL('../../doc/grafana/braid-mesh.json', import.meta.url), 'utf8')
    const relay = { limits: { reservations: 1, circuits: 1 }, stats: () => ({ reservations: 0, reserved: 0, circuits: 0, opened: 0, bytes: 0, slowed: 0, refused: { circuits: 0 } }) } as unknown as Relay
    const mesh = { monitor: { snapshot: () => ({ resources: {} }) } } as unknown as Mesh
    const ofRelays = relayPages({ mesh, relay, stopping: () => false, isolation: () => [] }).metrics?.() ?? ''
    const known = new Set([
      ...families(FULL, new Admission()).flatMap(({ name, type }) => type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]),
      ...Array.from(ofRelays.matchAll(/^# TYPE (\S+)/gm), ([, name = '']) => name)
    ])
    expect(known).to.include('braid_relay_refused_total')
    const used = new Set(dashboard.match(/braid_[a-z_]+/g))
    expect(used.size).to.be.above(20)
    expect([...used].filter(name => !known.has(name))).to.deep.equal([])
    const { panels, title } = JSON.parse(dashboard) as { title: string, panels: Array<{ title: string, type: string, targets?: Array<{ expr: string }> }> }
    expect(title).to.equal('braid-mesh')
    for (const panel of panels) if (panel.type !== 'row') expect(panel.targets?.length, panel.title).to.be.above(0)
    // labels, too, by which it sums and names
    const labels = new Set(['instance', 'le', 'reason', ...families(FULL, new Admission()).flatMap(({ labels }) => labels)])
    const named = Array.from(dashboard.matchAll(/by \(([^)]+)\)|\{\{(\w+)\}\}/g), ([, list, one]) => (list ?? one ?? '').split(', ')).flat()
    expect(named.filter(label => !labels.has(label))).to.deep.equal([])
    // and there is none that it does not show
    expect([...known].filter(name => !used.has(name))).to.deep.equal(['braid_rpc_time_seconds_sum', 'braid_rpc_time_seconds_count'])
  })
})

describe('monitor: metrics for libp2p\'s interface', () => {
  type Options = { label?: string, calculate: () => number | Record<string, number> }

  function fake (read: () => readonly Family[]): Map<string, Options> {
    const registered = new Map<string, Options>()
    const add = (name: string, options: Options): void => { registered.set(name, options) }
    register({ registerMetric: add, registerMetricGroup: add } as never, read)
    return registered
  }

  it('are registered once, worked out when they are read, and 0 once they are gone', () => {
    let source = FULL
    const registered = fake(() => families(source, new Admission()))
    expect(registered.get('braid_uptime_seconds')?.calculate()).to.equal(2.5)
    expect(registered.get('braid_rpc_requests_total')?.label).to.equal('side_service_method')
    expect(registered.get('braid_rpc_requests_total')?.calculate()).to.deep.equal({ 'server shop pay': 10, 'client login user.password': 5 })
    expect(registered.get('braid_rpc_time_seconds_count')?.calculate()).to.deep.equal({ 'server shop pay': 3, 'client login user.password': 1 })
    expect(registered.get('braid_topic_length')?.calculate()).to.deep.equal({ orders: 3 })
    source = { ...FULL, snapshot: snapshotOf({ topics: [topicOf('mail')] }) }
    expect(registered.get('braid_topic_length')?.calculate()).to.deep.equal({ orders: 0, mail: 3 })
    // ids of nodes would pile up
    expect(registered.has('braid_links')).to.equal(false)
  })

  it('come out of @libp2p/prometheus-metrics as they are', async () => {
    const registry = new Registry()
    const metrics = prometheusMetrics({ registry, collectDefaultMetrics: false })({ logger: defaultLogger() })
    register(metrics, () => families(FULL, new Admission()))
    const told = await registry.metrics()
    for (const line of [
      'braid_uptime_seconds 2.5', 'braid_rpc_requests_total{side_service_method="server shop pay"} 10', 'braid_channel_lag{topic_channel="orders mail"} 1',
      'braid_leader_changes_total{service="shop"} 2'
    ]) expect(told).to.include(line)
    // twice: nothing adds up
    expect(await registry.metrics()).to.include('braid_rpc_requests_total{side_service_method="server shop pay"} 10')
  })
})
