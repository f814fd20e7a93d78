/** The parts of the command line that need no mesh. */
import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { multiaddr } from '@multiformats/multiaddr'
import { COMMANDS } from '../../src/cli/commands.ts'
import { wayOf } from '../../src/cli/doctor-network.ts'
import { HISTORY, historyFile, readHistory, writeHistory } from '../../src/cli/history.ts'
import { httpAddress, MAX_SOCKETS, serveHttp } from '../../src/cli/http.ts'
import { createLog } from '../../src/cli/log.ts'
import { schemaText } from '../../src/cli/look.ts'
import { nearest } from '../../src/cli/nearest.core.ts'
import { readLine } from '../../src/cli/options.ts'
import { columns, json, ms } from '../../src/cli/output.ts'
import { proxiesOf } from '../../src/cli/relay.ts'
import { completions, splitWords, unquoted } from '../../src/cli/repl-words.core.ts'
import { run } from '../../src/cli/run.ts'
import { openTerminal } from '../../src/cli/terminal.ts'
import { topLines } from '../../src/cli/top.ts'
import { clipped, columnsOf, cutTo } from '../../src/cli/width.core.ts'
import { START_SLACK } from '../../src/pubsub/numbers.core.ts'
import { libp2pOptions } from '../../src/transport/index.ts'
import { whyTooOld } from '../../src/util/node-version.ts'
import { until } from '../harness/until.ts'
import type { Socket } from 'node:net'
import type { Known } from '../../src/cli/repl-words.core.ts'
import type { TopNode, TopView } from '../../src/cli/top-view.core.ts'

