/** The command line as a process: exit codes, signals, pipes, and a terminal with a person at it. */
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMesh } from '../../src/index.ts'
import { Cli } from '../harness/cli.ts'
import { muteWebSocket } from '../harness/mute-websocket.ts'
import { skip } from '../harness/skip.ts'
import { until } from '../harness/until.ts'
import type { Ended } from '../harness/cli.ts'
import type { Mesh } from '../../src/index.ts'
import type { CliProcess } from '../harness/cli.ts'

const FULL = '/dev/full'
const NO_FULL = 'there is no /dev/full here, on which nothing can be written'
const NO_NOHUP = 'there is no script (util-linux) or no nohup (GNU) here'
const NO_TERMINAL = 'there is no script (util-linux) here that makes a terminal'

describe('braid-mesh in a shell', function () {
  this.timeout(300_000)
  const cli = new Cli()
  let login: Mesh
  let directory: string
  let bootstrap: string[]

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'braid-cli-'))
    login = await createMesh({ mesh: 'shop', service: 'login', name: 'login-1', listen: ['/ip4/127.0.0.1/tcp/0'] })
    login.rpc.handle('greet', ({ name }: { name: string }) => `welcome ${name}`)
    login.rpc.handle('slow', async () => new Promise(() => {}))
    bootstrap = ['--mesh', 'shop', '--bootstrap', login.libp2p.getMultiaddrs()[0]?.toString() ?? '']
  })

  // whose end is told late would be taken for somebody else's
  beforeEach(async () => { await until(() => login.discovery.nodes().length === 1, { what: 'those of the test before are gone' }) })
  afterEach(() => { cli.kill() })
  after(async () => {
    await login.stop()
    await rm(directory, { recursive: true, force: true })
  })

  /** The REPL in a terminal, when it has heard of the other node: on a busy machine it may begin before. Undefined where there is no terminal. */
  async function replThatSees (...words: string[]): Promise<CliProcess | undefined> {
    for (let attempt = 1; ; attempt++) {
      const repl = await cli.startInTerminal('repl', ...words, ...bootstrap)
      const joined = await repl?.sees(/joined mesh 'shop': (\d+) nodes/)
      if (joined?.[1] !== '0' || attempt === 5) return repl
      repl?.type('\u0004')
      await repl?.ended
    }
  }

  it('prints results on stdout, and ends with what became of it', async () => {
    expect(await cli.run('call', 'login', 'greet', '{"name":"ada"}', ...bootstrap)).to.deep.equal({ code: 0, out: '"welcome ada"\n', err: '' })
    const ended = await cli.run('call', 'login', 'nothing', ...bootstrap)
    expect(ended).to.include({ code: 1, out: '' })
    expect(ended.err).to.include('UNIMPLEMENTED')
  })

  it('doctor finds that two clocks are too far apart, whichever is ahead', async () => {
    for (const [hours, check] of [[-2, 'dial'], [2, 'mesh']] as const) {
      const { code, out } = await cli.runAhead(hours * 3_600_000, 'doctor', ...bootstrap, '--json')
      const { checks } = JSON.parse(out) as { checks: Array<{ check: string, status: string, advice?: string }> }
      const failed = checks.filter(({ status }) => status === 'failed')
      expect(failed.map(({ check }) => check), out).to.deep.equal([check])
      expect(failed[0]?.advice).to.include('clocks')
      expect(code).to.equal(3)
    }
  })

  it('obeys no terminal sequence of a handler', async () => {
    login.rpc.handle('evil', () => { throw new Error('\u001b[2J\u009b2J all is well') })
    const { err } = await cli.run('call', 'login', 'evil', ...bootstrap)
    // eslint-disable-next-line no-control-regex -- it is what is looked for
    expect(err).to.include('all is well').and.not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })

  it('ends cleanly at Ctrl-C: 130 when something was under way, 0 when it was to go on until then', async () => {
    const calling = await cli.start('call', 'login', 'slow', '--timeout', '60000', ...bootstrap)
    const subscribed = await cli.start('subscribe', 'orders', ...bootstrap)
    const watching = await cli.start('top', '--json', '--interval', '200', ...bootstrap)
    await subscribed.sees(/subscribed to orders/, 'err')
    await watching.sees(/"mesh":"shop"/)
    await new Promise<void>(resolve => {
      const look = setInterval(() => {
        if (login.rpc.stats()['slow']?.running !== 1) return
        clearInterval(look)
        resolve()
      }, 20)
    })
    for (const running of [calling, subscribed, watching]) running.kill('SIGINT')
    expect(await calling.ended).to.deep.equal({ code: 130, out: '', err: '' })
    expect((await subscribed.ended).code).to.equal(0)
    expect((await watching.ended).code).to.equal(0)
  })

  it('says goodbye when its terminal is closed', async () => {
    const gone = new Promise<string>(resolve => { login.discovery.addEventListener('node:remove', ({ detail }) => { resolve(detail.state) }, { once: true }) })
    const subscribed = await cli.start('subscribe', 'orders', ...bootstrap)
    await subscribed.sees(/subscribed to orders/, 'err')
    subscribed.kill('SIGHUP')
    expect((await subscribed.ended).code).to.equal(0)
    expect(await gone).to.equal('left')
  })

  it('under nohup goes on when its terminal is closed', async function () {
    const got = join(directory, 'got')
    const started = await cli.startUnderNohup(got, 'subscribe', 'kept', '--count', '2', ...bootstrap)
    if (started == null) {
      skip(this, NO_NOHUP)
    }
    const { pid, ended } = started
    const printed = async (): Promise<string> => readFile(got, 'utf8').catch(() => '')
    await until(async () => (await printed()).includes('subscribed to kept'))
    process.kill(pid, 'SIGHUP')
    for (const n of [1, 2]) await login.pubsub.topic('kept').publish(n)
    expect((await ended).code).to.equal(0)
    expect(await printed()).to.match(/Z kept 1$/m).and.to.match(/Z kept 2$/m)
  })

  it('says in words that what it prints cannot be written, exit code 1', async function () {
    if (!existsSync(FULL)) skip(this, NO_FULL)
    const told = /^what it prints cannot be written: .*ENOSPC.*\n$/
    const into = async (...words: string[]): Promise<Ended> => (await cli.startInto(FULL, ...words)).ended
    const commands = [['--version'], ['nodes', ...bootstrap], ['top', '--interval', '200', ...bootstrap]]
    // each waits for what it could see: at once
    const [asJson, ...ended] = await Promise.all([into('nodes', '--json', ...bootstrap), ...commands.map(async words => into(...words))])
    for (const [i, { code, err }] of ended.entries()) {
      expect(err, commands[i]?.join(' ')).to.match(told)
      expect(code, commands[i]?.join(' ')).to.equal(1)
    }
    expect(JSON.parse(asJson.err)).to.have.nested.property('error.code', 'UnwrittenError')
    const subscribed = await cli.startInto(FULL, 'subscribe', 'full', ...bootstrap)
    await subscribed.sees(/subscribed to full/, 'err')
    await login.pubsub.topic('full').publish(1)
    const { code, err } = await subscribed.ended
    expect(err.replace(/^.*\n/, '')).to.match(told)
    expect(code).to.equal(1)
  })

  it('ends although a peer that it dialled never answers its goodbye', async () => {
    await using mute = await muteWebSocket()
    const ended = await cli.run('doctor', '--mesh', 'shop', '--bootstrap', `${mute.address}/p2p/${login.id}`, '--timeout', '5000')
    expect(ended.out).to.match(/^failed +dial /m)
    expect(ended.code).to.equal(3)
  })

  it('the REPL takes lines from a pipe, each after the one before', async () => {
    const repl = await cli.start('repl', ...bootstrap)
    repl.type('# a comment\ncall login greet {"name": "ada b"}\nservices\nsubscribe orders\npublish orders {"n":1} --confirm sent\nservces\ncall login nothing\nunsubscribe\nunsubscribe orders\nexit\nnever\n')
    const { code, out, err } = await repl.ended
    expect(out, err).to.match(/login +1 +1/).and.to.include('"welcome ada b"').and.to.match(/^sent: orders\//m).and.to.match(/^orders$/m)
    expect(err).to.include("there is no command 'servces'; did you mean 'services'?").and.to.include('UNIMPLEMENTED').and.not.to.include('never')
    expect(code).to.equal(1)
  })

  it('the REPL tells failures as JSON, too, and knows what stands after --', async () => {
    login.rpc.handle('abs', (value: number) => Math.abs(value))
    const repl = await cli.start('repl', '--json', ...bootstrap)
    repl.type('call login abs -- -5\nsubscribe counted --count 1\npublish counted 7 --confirm handled\n')
    await repl.sees(/\{"ended":"counted"\}/, 'err')
    repl.type("servces\ncall login nothing\ncall 'a\nunsubscribe\nunsubscribe what\nexit\n")
    const { code, out, err } = await repl.ended
    const [five, message, receipt, ...none] = out.trim().split('\n').map(line => JSON.parse(line) as unknown)
    expect([five, none]).to.deep.equal([5, [[]]])
    expect([message, receipt].map(told => Object.hasOwn(told as object, 'body'))).to.have.members([true, false])
    const [subscribed, ended, ...errors] = err.trim().split('\n').map(line => JSON.parse(line) as object)
    expect([subscribed, ended]).to.deep.equal([{ subscribed: 'counted' }, { ended: 'counted' }])
    const codes = errors.map(told => (told as { error: { code: string } }).error.code)
    expect(codes).to.deep.equal(['UsageError', 'UNIMPLEMENTED', 'UsageError', 'UsageError'])
    expect(code).to.equal(2)
  })

  it('a subscription of the REPL ends after as many messages as it was to print', async () => {
    const repl = await cli.start('repl', ...bootstrap)
    repl.type('subscribe orders --count 2\n')
    await repl.sees(/subscribed to orders/, 'err')
    repl.type('publish orders 1 --confirm sent\npublish orders 2 --confirm sent\npublish orders 3 --confirm sent\n')
    await repl.sees(/the subscription to orders has ended/, 'err')
    repl.type('unsubscribe\nexit\n')
    const { out, err } = await repl.ended
    expect(err).to.include('there is no subscription')
    expect(out.match(/Z orders \d$/gm)).to.have.length(2)
  })

  it('the REPL completes, remembers, ends what runs at Ctrl-C, and leaves at Ctrl-D', async function () {
    const history = join(directory, 'state', 'history')
    const repl = await replThatSees('--history', history)
    if (repl == null) {
      skip(this, NO_TERMINAL)
    }
    await repl.sees(/joined mesh 'shop': 1 nodes/)
    await repl.sees(/shop> /)
    // A Tab within what is pasted is a Tab: it completes only by itself.
    repl.type('call lo')
    await repl.sees(/call lo/)
    repl.type('\t')
    await repl.sees(/call lo[^]*gin /)
    repl.type('gre')
    await repl.sees(/gin [^]*gre/)
    repl.type('\t')
    await repl.sees(/gre[^]*et /)
    repl.type('{"name":"eve"}\r')
    await repl.sees(/"welcome eve"/)
    repl.type('call login slow {} --timeout 60000\r')
    await repl.sees(/calling login slow/)
    repl.type('\u0003')
    await repl.sees(/ended/)
    // nobody publishes there
    const waiting = await login.pubsub.topic('awaited').subscribe('billing')
    repl.type('channels awa')
    await repl.sees(/channels awa/)
    let pressed = -Infinity
    await until(() => {
      if (/channels awa[^]*ited /.test(repl.out)) return true
      // of topics it asks the others, every 5 s, and a busy one may answer too late
      if (performance.now() - pressed > 6_000) {
        pressed = performance.now()
        repl.type('\t')
      }
      return false
    }, { what: () => `the topic, completed; ${repl.out}` })
    repl.type('\r')
    await repl.sees(/awaited +billing +1 /)
    await waiting.close()
    repl.type('help ca')
    await repl.sees(/help ca/)
    repl.type('\t')
    await repl.sees(/help ca[^]*ll /)
    repl.type('\r')
    await repl.sees(/call <service> <method> \[json\]/)
    repl.type('\u0004')
    expect((await repl.ended).code).to.equal(0)
    expect(await readFile(history, 'utf8')).to.equal('call login greet {"name":"eve"}\ncall login slow {} --timeout 60000\nchannels awaited \nhelp call \n')
  })

  it('the REPL remembers what an earlier one was told', async function () {
    const history = join(directory, 'recalled')
    const told = ['call login greet {"name":"older"}', 'call login greet {"name":"newer"}']
    const first = await cli.startInTerminal('repl', '--history', history, ...bootstrap)
    if (first == null) skip(this, NO_TERMINAL)
    for (const [index, line] of told.entries()) {
      await first.sees(/shop> /)
      first.type(`${line}\r`)
      await first.sees(index === 0 ? /"welcome older"/ : /"welcome newer"/)
    }
    first.type('\u0004')
    expect((await first.ended).code).to.equal(0)
    const second = await cli.startInTerminal('repl', '--history', history, ...bootstrap)
    await second?.sees(/shop> /)
    second?.type('\u001b[A')
    await second?.sees(/"name":"newer"/)
    second?.type('\u001b[A')
    await second?.sees(/"name":"older"/)
    second?.type('\r')
    await second?.sees(/"welcome older"/)
    // what is chosen again is the newest then
    second?.type('\u001b[A\u001b[A\r')
    await second?.sees(/"welcome newer"/)
    second?.type('\u0004')
    expect((await second?.ended)?.code).to.equal(0)
    expect(await readFile(history, 'utf8')).to.equal(`${told.join('\n')}\n`)
  })

  it('top paints over itself in a terminal, which is then as it was', async function () {
    const top = await cli.startInTerminal('top', '--interval', '200', '--count', '3', ...bootstrap)
    if (top == null) skip(this, NO_TERMINAL)
    const { code, out } = await top.ended
    expect(code).to.equal(0)
    expect(out.split('\u001b[H')).to.have.length(4)
    expect(out).to.include('\u001b[?1049h')
    expect(out.endsWith('\u001b[?25h\u001b[?1049l')).to.equal(true)
  })
})
