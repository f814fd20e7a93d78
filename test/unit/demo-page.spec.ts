import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { expect } from 'chai'
import fc from 'fast-check'
import { boolean, examples, integer, minValue, number, object, optional, picklist, pipe, string } from 'valibot'
import { HANDLED, login, mail, tab } from '../../demo/contracts.ts'
import { bounded } from '../../demo/page/lib/bounded.ts'
import { glyphOf } from '../../demo/page/lib/glyph.ts'
import { exampleOf, fieldsOf, textOf, valueOf } from '../../demo/page/lib/schema.ts'
import { heightFor, Layout, scaleFor } from '../../demo/page/lib/layout.ts'
import { sparkPath } from '../../demo/page/lib/spark.ts'
import { duration, ms, quantile, shorten, show } from '../../demo/page/lib/text.ts'
import { isForThisMachine, otherOf, parseHash, shareLink } from '../../demo/page/state/address.ts'
import { answer, call, history } from '../../demo/page/state/calls.ts'
import { channelState } from '../../demo/page/state/channels.ts'
import { graphEdges, styleOf } from '../../demo/page/state/graph.ts'
import { announced, counts, entries, log } from '../../demo/page/state/log.ts'
import { leasesOf, othersPaths, othersTopics } from '../../demo/page/state/others.ts'
import { callsWith, pulse, pulses, watchPulses } from '../../demo/page/state/pulses.ts'
import { handledBy, handledTwice, subscribe, subscriptions, watchTopics } from '../../demo/page/state/topics.ts'
import { mesh, snapshot } from '../../demo/page/state/view.ts'
import { schemaText } from '../../src/cli/look.ts'
import { until } from '../harness/until.ts'
import type { Answer } from '../../demo/page/state/calls.ts'
import type { Mesh, MeshSnapshot, Message, MethodContract, NodeInfo, PathInfo, ServiceInfo } from '../../src/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

function described (schema: StandardSchemaV1): unknown {
  const { jsonSchema } = schema['~standard'] as unknown as { jsonSchema: { input: (options: object) => unknown } }
  return jsonSchema.input({ target: 'draft-2020-12' })
}