async function cli (...argv: string[]): Promise<{ code: number, out: string, err: string }> {
  const out: string[] = []
  const err: string[] = []
  const code = await run(argv, { out: line => { out.push(line) }, err: line => { err.push(line) }, signal: new AbortController().signal, progress: () => {} }, '1.2.3')
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('braid-mesh: the command line itself', () => {
  it('refuses what is wrong, exit code 2, and says what is right', async () => {
    for (const [words, hint] of [
      [[], 'Commands'], [['frobnicate'], 'there are: relay'], [['nods'], "did you mean 'nodes'?"], [['help', 'cal'], "did you mean 'call'?"], [['--json'], 'a command is missing'],
      [['call', 'login'], '--bootstrap is needed'], [['nodes'], '--bootstrap is needed'], [['nodes', '--frob'], 'there is no option --frob'], [['nodes', '--bootstrp', 'x'], 'did you mean --bootstrap?'],
      [['nodes', '--bootstrap', 'x'], 'not a multiaddr'], [['nodes', '--bootstrap', '192.0.2.1:9001'], '/ip4/192.0.2.1/tcp/9001?'], [['nodes', '--bootstrap', 'wss://relay.example:443'], '/dns4/relay.example/tcp/443/wss?'],
      [['nodes', '--mesh', 'A B', '--bootstrap', '/ip4/127.0.0.1/tcp/9'], 'mesh'], [['nodes', '--timeout', 'soon'], 'milliseconds'], [['nodes', '--timeout'], 'timeout'],
      [['publish', 'orders', '1', '--confirm', 'soon'], 'sent, outbox, stored, handled'], [['relay', '--circuits-per-peer', '1001'], 'from 1 to 1000'], [['relay', '--proxy', 'nonsense'], 'an IP address'],
      [['relay', 'shop', '--proxy', 'nonsense'], 'usage: braid-mesh relay'],
      [['nodes', '--bootstrap', ''], '--bootstrap is empty'], [['nodes', '--bootstrap', '/'], '--bootstrap is empty'],
      [['subscribe', 'orders', '--from', 'yesterday'], '--from: expected latest, beginning or a time'], [['subscribe', 'orders', '--from=-60000'], '--from: expected'],
      [['subscribe', 'orders', '--from', '2026-13-01'], '--from: expected'], [['subscribe', 'orders', '--from', '2026-11-27T12:00:00Z'], '--bootstrap is needed']
    ] as Array<[string[], string]>) {
      const ended = await cli(...words)
      expect(ended.err, words.join(' ')).to.contain(hint)
      expect(ended.code, words.join(' ')).to.equal(2)
    }
    expect(JSON.parse((await cli('nodes', '--json')).err)).to.have.nested.property('error.name', 'UsageError')
  })

  it('says which Node it needs, as its manifest does', () => {
    expect(whyTooOld('20.1.0', false)).to.equal('braid-mesh needs Node 22 or newer, this is 20.1.0')
    // a runtime of another kind may tell any version
    expect(whyTooOld('20.1.0', true)).to.equal(undefined)
    expect(whyTooOld(process.versions.node)).to.equal(undefined)
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { engines: { node: string } }
    expect(engines.node).to.equal('>=22')
  })

  it('no node is made where the bytes of Node are no Uint8Array, as under jsdom', () => {
    const { Uint8Array } = globalThis
    globalThis.Uint8Array = runInNewContext('Uint8Array')
    try {
      expect(() => libp2pOptions()).to.throw('environment "node"')
    } finally {
      globalThis.Uint8Array = Uint8Array
    }
    expect(libp2pOptions()).to.have.property('transports')
  })

  it('takes no value of an option for the command', async () => {
    expect((await cli('--mesh', 'top', 'nodes', '--frob')).err).to.include('try braid-mesh help')
    expect((await cli('--mesh', 'top', 'publish', 'orders', '1', '--interval', '5')).err).to.include('there is no option --interval')
    expect((await cli('--mesh', 'top')).err).to.include('a command is missing')
  })

  it('helps in terminals of any width, and programs with --json', async () => {
    for (const width of [40, 70, 100, 200]) {
      const lines: string[] = []
      const screen = { size: () => ({ columns: width, rows: 24 }), paint: () => {}, leave: () => {} }
      const terminal = { out: (line: string) => { lines.push(line) }, err: () => {}, progress: () => {}, signal: new AbortController().signal, screen }
      for (const words of [['help'], ['help', 'call'], ['nodes', '--help']]) expect(await run(words, terminal, '1.2.3')).to.equal(0)
      // what is told of options and commands, which stands beside or under their names
      const long = lines.join('\n').split('\n').filter(line => line.length > Math.min(width, 100) && line.startsWith('      '))
      expect(lines.join('\n').includes('\n      the same token reaches the same'), `under in ${width}`).to.equal(width === 40)
      expect(long, `in ${width}`).to.deep.equal([])
    }
    const { commands } = { commands: JSON.parse((await cli('help', '--json')).out) as Array<{ name: string, options: Array<{ name: string }> }> }
    expect(commands.map(({ name }) => name)).to.deep.equal(COMMANDS.map(({ name }) => name))
    const [call] = JSON.parse((await cli('call', '--help', '--json')).out) as typeof commands
    expect(call?.options.map(({ name }) => name)).to.include.members(['token', 'mesh', 'json'])
    expect((await cli('help', 'call', '--json')).out).to.equal((await cli('call', '--help', '--json')).out)
  })

  it('helps, with all commands and with each', async () => {
    expect(await cli('--version')).to.deep.equal({ code: 0, out: '1.2.3', err: '' })
    expect(await cli('--version', '--json')).to.deep.equal({ code: 0, out: '"1.2.3"', err: '' })
    const { code, out } = await cli('help')
    expect(code).to.equal(0)
    for (const { name, summary, options } of COMMANDS) {
      expect(out).to.include(`  ${name}`).and.to.include(summary.split(' ')[0])
      const own = await cli('help', name)
      expect(own.code).to.equal(0)
      for (const option of Object.keys(options)) expect(own.out).to.include(`--${option}`)
      expect((await cli(name, '--help')).out).to.equal(own.out)
    }
    expect((await cli('help', 'subscribe')).out.replace(/\s+/g, ' ')).to.include(`latest may begin ${START_SLACK / 1_000} s earlier`)
    expect(out).to.match(/Exit codes\n +0 /)
  })

  it('takes from the environment what is not given', () => {
    const options = COMMANDS.find(({ name }) => name === 'nodes')?.options ?? {}
    const line = readLine([], options, { BRAID_MESH: 'shop', BRAID_BOOTSTRAP: '/ip4/192.0.2.1/tcp/1, /ip4/192.0.2.2/tcp/2' })
    expect(line.mesh).to.equal('shop')
    expect(line.list('bootstrap')).to.deep.equal(['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/2'])
    expect(readLine(['--mesh', 'other'], options, { BRAID_MESH: 'shop' }).mesh).to.equal('other')
  })

  it('finds what was meant, and nothing where nothing was', () => {
    const words = ['nodes', 'services', 'methods', 'subscribe']
    expect(nearest('ndoes', words)).to.equal('nodes')
    expect(nearest('method', words)).to.equal('methods')
    expect(nearest('sub', words)).to.equal('subscribe')
    expect(nearest('xyz', words)).to.equal(undefined)
    expect(nearest('x'.repeat(10_000), words)).to.equal(undefined)
  })

  it('prints what JSON does not know, and lets no name draw on the screen', () => {
    expect(json({ a: Uint8Array.of(1), b: 1n, c: new Map([['d', 1]]) })).to.equal('{"a":{"$bytes":"AQ=="},"b":"1","c":{"d":1}}')
    expect(json(undefined)).to.equal('null')
    expect(columns(['NAME', 'N'], [['evil\u001b[2J\nname', '1'], ['a', '22']], new Set(['N']))).to.equal('NAME            N\nevil\ufffd[2J\ufffdname   1\na              22')
    expect([ms(undefined), ms(Number.NaN), ms(1.234), ms(12.34), ms(1234.5)]).to.deep.equal(['-', '-', '1.23', '12.3', '1235'])
  })

  it('prints no JSON that a terminal would obey', () => {
    const text = 'a\u001b[2J\u007f\u009b2J\u2028b'
    // eslint-disable-next-line no-control-regex -- it is what is looked for
    expect(json({ text })).not.to.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    expect(JSON.parse(json({ text }))).to.deep.equal({ text })
  })

  it('whatever is printed does not control the terminal', () => {
    const written = { out: '', err: '' }
    const stream = (name: 'out' | 'err', isTTY: boolean): object => ({ isTTY, columns: 100, rows: 30, on: () => {}, write: (text: string) => { written[name] += text } })
    const terminal = openTerminal({ stdout: stream('out', false), stderr: stream('err', false) } as unknown as NodeJS.Process, new AbortController().signal)
    terminal.out('\u001b]0;title\u0007\u001b[2J all\n\tis well\r')
    terminal.err('\u009b2J it failed')
    expect(written).to.deep.equal({ out: '\ufffd]0;title\ufffd\ufffd[2J all\n\tis well\ufffd\n', err: '\ufffd2J it failed\n' })
  })

  it('lets no name turn its line around, and takes wide letters as wide', () => {
    const name = 'a\u202eb\u2066c\u200f'
    expect(columns(['NAME', 'N'], [[name, '1'], ['日本', '22'], ['e\u0301', '3']], new Set(['N']))).to.equal('NAME     N\na\ufffdb\ufffdc\ufffd   1\n日本    22\ne\u0301        3')
    expect(JSON.parse(json({ name }))).to.deep.equal({ name })
    expect(json({ name })).not.to.match(/[\u200f\u202e\u2066]/)
    expect([columnsOf('日本'), columnsOf('e\u0301…'), cutTo('日本語', 5), cutTo('ab', 5), clipped('日本語', 5), clipped('login-1', 4), clipped('login-1', 7)]).to.deep.equal([4, 2, '日本', 'ab', '日本…', 'log…', 'login-1'])
  })

  it('top keeps the id of each node in sight, whatever the others are called, and says how many have no room', () => {
    const node = (name: string, rate = 1): TopNode => ({ id: `12D3KooWABCD${1_000 + name.length}`, name, service: 's'.repeat(64), state: 'up', cpu: 0.5, rss: 1e8, rate, links: 1_000, connections: 200 })
    const nodes = [node('login-1'), node('x'.repeat(256)), node('日'.repeat(128)), node('\u001b[2J\nname')]
    const view: TopView = { at: 0, mesh: 'shop', nodes, services: [], channels: [{ topic: 't'.repeat(64), channel: 'c'.repeat(64), consumers: 1, lag: 1, pending: 1, redelivered: 1, dead: 1 }], rate: 0, silent: Array.from({ length: 50 }, (_, i) => `${'z'.repeat(99)}${i}`) }
    const [head = '', ...lines] = topLines(view, 80)
    expect(head).to.match(/ and 45 more$/)
    for (const line of lines) expect(columnsOf(line), line).to.be.at.most(80)
    for (const { id } of nodes) expect(lines.join('\n')).to.include(id.slice(-8))
    expect(topLines(view).join('\n')).to.include(`${'x'.repeat(23)}…`)

    const written: string[] = []
    const stream = { isTTY: true, columns: 40, rows: 24, on: () => {}, write: (text: string) => { written.push(text) } }
    const { screen } = openTerminal({ stdout: stream, stderr: stream } as unknown as NodeJS.Process, new AbortController().signal)
    const painted = (count: number): string[] => {
      screen?.paint(Array.from({ length: count }, (_, i) => `node ${i} ${'日'.repeat(40)}`), 'Ctrl-C ends it')
      return (written.at(-1) ?? '').replaceAll('\u001b[H', '').replaceAll('\u001b[K', '').replaceAll('\u001b[J', '').split('\n')
    }
    for (const [count, rows, last] of [[200, 23, '… 178 more lines; Ctrl-C ends it'], [22, 23, 'Ctrl-C ends it'], [3, 4, 'Ctrl-C ends it']] as const) {
      const lines = painted(count)
      expect([lines.length, lines.at(-1)]).to.deep.equal([rows, last])
      expect(Math.max(...lines.map(columnsOf))).to.be.at.most(40)
    }
    screen?.leave()
  })

  it('tells the shape of arguments in few words', () => {
    const schema = { type: 'object', properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } }, kind: { enum: ['a', 'b'] } }, required: ['name'] }
    expect(schemaText(schema)).to.equal('{name: string, tags?: string[], kind?: "a" | "b"}')
    expect(schemaText(undefined)).to.equal('any')
  })
})

