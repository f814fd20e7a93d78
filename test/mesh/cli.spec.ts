/** The commands that call and look, in this process, in a mesh of real nodes. What needs a process or a terminal is in test/process. */
import { expect } from 'chai'
import { useShop } from './cli-shop.ts'
import type { Ran } from './cli-shop.ts'

describe('the command line', function () {
  this.timeout(60_000)
  const shop = useShop()

  it('calls a method and prints its result', async () => {
    const ran = await shop.cli('call', 'login', 'greet', '{"name":"ada","bytes":{"$bytes":"AQI="}}', '--token', 'ada', '--timeout', '40000', '--json')
    expect(ran).to.deep.include({ code: 0, err: '' })
    expect(JSON.parse(ran.out)).to.deep.equal({ text: 'welcome ada', token: true, raw: { $bytes: 'AQI=' }, bytes: true })
    expect((await shop.cli('call', 'login', 'count', '3', '--stream')).out).to.equal('0\n1\n2')
  })

  it('calls the node that --node names, by name, end of id or id', async () => {
    for (const node of ['login-1', shop.login.id.slice(-8), shop.login.id]) {
      const ran = await shop.cli('call', 'login', 'greet', '{"name":"ada"}', '--node', node, '--json')
      expect(ran, ran.err).to.include({ code: 0, err: '' })
    }
    const wrong = await shop.cli('call', 'login', 'greet', '{"name":"ada"}', '--node', 'logn-1', '--timeout', '2000')
    expect(wrong).to.include({ code: 2 }).and.to.have.property('err').that.includes("did you mean 'login-1'?")
    expect(JSON.parse((await shop.cli('bench', 'login', 'greet', '{"name":"ada"}', '--calls', '5', '--node', 'login-1', '--json')).out)).to.deep.include({ nodes: { [shop.login.id]: 5 } })
  })

  it('lists nodes, services and methods', async () => {
    const nodes = await shop.sees(({ out }) => /login +login-1 +up/.test(out) && /- +relay +up +relay/.test(out), 'nodes')
    expect(nodes.out).to.match(/^SERVICE/)
    const { out } = await shop.sees(({ out }) => out !== '[]', 'nodes', 'login', '--json')
    expect((JSON.parse(out) as Array<{ id: string }>).map(({ id }) => id)).to.deep.equal([shop.login.id])
    await shop.sees(({ out }) => /login +1 +1 +3 +\d+/.test(out), 'services')
    expect((await shop.cli('methods', 'login')).out).to.match(/greet +unary .*says hello/)
    const all = JSON.parse((await shop.cli('methods', 'login', '--all', '--json')).out) as Array<{ name: string }>
    expect(all.map(({ name }) => name)).to.include.members(['greet', 'braid.ping'])
    await shop.sees(({ err }) => err.includes("did you mean 'login'?"), 'nodes', 'logn')
  })

  it('tells leader, links and what a node does', async () => {
    const led = await shop.cli('leader', 'login', '--json')
    expect(led.code).to.be.oneOf([0, 1])
    await shop.sees(({ out }) => (JSON.parse(out) as { leader?: unknown }).leader, 'leader', 'login', '--json')
    expect((await shop.cli('leader', 'login')).out).to.include(`leader  login-1 ${shop.login.id}`).and.to.match(/term \d+/)
    // 'ada' is linked since the first test
    await shop.relay.rpc.invoke('login', 'greet', { name: 'eve' }, { token: 'eve', timeout: 40_000 })
    await shop.sees(({ out }) => (JSON.parse(out) as Array<{ count: number }>)[0]?.count === 2, 'links', 'login', '--json')
    await shop.sees(({ out }) => /login +\S+ +login-1 +\S+ +2$/m.test(out), 'links')
    const known = ({ code }: Ran): boolean => code === 0
    const about = await shop.sees(known, 'info', 'login-1')
    expect(about.out).to.include(shop.login.id).and.to.match(/greet +\d+ +0/).and.to.match(/mesh +shop/)
    expect(JSON.parse((await shop.sees(known, 'info', shop.login.id.slice(-8), '--json')).out)).to.have.nested.property('self.id', shop.login.id)
    expect(await shop.sees(({ err }) => err.includes("did you mean 'login-1'?"), 'info', 'logn-1')).to.include({ code: 2 })
  })

  it('measures calls and messages', async () => {
    // no service of that name, which it may not have heard of yet, is another code
    const heard = ({ code }: Ran): boolean => code !== 2
    const { code, out } = await shop.sees(heard, 'bench', 'login', 'greet', '{"name":"ada"}', '--calls', '200', '--concurrency', '8', '--json')
    expect(code).to.equal(0)
    const result = JSON.parse(out) as { count: number, rate: number, errors: object, nodes: Record<string, number>, latency: { p50: number, max: number } }
    expect(result).to.deep.include({ count: 200, errors: {}, nodes: { [shop.login.id]: 200 } })
    expect(result.latency.p50).to.be.above(0).and.to.be.at.most(result.latency.max)
    const failing = await shop.sees(heard, 'bench', 'login', 'fail', '--calls', '3')
    expect(failing.code).to.equal(1)
    expect(failing.out).to.match(/3 failed/).and.to.match(/UNKNOWN +3/)
    // some of them answered, and one that did not is a failure all the same
    let calls = 0
    shop.login.rpc.handle('shaky', () => { if (++calls === 2) throw new Error('no') })
    const shaky = await shop.sees(heard, 'bench', 'login', 'shaky', '--calls', '4', '--json')
    expect([shaky.code, (JSON.parse(shaky.out) as { count: number }).count]).to.deep.equal([1, 3])
    expect((await shop.cli('bench', '--publish', 'orders', '--calls', '20')).out).to.match(/^20 messages/)
    expect(await shop.cli('bench', 'logn', 'greet')).to.deep.include({ code: 2 })
  })

  it('shows the mesh as it lives, as text and as JSON', async () => {
    const { out } = await shop.sees(({ out }) => /^mesh shop .* 2 nodes, 2 up {2}1 services/.test(out), 'top', '--count', '1')
    expect(out).to.match(/login +1\/1/).and.to.match(/^login-1 +login +up/m)
    const nodes = (out: string): number[] => out.split('\n').map(line => (JSON.parse(line) as { nodes: unknown[] }).nodes.length)
    await shop.sees(({ out }) => nodes(out).join() === '2,2', 'top', '--count', '2', '--interval', '100', '--json')
  })
})
