/** The nginx configuration of doc/operating, run: a client reaches a relay by wss through it. */
import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cli } from '../harness/cli.ts'
import { freePort } from '../harness/ports.ts'
import { skip } from '../harness/skip.ts'
import { until } from '../harness/until.ts'
import { useProcesses } from '../harness/use-processes.ts'

async function listens (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => { resolve(false) })
  })
}

/** The example, with this machine's ports and files and nothing else changed. */
async function configure (directory: string, ports: { outer: number, inner: number }): Promise<string> {
  const example = await readFile(new URL('../../doc/operating/nginx.conf', import.meta.url), 'utf8')
  const site = example
    .replace('listen 443 ssl', `listen 127.0.0.1:${ports.outer} ssl`)
    .replace('127.0.0.1:9002;', `127.0.0.1:${ports.inner};`)
    .replace('/etc/ssl/relay.example/fullchain.pem', join(directory, 'cert.pem'))
    .replace('/etc/ssl/relay.example/privkey.pem', join(directory, 'key.pem'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${join(directory, name)};`).join(' ')
  const path = join(directory, 'nginx.conf')
  await writeFile(path, `daemon off; pid ${join(directory, 'pid')}; error_log stderr; events {}\nhttp { access_log off; ${temporary}\n${site}\n}\n`)
  return path
}

describe('a relay behind nginx', () => {
  const cli = new Cli()
  const nodes = useProcesses()
  const ending: Array<() => Promise<void>> = []

  afterEach(async () => {
    cli.kill()
    for (const end of ending.splice(0).reverse()) await end()
  })

  it('is reached by wss, gives a place, and carries calls', async function () {
    this.timeout(300_000)
    for (const program of ['nginx', 'openssl']) {
      if (spawnSync(program, [program === 'nginx' ? '-v' : 'version']).error != null) {
        skip(this, `there is no ${program} here`)
      }
    }
    const directory = await mkdtemp(join(tmpdir(), 'braid-wss-'))
    ending.push(async () => rm(directory, { recursive: true, force: true }))
    // nginx's workers are another user when this is root.
    await chmod(directory, 0o755)
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')], { encoding: 'utf8' })
    expect(made.status, made.stderr).to.equal(0)
    const ports = { outer: await freePort(), inner: await freePort() }
    const nginx = spawn('nginx', ['-p', directory, '-c', await configure(directory, ports)], { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaints = ''
    nginx.stderr.on('data', chunk => { complaints += String(chunk) })
    const gone = new Promise<void>(resolve => { nginx.once('exit', () => { resolve() }) })
    ending.push(async () => {
      nginx.kill('SIGTERM')
      await gone
    })
    await until(async () => listens(ports.outer), { what: () => `nginx listens; it says: ${complaints}` })

    const outer = `/dns4/localhost/tcp/${ports.outer}/wss`
    const relay = await cli.start('relay', '--json', '--mesh', 'shop', '--listen', `/ip4/127.0.0.1/tcp/${ports.inner}/ws`, '--announce', outer)
    const [line] = await relay.sees(/^\{.*\}$/m)
    const { addresses } = JSON.parse(line) as { addresses: string[] }
    expect(addresses).to.have.length(1)
    expect(addresses[0]).to.include(`/dns4/localhost/tcp/${ports.outer}`)

    const env = { NODE_EXTRA_CA_CERTS: join(directory, 'cert.pem') }
    const hidden = { listen: ['/p2p-circuit'], mesh: 'shop', bootstrap: addresses }
    const server = await nodes.spawn({ env, options: { ...hidden, service: 'login' } })
    const client = await nodes.spawn({ env, options: hidden })
    await until(async () => await client.status() === 'joined', { what: 'it joins' })
    await client.command('waitFor', ['login', 45_000])
    expect(await client.invoke('login', 'echo', 'through nginx')).to.equal('through nginx')
    const connections = await client.command<Array<{ address: string }>>('connections')
    expect(connections.map(({ address }) => address).join()).to.match(/\/(wss|tls\/ws)/)
    expect(server.id).not.to.equal(client.id)

    const stranger = await nodes.spawn({ options: hidden })
    expect(stranger.statusAtStart).to.equal('isolated')
  })
})