describe('the demo page', () => {
  // as in a page, without the wait
  const { requestAnimationFrame, cancelAnimationFrame } = globalThis
  before(() => { Object.assign(globalThis, { requestAnimationFrame: (draw: () => void) => setTimeout(draw), cancelAnimationFrame: clearTimeout }) })
  after(() => { Object.assign(globalThis, { requestAnimationFrame, cancelAnimationFrame }) })

  it('makes an example of every schema of the demo, and the schema takes it', async () => {
    for (const { service, methods } of [login, mail, tab]) {
      for (const [name, { input }] of Object.entries(methods as Record<string, MethodContract>)) {
        if (input == null) continue
        const result = await input['~standard'].validate(exampleOf(described(input)))
        expect(result.issues, `${service} ${name}`).to.equal(undefined)
      }
    }
  })

  it('knows a link that is of use on this machine only', () => {
    const at = (page: string, ...relays: string[]): boolean => isForThisMachine({ mesh: 'localhost-tests', relays }, page)
    const relay = '/dns4/relay.example/tcp/443/wss'
    expect(['http://127.0.0.1:8080/', 'http://[::1]/a/', 'http://localhost:8080/#x'].map(page => at(page, relay))).to.deep.equal([true, true, true])
    expect(['/ip4/127.0.0.1/tcp/9002/ws', '/ip6/::1/tcp/9002/ws', '/dns4/localhost/tcp/9002/ws'].map(relay => at('https://page.example/', relay))).to.deep.equal([true, true, true])
    expect(at('https://notlocalhost.example/', '/ip6/2001:db8::1/tcp/9002/ws')).to.equal(false)
    expect(at('https://page.example/', '/ip4/127.0.0.1/tcp/9002/ws', relay)).to.equal(false)
  })

  it('knows where a link leads: to the same mesh, to one of its name by other relays, or to another one', () => {
    const relay = (id: string, port = 9002): string => `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${id}`
    const own = { mesh: 'demo', relays: [relay('A'), relay('B')] }
    const to = (mesh: string, ...relays: string[]): string | undefined => otherOf({ mesh, relays }, own)
    expect([to('demo', relay('A'), relay('B')), to('demo', relay('B'), relay('A')), to('demo', relay('B'))]).to.deep.equal([undefined, undefined, undefined])
    expect(to('demo', relay('C'), relay('B', 9_100)), 'the relay was started on another port').to.equal(undefined)
    expect(to('demo', relay('C'))).to.equal('relays')
    expect(to('shop', relay('A'))).to.equal('mesh')
  })

  it('fills in what is asked for, and leaves out what may be left out', () => {
    const schema = described(toStandardJsonSchema(object({
      to: pipe(string(), examples(['ada'])),
      count: pipe(number(), integer(), minValue(3)),
      kind: picklist(['a', 'b']),
      urgent: boolean(),
      note: optional(string()),
      subject: optional(string(), 'Hello')
    })))
    expect(exampleOf(schema)).to.deep.equal({ to: 'ada', count: 3, kind: 'a', urgent: false, subject: 'Hello' })
    const fields = fieldsOf(schema) ?? []
    expect(fields.map(({ name, kind, required }) => `${name} ${kind} ${required}`)).to.deep.equal([
      'to text true', 'count number true', 'kind choice true', 'urgent boolean true', 'note text false', 'subject text false'
    ])
    const value = (name: string, text: string): unknown => valueOf(fields.find(field => field.name === name) as typeof fields[number], text)
    expect([value('count', '7'), value('urgent', 'true'), value('to', ''), value('note', ''), value('kind', 'b')]).to.deep.equal([7, true, '', undefined, 'b'])
  })

  it('makes no form of what has no plain fields, and ends in schemas that do not', () => {
    expect(fieldsOf(undefined)).to.equal(undefined)
    expect(fieldsOf({ type: 'string' })).to.equal(undefined)
    expect(fieldsOf({ type: 'object', properties: { list: { type: 'array', items: { type: 'string' } } } })).to.equal(undefined)
    const endless: { type: string, required: string[], properties: Record<string, unknown> } = { type: 'object', required: ['next'], properties: {} }
    endless.properties['next'] = endless
    expect(show(exampleOf(endless)).length).to.be.below(200)
  })

  it('sends what was chosen and typed as the schema has it: a number as one, and nothing for nothing', () => {
    const schema = described(toStandardJsonSchema(object({ retries: picklist([1, 2, 3]), count: number(), more: optional(number()), urgent: optional(boolean()) })))
    const fields = [...fieldsOf(schema) ?? [], ...fieldsOf({ type: 'object', properties: { mixed: { enum: ['a', true, null, 2] } } }) ?? []]
    const value = (name: string, text: string): unknown => valueOf(fields.find(field => field.name === name) as typeof fields[number], text)
    expect([value('retries', '2'), value('mixed', 'a'), value('mixed', 'true'), value('mixed', 'null'), value('mixed', '2'), value('mixed', '')]).to.deep.equal([2, 'a', true, null, 2, undefined])
    // on the way to -1 a browser says that there is nothing yet
    expect([value('count', ''), value('count', '-1'), value('more', ''), value('urgent', ''), value('urgent', 'false')]).to.deep.equal([undefined, -1, undefined, undefined, false])
    expect([null, 2, 'a', undefined].map(textOf)).to.deep.equal(['null', '2', 'a', ''])
  })

  it('makes what it can of a schema that is none', () => {
    for (const schema of [
      { type: 'object', properties: { a: null } }, { type: 'object', properties: { a: { type: 'string' } }, required: 5 }, { anyOf: {} }, { enum: 5 }, { type: 'object', properties: { a: { enum: 5 } } },
      { type: 'string', minLength: 1e12 }, { type: 'string', format: 'constructor' }, { type: 'object', properties: Array.from({ length: 1_000 }, () => ({ type: 'string' })) }
    ]) {
      expect(fieldsOf(schema) ?? [], show(schema)).to.have.lengthOf.at.most(1)
      expect(show(exampleOf(schema)), show(schema)).to.have.lengthOf.at.most(1_002)
    }
    const names = ['type', 'properties', 'required', 'items', 'enum', 'const', 'default', 'examples', 'anyOf', 'format', 'minimum', 'minLength', 'description', 'a']
    const { schema } = fc.letrec(tie => ({
      schema: fc.oneof({ depthSize: 'small' }, fc.anything(), fc.constantFrom('object', 'string', 'array', 'number'), fc.array(tie('schema'), { maxLength: 3 }), fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 6 }))
    }))
    fc.assert(fc.property(schema, schema => {
      for (const field of fieldsOf(schema) ?? []) for (const text of ['', '1', 'a']) valueOf(field, text)
      for (const field of fieldsOf(schema) ?? []) field.choices.map(textOf)
      textOf(exampleOf(schema))
      schemaText(schema)
    }), { numRuns: 500 })
  })

  it('shows a channel whatever others tell of it, and as much as they like', () => {
    const channel = { name: 'c', consumers: 2, lag: 0, pending: 0, redelivered: 0, dead: 1 }
    const topic = { name: 'orders', length: 0, bytes: 0, pending: 0, full: false, channels: Array.from({ length: 20_000 }, () => channel) }
    othersTopics.value = Array.from({ length: 7 }, () => [topic])
    expect(channelState('orders', 'c')).to.deep.equal({ consumers: 2, dead: 140_000 })
    expect(channelState('orders', 'd')).to.equal(undefined)
    othersTopics.value = []
  })

  it('tells who handled the orders, whatever others say of that, and keeps as much of a message as can be shown', async () => {
    for (const body of [null, { id: 'x', by: 5, attempt: 1 }, { id: 'x', by: 'a'.repeat(257), attempt: 1 }, { id: {}, by: 'a', attempt: 1 }]) {
      expect((await HANDLED.body['~standard'].validate(body)).issues, show(body)).not.to.equal(undefined)
    }
    const handlers = new Map<string, (message: Partial<Message>) => unknown>()
    const topic = (topic: string | { topic: string }): object => ({
      subscribe: async () => ({ onMessage: (handler: (message: Partial<Message>) => unknown) => { handlers.set(typeof topic === 'string' ? topic : topic.topic, handler) } })
    })
    try {
      mesh.value = { id: 'me', pubsub: { topic } } as unknown as Mesh
      await subscribe('orders', 'mine')
      for (let i = 0; i < 10_000; i++) await handlers.get('orders.handled')?.({ id: `told ${i}`, body: { id: `${i}`, by: `node-${i}`, attempt: 1 } })
      await handlers.get('orders.handled')?.({ id: 'told again', body: { id: '9999', by: 'node-1', attempt: 2 } })
      for (let i = 0; i < 60; i++) await handlers.get('orders')?.({ id: `${i}`, topic: 'orders', channel: 'mine', attempt: 1, publisher: 'p', body: 'x'.repeat(100_000) })
      await new Promise(resolve => setTimeout(resolve, 5))
      expect([handledBy.value.size, handledBy.value.get('node-1'), handledBy.value.get('others'), handledTwice.value]).to.deep.equal([201, 2, 9_800, 1])
      const [mine] = subscriptions.value
      expect([mine?.acked, mine?.handling, mine?.deliveries.length, mine?.deliveries[0]?.text.length, mine?.deliveries[0]?.state]).to.deep.equal([60, 0, 50, 1_000, 'acked'])
    } finally {
      watchTopics()()
      mesh.value = undefined
    }
    expect([subscriptions.value, handledBy.value.size, handledTwice.value]).to.deep.equal([[], 0, 0])
  })

  it('keeps of calls what it shows of them: no answer of the past, and the end of a long stream, each item cut', async () => {
    const big = 'x'.repeat(100_000)
    let drawn = 0
    const ended = answer.subscribe(() => { drawn++ })
    try {
      mesh.value = { id: 'me', rpc: { invoke: async () => big, stream: async function * () { for (let i = 0; i < 1_000; i++) yield big } } } as unknown as Mesh
      const input = { service: 's', method: 'm', args: undefined, token: '', node: '', timeout: 1_000 }
      await call({ ...input, kind: 'unary' })
      expect(answer.value).to.include({ state: 'done', result: big })
      drawn = 0
      await call({ ...input, kind: 'serverStream' })
      const { chunks, received } = answer.value as Answer
      expect([received, chunks.length, ...new Set(chunks.map(({ length }) => length))]).to.deep.equal([1_000, 100, 1_000])
      // and not once for each item
      expect(drawn).to.be.below(100)
      expect(history.value.map(({ result, chunks, received }) => [result, chunks, received])).to.deep.equal([[undefined, [], 1_000], [undefined, [], 0]])
    } finally {
      ended()
      mesh.value = undefined
    }
  })

  it('draws once for all calls of a moment, and lets each peer\'s fade', async () => {
    let drawn = 0
    const ends = [pulses, entries].map(signal => signal.subscribe(() => { drawn++ }))
    try {
      drawn = 0
      for (let i = 0; i < 5_000; i++) {
        pulse('a', 'in')
        log('rpc', `call ${i} ${'x'.repeat(2_000)}`)
      }
      pulse('b', 'out')
      log('discovery', 'evil\u202e is there')
      await new Promise(resolve => setTimeout(resolve, 5))
      expect(drawn).to.equal(2)
      expect([callsWith('a'), callsWith('b')]).to.deep.equal([{ out: 0, in: 5_000 }, { out: 1, in: 0 }])
      expect([...pulses.value]).to.deep.equal([['a', { in: 5_000 }], ['b', { out: 1 }]])
      expect(entries.value.length).to.equal(500)
      expect(entries.value[0]?.text).to.equal('evil\ufffd is there')
      expect(entries.value[1]?.text).to.match(/^call 4999 x+…$/).and.to.have.length(500)
      expect(counts.value.rpc).to.be.at.least(5_000)
      await until(() => pulses.value.size === 0)
      expect(callsWith('a').in).to.equal(5_000)
    } finally {
      for (const end of ends) end()
      watchPulses()()
    }
  })

  it('takes the lease of a leader from that leader alone', () => {
    const told = (id: string, leases: Record<string, unknown>): any => ({ id, services: Object.entries(leases).map(([service, leaseLeft]) => ({ service, leaseLeft })) })
    const known = (service: string, id?: string): ServiceInfo => ({ service, leader: id == null ? undefined : { id } }) as unknown as ServiceInfo
    const leases = leasesOf([told('a', { login: 900, mail: 1e9, tab: 1e9 }), told('b', { mail: 700, login: 1e9, x: 'y' })], [known('login', 'a'), known('mail', 'b'), known('tab'), known('x', 'b'), known('z', 'c')])
    expect([...leases]).to.deep.equal([['login', 900], ['mail', 700]])
  })

  it('says all that happened at once, not only the last of it', async () => {
    log('election', 'login-1 leads login in term 1', true)
    log('transport', 'connected')
    log('election', 'mail-1 leads mail in term 2', true)
    await Promise.resolve()
    expect(announced.value).to.equal('login-1 leads login in term 1; mail-1 leads mail in term 2')
    log('discovery', 'relay is gone', true)
    await Promise.resolve()
    expect(announced.value).to.equal('relay is gone')
  })

  it('keeps no more of what another node tells than it can show', () => {
    const many = <T>(one: T): T[] => Array.from({ length: 1_000 }, () => one)
    const topic = { name: 'orders', channels: many({ name: 'c' }) }
    const told = bounded({ paths: many({ peer: 'a' }), topics: many(topic), services: many({ service: 's' }) } as unknown as MeshSnapshot)
    expect([told.paths.length, told.topics.length, told.services.length, ...new Set(told.topics.map(({ channels }) => channels.length))])
      .to.deep.equal([200, 200, 200, 50])
    expect(told.topics[0]?.channels[0]).to.deep.equal({ name: 'c' })
  })

  it('finds the mesh in a link that it made itself', () => {
    const address = { mesh: 'shop & co', relays: ['/ip4/192.0.2.1/tcp/9001/ws/p2p/12D3KooWA', '/dns4/r.example.org/tcp/443/tls/ws/p2p/12D3KooWB'] }
    const link = new URL(shareLink(address, 'https://example.org/demo/?x=1#old'))
    expect(link.origin + link.pathname + link.search).to.equal('https://example.org/demo/?x=1')
    expect(parseHash(link.hash)).to.deep.equal(address)
    expect(parseHash('#mesh=shop')).to.equal(undefined)
    expect(parseHash('#relay=/ip4/192.0.2.1/tcp/1/ws')?.mesh).to.equal('demo')
  })

  it('knows the way of every path of the map, own or between others', () => {
    const styles = (['tcp', 'ws', 'wss', 'webrtc', 'webrtc-direct', 'other'] as const).map(transport => styleOf({ transport, relayed: false }))
    expect(styles).to.deep.equal(['tcp', 'ws', 'ws', 'webrtc', 'webrtc', 'other'])
    expect(styleOf({ transport: 'ws', relayed: true })).to.equal('relayed')

    const node = (id: string): NodeInfo => ({ id, name: id, service: 'login', state: 'up', addresses: [], roles: [], metadata: {} }) as unknown as NodeInfo
    const path = (peer: string, transport: PathInfo['transport'], relayed = false): PathInfo => ({ peer, transport, relayed }) as PathInfo
    try {
      mesh.value = { id: 'me' } as Mesh
      snapshot.value = { nodes: ['me', 'a', 'b', 'c', 'd'].map(node), services: [], paths: [path('a', 'ws'), path('b', 'ws', true), path('b', 'webrtc'), path('c', 'ws', true)] } as unknown as MeshSnapshot
      othersPaths.value = new Map([
        // what this tab sees itself counts more, and who is unknown has no place
        ['a', [path('me', 'tcp'), path('b', 'ws'), path('c', 'tcp'), path('stranger', 'tcp')]],
        ['c', [path('a', 'ws', true), path('d', 'ws', true)]],
        ['d', [path('b', 'webrtc')]]
      ])
      expect(graphEdges.value.map(({ from, to, style, own }) => `${from} ${to} ${style}${own ? ', own' : ''}`)).to.deep.equal([
        'me a ws, own', 'me b webrtc, own', 'me c relayed, own', 'a b ws', 'a c tcp', 'c d relayed', 'd b webrtc'
      ])
    } finally {
      mesh.value = undefined
      snapshot.value = undefined
      othersPaths.value = new Map()
    }
  })

  it('draws and tells: glyphs, lines, times', () => {
    expect(glyphOf('12D3KooWA')).to.deep.equal(glyphOf('12D3KooWA'))
    const ids = Array.from({ length: 500 }, (_, i) => `12D3KooWSomePeerId${i}`)
    expect(new Set(ids.map(id => show(glyphOf(id)))).size).to.be.above(480)
    for (const { cells } of ids.map(glyphOf)) expect(cells.length).to.be.above(3)
    expect(sparkPath([], 10, 10, 5)).to.equal('')
    expect(sparkPath([0, 2], 10, 10, 3)).to.equal('M5.0 9.0L10.0 1.0')
    expect([ms(undefined), ms(1.234), ms(12.34), ms(1234)]).to.deep.equal(['–', '1.23 ms', '12.3 ms', '1234 ms'])
    expect([duration(4_000), duration(240_000), duration(7_200_000)]).to.deep.equal(['4 s', '4 min', '2 h'])
    expect(quantile([3, 1, 2], 0.5)).to.equal(2)
    expect(quantile([], 0.5)).to.equal(undefined)
    expect([shorten('login-1', 14), shorten('a name that is too long', 10), shorten('𝒳𝒳𝒳𝒳', 3)]).to.deep.equal(['login-1', 'a name th…', '𝒳𝒳…'])
  })

  it('a map of two hundred nodes, on a desk and on a phone: none on another one, none outside', () => {
    for (const [width, count] of [[1_190, 8], [1_190, 61], [350, 8], [350, 25], [350, 61], [350, 120], [350, 200], [640, 200], [1_190, 200]] as const) {
      let points = new Map<string, { x: number, y: number }>() as ReadonlyMap<string, { x: number, y: number }>
      const layout = new Layout(next => { points = next })
      const ids = Array.from({ length: count }, (_, i) => `node-${i}`)
      const height = heightFor(width, count)
      layout.update('node-0', ids, { width, height }, true)
      layout.stop()
      const all = ids.map(id => points.get(id) ?? { x: Number.NaN, y: Number.NaN })
      for (const { x, y } of all) {
        expect(x, `${count} in ${width}`).to.be.within(21, width - 21)
        expect(y, `${count} in ${width}`).to.be.within(21, height - 51)
      }
      const gaps = all.flatMap((a, i) => all.slice(i + 1).map(b => Math.hypot(a.x - b.x, a.y - b.y)))
      const scale = scaleFor(width, count)
      expect(Math.min(...gaps), `${count} in ${width}`).to.be.at.least(scale < 1 ? 55 * scale : 60)
      // a finger hits it, and what is no crowd is drawn in full
      expect(scale, `${count} in ${width}`).to.be.within(count > 61 ? 24 / 42 : 1, 1)
    }
  })
})
