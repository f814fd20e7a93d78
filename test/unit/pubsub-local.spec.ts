import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { LocalTopic } from '../../src/pubsub/local-topic.ts'
import { checkTopicOrPattern, deadTopic, isPattern, isTopic } from '../../src/pubsub/names.ts'
import { defineTopic } from '../../src/pubsub/contract.ts'
import {
  decodeNumMsg, decodeStateChangeMsg, decodeUpdateMsg, encodeNumMsg, encodeStateChangeMsg, encodeUpdateMsg, pubsub
} from '../../src/pubsub/index.ts'
import { until } from '../harness/until.ts'
import type { Message } from '../../src/pubsub/index.ts'

const log = defaultLogger().forComponent('test')

describe('pub/sub: names', () => {
  it('topics, dead letters and patterns', () => {
    for (const name of ['orders', 'orders.eu', 'a', '0-_.x', 'a'.repeat(64), 'orders.$dead.billing', 'orders.eu.$dead.audit.eu']) expect(isTopic(name), name).to.equal(true)
    for (const name of ['', 'Orders', '.a', '-a', 'a b', 'a/b', 'a'.repeat(65), 'orders.*', '$dead', 'orders.$dead.', 'orders.$dead.A', 'a.$dead.b.$dead.c', 5, null, undefined]) expect(isTopic(name), String(name)).to.equal(false)
    for (const name of ['orders.*', 'orders.>', '*.eu', 'a.*.b', '*']) expect(isPattern(name), name).to.equal(true)
    for (const name of ['orders', '>', 'orders.>.eu', 'orders*', 'orders.**', 'orders..*', 'A.*', 'a.$dead.*', `${'a.'.repeat(40)}*`]) expect(isPattern(name), name).to.equal(false)
    expect(deadTopic('orders', 'billing')).to.equal('orders.$dead.billing')
    expect(checkTopicOrPattern('orders.*')).to.equal('orders.*')
    for (const name of ['orders*', 'Orders', 7]) expect(() => checkTopicOrPattern(name)).to.throw().with.property('name', 'InvalidNameError')
  })

  it('a contract has a name and a schema', () => {
    expect(() => defineTopic('Orders', { body: {} as any })).to.throw().with.property('name', 'InvalidNameError')
    expect(() => defineTopic('orders.**', { body: {} as any })).to.throw().with.property('name', 'InvalidNameError')
    expect(() => defineTopic('orders', { body: {} as any })).to.throw().with.property('name', 'InvalidOptionsError')
  })
})

describe('pub/sub: topics of the node itself', () => {
  const topic = (onPublish: (body: unknown) => void = () => {}): LocalTopic => new LocalTopic({ name: 'braid.topic.test', self: 'me', onPublish, log })

  it('each channel gets each message, its consumers share them', async () => {
    const local = topic()
    const got: string[] = []
    for (const [channel, name] of [['a', 'a1'], ['a', 'a2'], ['b', 'b1']] as const) {
      const end = await local.subscribe(channel)
      end.onMessage(({ body }: Message) => { got.push(`${name} ${String(body)}`) })
    }
    const receipts = [await local.publish(1), await local.publish(2)]
    expect(got).to.have.members(['a1 1', 'a2 2', 'b1 1', 'b1 2'])
    expect(receipts[0]).to.deep.include({ reached: 'sent', channels: ['a', 'b'] })
    expect(receipts[0]?.id).not.to.equal(receipts[1]?.id)
  })

  it('a message that fails comes again, five times at most; what nobody takes yet waits', async () => {
    const local = topic()
    const end = await local.subscribe('a')
    await local.publish('poison')
    const attempts: number[] = []
    end.onMessage(async message => {
      attempts.push(message.attempt)
      await message.nak(1)
    })
    await until(() => attempts.length === 5)
    await end.close()
    expect(attempts).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('what an end that is closed had not looked at comes to another one as it was', async () => {
    const local = topic()
    const end = await local.subscribe('a')
    end[Symbol.asyncIterator]()
    await local.publish(1)
    const got: unknown[] = []
    const other = await local.subscribe('a')
    other.onMessage(({ body, attempt }: Message) => { got.push([body, attempt]) })
    await end.close()
    await until(() => got.length === 1)
    expect(got).to.deep.equal([[1, 1]])
  })

  it('refuses no body, and what the topic refuses', async () => {
    const refusing = topic(() => { throw new Error('not that') })
    for (const body of [null, undefined, 1]) {
      expect(await refusing.publish(body).then(() => 'published', (err: Error) => err.name)).not.to.equal('published')
    }
  })

  it('what a node sees of others cannot be made a topic of the mesh', () => {
    expect(() => pubsub({ system: ['braid.topic.linkcache.unlink', 'braid.topic.election.change_state'] })).to.not.throw()
    for (const name of ['braid.topic.discover.service_update', 'orders']) {
      expect(() => pubsub({ system: [name as any] }), name).to.throw().with.property('name', 'InvalidOptionsError')
    }
  })

  it('a channel ends with its last consumer', async () => {
    const local = topic()
    await local.subscribe('a')
    await local.deleteChannel('a')
    expect((await local.publish(1)).channels).to.deep.equal([])
  })

  it('braid\'s messages are coded as braid coded them', () => {
    const node = { ID: '1', Name: 'login', Address: '127.0.0.1', Port: 14222, Metadata: { zone: 'a' } }
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
    expect(text(encodeUpdateMsg('braid.topic.discover.service_node_add', node))).to.equal('{"Nod":{"ID":"1","Name":"login","Address":"127.0.0.1","Port":14222,"Metadata":{"zone":"a"}},"Event":"braid.topic.discover.service_node_add"}')
    expect(decodeUpdateMsg(encodeUpdateMsg('e', node))).to.deep.equal({ Nod: node, Event: 'e' })
    expect(decodeNumMsg(encodeNumMsg('1', 7))).to.deep.equal({ ID: '1', Num: 7 })
    expect(decodeStateChangeMsg(encodeStateChangeMsg(2, '1'))).to.deep.equal({ State: 2, ID: '1' })
    for (const wrong of ['', 'null', '7', '{}', '{"ID":1,"Num":1}']) {
      expect(() => decodeNumMsg(new TextEncoder().encode(wrong)), wrong).to.throw().with.property('name', 'InvalidMessageError')
    }
  })
})