describe('the reverse proxies of a relay', () => {
  it('are those on its machine and those that are named, as Node spells their addresses', () => {
    expect(proxiesOf(['10.0.0.5', '2001:DB8:0:0:0:0:0:1'])).to.deep.equal(['127.0.0.1', '::1', '10.0.0.5', '2001:db8::1'])
    for (const wrong of ['nonsense', '10.0.0.0/8', 'fe80::1%eth0', '']) expect(() => proxiesOf([wrong]), wrong).to.throw('--proxy: expected an IP address')
  })
})

describe('where doctor looks', () => {
  it('is where libp2p dials', () => {
    const node = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'
    const way = (text: string): unknown => wayOf(multiaddr(text))
    expect(way('/ip4/192.0.2.1/tcp/9001')).to.deep.equal({ host: '192.0.2.1', port: 9_001, named: false, tls: false, webSocket: false, path: '/' })
    expect(way('/dns4/relay.example/tcp/443/wss/http-path/mesh%2Fin')).to.deep.equal({ host: 'relay.example', port: 443, named: true, tls: true, webSocket: true, path: '/mesh/in' })
    expect(way('/ip4/192.0.2.1/tcp/443/tls/sni/relay.example/ws')).to.deep.equal({ host: 'relay.example', port: 443, named: true, tls: true, webSocket: true, path: '/' })
    expect(way(`/ip4/192.0.2.1/tcp/9002/ws/p2p/${node}/p2p-circuit/p2p/${node}`)).to.deep.equal({ host: '192.0.2.1', port: 9_002, named: false, tls: false, webSocket: true, path: '/' })
    expect(way('/dnsaddr/relay.example')).to.equal(undefined)
  })
})

