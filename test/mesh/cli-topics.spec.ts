/** The commands of topics and channels. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { FakeTerminal, useShop } from './cli-shop.ts'

describe('the command line, with topics', function () {
  this.timeout(60_000)
  const shop = useShop()

  it('publishes, subscribes and tells how far channels are', async () => {
    const listening = new FakeTerminal()
    const ended = listening.run('subscribe', 'orders', 'billing', '--json', '--count', '2', ...shop.bootstrap)
    await until(() => listening.errors.length > 0)
    expect(listening.errors.map(line => JSON.parse(line) as object)).to.deep.equal([{ subscribed: 'orders' }])
    const sent = await shop.cli('publish', 'orders', '{"item":"book"}', '--key', 'a', '--json', '--timeout', '20000')
    expect(sent.err).to.equal('')
    expect(JSON.parse(sent.out)).to.include({ reached: 'stored' })
    await shop.login.pubsub.topic('orders').publish({ item: 'pen' })
    const { code, out } = await ended
    expect(code).to.equal(0)
    expect(out.split('\n').map(line => (JSON.parse(line) as { body: unknown }).body)).to.have.deep.members([{ item: 'book' }, { item: 'pen' }])
    await shop.sees(({ out }) => (JSON.parse(out) as { topics: Array<{ topic: string }> }).topics.some(({ topic }) => topic === 'orders'), 'channels', '--json')
  })

  it('channels tells who waits for a topic on which nobody has published yet', async () => {
    const first = await shop.login.pubsub.topic('waited').subscribe('billing')
    const second = await shop.relay.pubsub.topic('waited').subscribe('billing')
    const all = await shop.relay.pubsub.topic('waited.*').subscribe('audit')
    try {
      await shop.sees(({ out }) => /^waited +billing +2 +- +- +- +-$/m.test(out), 'channels', 'waited')
      interface Told { topics: Array<{ topic: string }>, channels: Array<{ topic: string, consumers: number }> }
      const told = (out: string): Told => JSON.parse(out) as Told
      const consumers = (out: string): number => told(out).channels.filter(({ topic }) => topic.startsWith('waited')).reduce((sum, { consumers }) => sum + consumers, 0)
      const { topics, channels } = told((await shop.sees(({ out }) => consumers(out) === 3, 'channels', '--json')).out)
      expect(topics.filter(({ topic }) => topic.startsWith('waited'))).to.deep.equal([])
      const unknown = { lag: null, pending: null, redelivered: null, dead: null }
      expect(channels.filter(({ topic }) => topic.startsWith('waited'))).to.deep.equal([
        { topic: 'waited', channel: 'billing', consumers: 2, ...unknown }, { topic: 'waited.*', channel: 'audit', consumers: 1, ...unknown }
      ])
      await shop.sees(({ out }) => /^waited +billing +2 +- +- +- +-$/m.test(out), 'top', '--count', '1')
      await shop.login.pubsub.topic('waited').publish(1)
      await shop.sees(({ out }) => /^waited +billing +2 +\d+ +\d+ +0 +0$/m.test(out), 'channels')
      expect((await shop.sees(({ out }) => /^waited +billing +2/m.test(out), 'channels', 'waited')).out.match(/billing/g)).to.have.length(1)
    } finally {
      await Promise.all([first, second, all].map(async channel => channel.close()))
    }
    expect((await shop.cli('channels', 'nowhere')).err).to.equal("no node has the topic 'nowhere'")
  })

  it('subscribe --count leaves to the channel what it does not print', async () => {
    const orders = shop.login.pubsub.topic('counted')
    const billing = await orders.subscribe('billing', { durable: true })
    await billing.close()
    for (let n = 0; n < 50; n++) await orders.publish({ n })
    const { code, out } = await shop.cli('subscribe', 'counted', 'billing', '--count', '3', '--json')
    expect(code).to.equal(0)
    const numbers = out.split('\n').map(line => (JSON.parse(line) as { body: { n: number } }).body.n)
    expect(numbers).to.have.length(3)
    const rest = await orders.subscribe('billing')
    rest.onMessage(({ body }: { body: { n: number } }) => { numbers.push(body.n) })
    await until(() => numbers.length >= 50, { what: () => `50 messages, got ${numbers.length}` })
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, n) => n))
    await rest.close()
  })

  it('subscribe takes no place from a channel that services share, whoever came first', async () => {
    const topic = shop.login.pubsub.topic('shared')
    const early = new FakeTerminal()
    const ended = early.run('subscribe', 'shared', 'billing', '--count', '1', ...shop.bootstrap)
    await until(() => early.errors.some(line => line.startsWith('subscribed')))
    const service = await topic.subscribe('billing')
    await topic.publish(0)
    expect((await ended).code).to.equal(0)
    await service.close()
    for (const n of [1, 2]) {
      expect((await topic.publish(n)).channels).to.deep.equal(['billing'])
      // the last one that leaves is the command
      expect(await shop.cli('subscribe', 'shared', 'billing', '--count', '1', '--json')).to.have.property('code', 0)
    }
    expect((await topic.publish(3)).channels).to.deep.equal(['billing'])
    const rest = await topic.subscribe('billing')
    expect(rest.settings).to.deep.include({ durable: true, maxDeliver: 5 })
    const got: unknown[] = []
    rest.onMessage(({ body }) => { got.push(body) })
    await until(() => got.length > 0)
    expect(got).to.deep.equal([3])
    await rest.close()
  })

  it('bench --publish ends, whatever its messages wait for', async () => {
    const channel = await shop.login.pubsub.topic('unattended').subscribe('billing')
    const finish = Promise.withResolvers<void>()
    channel.onMessage(async () => finish.promise)
    const { code, out } = await shop.cli('bench', '--publish', 'unattended', '--confirm', 'handled', '--duration', '300', '--timeout', '500', '--json')
    expect(code).to.equal(1)
    expect((JSON.parse(out) as { errors: object }).errors).to.have.keys('DEADLINE_EXCEEDED')
    finish.resolve()
    await channel.close()
  })

  it('publish fails when it does not come as far as it was to', async () => {
    await using alone = await createMesh({ mesh: 'alone', listen: ['/ip4/127.0.0.1/tcp/0'] })
    const words = ['publish', 'orders', '1', '--mesh', 'alone', '--bootstrap', alone.libp2p.getMultiaddrs().map(String)[0] ?? '']
    const asked = await new FakeTerminal().run(...words, '--confirm', 'stored')
    expect(asked.err).to.include('it is sent, not stored')
    expect(asked.code).to.equal(1)
    expect(await new FakeTerminal().run(...words)).to.include({ code: 0, err: '' })
    expect(await new FakeTerminal().run(...words, '--confirm', 'sent')).to.include({ code: 0, err: '' })
  })
})
