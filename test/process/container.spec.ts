/**
 * doc/operating/Containerfile, followed without a container engine: its stages are folders, its commands are run there as
 * they stand. Only what the registry would bring is taken from this checkout, by its lock file.
 */
import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createMesh } from '../../src/index.ts'
import { CliProcess } from '../harness/cli.ts'
import { of, readContainerfile, words } from '../harness/containerfile.ts'
import { watchPid } from '../harness/reaper.ts'
import { until } from '../harness/until.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HTTP = 9090
const run = promisify(execFile)

/** Paths of the checkout that are in the build's context. */
function inContext (): (path: string) => boolean {
  const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const out = new Set(ignored.flatMap(pattern => globSync(pattern, { cwd: ROOT })))
  return path => !out.has(relative(ROOT, path))
}

/** What `npm install --omit=dev` of the package installs: of the lock file what is not for development. */
function installDependencies (into: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean, devOptional?: boolean, peer?: boolean }> }
  for (const [path, { dev, devOptional, peer }] of Object.entries(packages)) {
    if (path === '' || dev === true || devOptional === true || peer === true || !existsSync(join(ROOT, path))) continue
    cpSync(join(ROOT, path), join(into, path), { recursive: true, filter: from => from === join(ROOT, path) || !relative(join(ROOT, path), from).split('/').includes('node_modules') })
  }
}

describe('the container image', function () {
  this.timeout(600_000)
  const [build, image] = readContainerfile(readFileSync(join(ROOT, 'doc/operating/Containerfile'), 'utf8'))
  let work: string
  let relay: CliProcess | undefined

  before(() => {
    mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true })
    work = mkdtempSync(join(ROOT, 'node_modules/.cache/container-'))
  })

  afterEach(() => { relay?.kill('SIGKILL') })
  after(() => { rmSync(work, { recursive: true, force: true }) })

  it('copies what is there, and nothing that was made or installed here', () => {
    const context = inContext()
    const sources = of(build, 'COPY').flatMap(text => text.split(/\s+/).slice(0, -1))
    expect(sources).to.deep.equal(['package.json', 'package-lock.json', '.'])
    for (const source of sources) expect(existsSync(join(ROOT, source)) && context(join(ROOT, source)), source).to.equal(true)
    for (const made of ['node_modules', 'dist', '.git']) expect(context(join(ROOT, made)) && existsSync(join(ROOT, made)), made).to.equal(false)
    const { version, lockfileVersion } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { version: string, lockfileVersion: number }
    expect({ version, lockfileVersion }).to.deep.equal({ version: (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version, lockfileVersion: 3 })
  })

  it('builds the package in a clean folder, and runs it as an operator has it', async () => {
    const folder = join(work, of(build, 'WORKDIR')[0] ?? '')
    const context = inContext()
    for (const name of globSync('{*,.*}', { cwd: ROOT })) if (context(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: context })
    const [install, ...commands] = of(build, 'RUN')
    expect(install).to.equal('npm ci')
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const command of commands) await run('sh', ['-c', command], { cwd: folder })

    const [copied = ''] = of(image, 'COPY')
    const [, stage, from = '', to = ''] = /^--from=(\S+) (\S+) (\S+)$/.exec(copied) ?? []
    expect(stage).to.equal(build?.name)
    const [installed = ''] = of(image, 'RUN')
    const tarball = `${to}${from.split('/').at(-1)}`
    expect(installed).to.match(new RegExp(`^npm install --global --omit=dev ${tarball} && rm ${tarball} && mkdir /data && chown node:node /data$`))
    const home = join(work, 'lib/node_modules/braid-mesh')
    mkdirSync(home, { recursive: true })
    await run('tar', ['-xzf', join(work, from), '-C', home, '--strip-components=1'])
    installDependencies(home)

    const [program = '', ...entry] = words(of(image, 'ENTRYPOINT')[0])
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { bin: Record<string, string> }
    const command = join(home, bin[program] ?? '')
    chmodSync(command, 0o755)
    expect(of(image, 'EXPOSE')[0]?.split(' ')).to.deep.equal(['9001', '9002', String(HTTP)])
    expect(of(image, 'VOLUME')).to.deep.equal(['/data'])
    // on loopback, and on ports that are free
    const options = entry.map(word => word === '/data' ? join(work, 'data') : word === `0.0.0.0:${HTTP}` ? '127.0.0.1:0' : word)
    const child = spawn(process.execPath, [command, ...options, '--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws'], { stdio: ['ignore', 'pipe', 'pipe'], cwd: work })
    watchPid(child.pid ?? 0)
    relay = new CliProcess(child)
    const [line] = await relay.sees(/^\{.*\}$/m)
    const { http, addresses } = JSON.parse(line) as { http: string, addresses: string[] }
    await until(async () => (await (await fetch(`${http}/healthz`)).json() as { ok: boolean }).ok, { what: 'it is well' })
    await using guest = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: addresses })
    await until(() => guest.discovery.nodes().some(({ roles }) => roles.includes('relay')))

    const [checks = ''] = of(image, 'HEALTHCHECK')
    const probe = async (): Promise<number> => {
      const [, ...args] = words(checks).map(word => word.replace(`http://127.0.0.1:${HTTP}`, http))
      return run(process.execPath, args).then(() => 0, ({ code }: { code: number }) => code)
    }
    expect(checks).to.contain(`http://127.0.0.1:${HTTP}/healthz`)
    await until(async () => await probe() === 0, { what: 'the health check passes' })
    relay.kill(of(image, 'STOPSIGNAL')[0] as NodeJS.Signals)
    expect((await relay.ended).code).to.equal(0)
    expect(await probe()).to.equal(1)
  })
})