describe('the log of a relay', () => {
  const lines: string[] = []
  const now = (): Date => new Date(0)
  beforeEach(() => { lines.length = 0 })

  it('is JSON, a line each, from a level up', () => {
    const log = createLog({ format: 'json', level: 'info', write: line => { lines.push(line) }, now })
    log.info('place given', { peer: '12D3', address: undefined })
    log.debug('not this')
    log.error('with\nlines', { reasons: ['a'] })
    expect(lines.map(line => JSON.parse(line) as unknown)).to.deep.equal([
      { time: '1970-01-01T00:00:00.000Z', level: 'info', msg: 'place given', peer: '12D3' },
      { time: '1970-01-01T00:00:00.000Z', level: 'error', msg: 'with\nlines', reasons: ['a'] }
    ])
  })

  it('is text for people, whose fields cannot break a line', () => {
    const log = createLog({ format: 'text', level: 'debug', write: line => { lines.push(line) }, now })
    log.warn('refused', { why: 'reservations', name: 'a b\nERROR forged=1', n: 3 })
    expect(lines).to.deep.equal(['1970-01-01T00:00:00.000Z WARN  refused why=reservations name="a b\\nERROR forged=1" n=3'])
  })

  it('as text has lists that can be copied', () => {
    const log = createLog({ format: 'text', level: 'info', write: line => { lines.push(line) }, now })
    log.info('up', { addresses: ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2/ws'], none: [], reasons: ['no way, yet', 'a\nERROR forged=1'], odd: [1, {}] })
    expect(lines).to.deep.equal(['1970-01-01T00:00:00.000Z INFO  up addresses=/ip4/192.0.2.1/tcp/1,/ip4/192.0.2.1/tcp/2/ws none="" reasons="no way, yet; a\\nERROR forged=1" odd=[1,{}]'])
  })
})

describe('the pages of a relay', () => {
  it('are asked for where --http says', () => {
    expect(httpAddress('127.0.0.1:9090')).to.deep.equal({ host: '127.0.0.1', port: 9_090 })
    expect(httpAddress('9090')).to.deep.equal({ host: '127.0.0.1', port: 9_090 })
    expect(httpAddress(':0')).to.deep.equal({ host: '127.0.0.1', port: 0 })
    expect(httpAddress('[::1]:80')).to.deep.equal({ host: '::1', port: 80 })
    expect(httpAddress('relay.internal:80')).to.deep.equal({ host: 'relay.internal', port: 80 })
    for (const text of ['here', '', '127.0.0.1', '1:2:3', '99999', '::1:80']) expect(() => httpAddress(text), text).to.throw('127.0.0.1:9090')
  })

  it('are given to few at a time', async () => {
    const http = await serveHttp({ host: '127.0.0.1', port: 0 }, (_request, response) => { response.end('here') })
    const sockets: Socket[] = []
    try {
      const { hostname, port } = new URL(http.url)
      const open = async (): Promise<Socket> => {
        const socket = connect({ host: hostname, port: Number(port) }).on('error', () => {})
        sockets.push(socket)
        await once(socket, 'connect')
        return socket
      }
      for (let i = 0; i < MAX_SOCKETS; i++) await open()
      const refused = await open()
      await once(refused.resume(), 'close')
      for (const socket of sockets) socket.destroy()
      await until(async () => await (await fetch(http.url)).text() === 'here')
    } finally {
      for (const socket of sockets) socket.destroy()
      await http.close()
    }
  })
})

describe('a line of the REPL', () => {
  const words = (line: string): unknown => {
    const split = splitWords(line)
    return 'words' in split ? split.words : split.error
  }

  it('is words, and JSON as it stands', () => {
    expect(words('')).to.deep.equal([])
    expect(words('  nodes   login ')).to.deep.equal(['nodes', 'login'])
    expect(words('call login greet {"name":"ada } b", "x": [1, {"y": 2}]} --json')).to.deep.equal(['call', 'login', 'greet', '{"name":"ada } b", "x": [1, {"y": 2}]}', '--json'])
    expect(words('publish a "hello \\" you"')).to.deep.equal(['publish', 'a', '"hello \\" you"'])
    expect(words("call a b 'two words' --token 'x y'")).to.deep.equal(['call', 'a', 'b', 'two words', '--token', 'x y'])
    const valued = (option: string): boolean => option === 'token'
    expect(unquoted(['call', 'a', 'b', '"json"', '--token', '"a b"', '--stream', '"json"', '--token', '"'], valued)).to.deep.equal(['call', 'a', 'b', '"json"', '--token', 'a b', '--stream', '"json"', '--token', '"'])
    expect(words('call a b [1, 2')).to.include('does not end')
    expect(words("call 'a")).to.include('is missing')
  })

  it('is completed: commands, services, methods, topics, nodes, options', () => {
    const known: Known = {
      commands: [
        { name: 'call', complete: ['service', 'method'], options: ['json', 'node', 'token'], valued: ['node', 'token'] }, { name: 'channels', complete: ['topic'], options: [] },
        { name: 'subscribe', complete: ['topic', 'channel'], options: [] },
        { name: 'info', complete: ['node'], options: [] }, { name: 'help', complete: ['command'], options: [] }
      ],
      services: ['login', 'mail', 'logs'],
      methods: service => service === 'login' ? ['user.password', 'user.watch'] : [],
      topics: ['orders'],
      channels: topic => topic === 'orders' ? ['billing', 'mail'] : [],
      nodes: ['login-1', 'relay']
    }
    const found = (line: string): string[] => completions(line, known).found
    expect(found('c')).to.deep.equal(['call', 'channels'])
    expect(found('')).to.have.length(5)
    expect(found('call lo')).to.deep.equal(['login', 'logs'])
    expect(found('call login user.')).to.deep.equal(['user.password', 'user.watch'])
    expect(found('call mail ')).to.deep.equal([])
    expect(found('call login x --t')).to.deep.equal(['--token'])
    expect(found('call login x --node re')).to.deep.equal(['relay'])
    expect(found('call --token login lo')).to.deep.equal(['login', 'logs'])
    expect(found('call --json --token t login user.p')).to.deep.equal(['user.password'])
    expect(found('call login --token lo')).to.deep.equal([])
    expect(found('channels ')).to.deep.equal(['orders'])
    expect(found('subscribe orders bi')).to.deep.equal(['billing'])
    expect(found('subscribe others bi')).to.deep.equal([])
    expect(found('info l')).to.deep.equal(['login-1'])
    expect(found('help ca')).to.deep.equal(['call'])
    expect(found('what ')).to.deep.equal([])
    expect(found('info relay ')).to.deep.equal([])
  })
})

describe('the history of the REPL', () => {
  let directory: string
  beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'braid-history-')) })
  afterEach(() => { rmSync(directory, { recursive: true }) })

  it('is kept for its user only, newest first, without lines that begin with a space', () => {
    const file = historyFile({ XDG_STATE_HOME: directory })
    expect(readHistory(file)).to.deep.equal([])
    expect(writeHistory(file, ['nodes', ' call login x --token secret', 'help'])).to.equal(undefined)
    expect(readHistory(file)).to.deep.equal(['nodes', 'help'])
    expect(readFileSync(file, 'utf8')).to.equal('help\nnodes\n')
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    writeHistory(file, Array.from({ length: HISTORY + 5 }, (_, i) => `line ${i}`))
    expect(readHistory(file)).to.have.length(HISTORY)
  })

  it('is never kept below the directory where the command was called', () => {
    const usual = historyFile({})
    expect(isAbsolute(usual)).to.equal(true)
    expect([historyFile({ XDG_STATE_HOME: '' }), historyFile({ XDG_STATE_HOME: 'state' }), historyFile({ XDG_STATE_HOME: './x' })]).to.deep.equal([usual, usual, usual])
  })

  it('that cannot be kept is told', () => {
    writeFileSync(join(directory, 'file'), '')
    expect(writeHistory(join(directory, 'file', 'history'), ['nodes'])).to.be.instanceOf(Error)
  })
})
