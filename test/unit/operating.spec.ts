/** What operators copy from doc/operating is what the command takes. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { COMMANDS } from '../../src/cli/commands.ts'
import { httpAddress } from '../../src/cli/http.ts'
import { COMMON, readLine } from '../../src/cli/options.ts'
import { skip } from '../harness/skip.ts'

const read = (name: string): string => readFileSync(new URL(`../../doc/operating/${name}`, import.meta.url), 'utf8')

/** Each `braid-mesh <command> …` of a text, as words. */
function commandLines (text: string): string[][] {
  return [...text.replace(/\\\n\s*#?\s*/g, ' ').matchAll(/(?:^|\s|#|env )braid-mesh ((?:relay|nodes|doctor) --.*)$/gm)].map(([, line = '']) =>
    line.replace(/\s+#.*$/, '').replace(/\s\$BRAID_RELAY_OPTIONS/, '').replace('%S', '/var/lib').trim().split(/\s+/))
}

function check ([name = '', ...words]: string[]): void {
  const command = COMMANDS.find(command => command.name === name)
  if (command == null) throw new Error(`no command ${name}`)
  const line = readLine(words, { ...command.options, ...COMMON }, {})
  expect(line.words).to.deep.equal([])
  const http = line.text('http')
  if (http != null) httpAddress(http)
}

describe('doc/operating', () => {
  for (const [name, least] of [['README.md', 4], ['nginx.conf', 1], ['braid-mesh-relay.service', 1]] as Array<[string, number]>) {
    it(`${name}: the command lines are right`, () => {
      const lines = commandLines(read(name))
      expect(lines).to.have.length.at.least(least)
      for (const line of lines) check(line)
    })
  }

  it('Containerfile: its entry point is right, and every line is an instruction', () => {
    const text = read('Containerfile').replace(/\\\n/g, ' ')
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    for (const line of lines) expect(line).to.match(/^(FROM|WORKDIR|COPY|RUN|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT) \S/)
    const [, entry = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(text) ?? []
    const [program, ...words] = JSON.parse(entry) as string[]
    expect(program).to.equal('braid-mesh')
    check(words)
    const [, probe = ''] = /CMD (\[.*\])$/m.exec(text) ?? []
    expect(() => JSON.parse(probe) as unknown).not.to.throw()
  })

  it('Containerfile: the commands that build and run it keep its health check, its data and its ports, and the relay takes their options', () => {
    const text = read('Containerfile')
    // as OCI has no HEALTHCHECK, podman leaves it out of its own format
    expect(text).to.match(/^#\s+podman build --format docker -f doc\/operating\/Containerfile -t braid-mesh-relay \.$/m)
    const [, entry = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(text) ?? []
    const [, ...words] = JSON.parse(entry) as string[]
    const both = [text, read('README.md')].map(page => page.replace(/\s*\\\n\s*#?\s*/g, ' '))
    const runs = both.flatMap(page => [...page.matchAll(/podman run (.*) braid-mesh-relay( .*)?$/gm)])
    expect(runs).to.have.length.at.least(2)
    for (const [line, engine = '', options = ''] of runs) {
      check([...words, ...options.trim().split(/\s+/).filter(word => word !== '')])
      expect(engine, line).to.include('-v relay-data:/data')
      if (engine.includes('--network host')) expect(options, 'healthz is not for the internet').to.include('--http 127.0.0.1:9090')
      else for (const [, port = ''] of text.matchAll(/(?<=^EXPOSE .*)\b(\d+)\b/gm)) expect(engine, line).to.include(`:${port}`)
    }
  })

  it('.dockerignore: nothing that git ignores gets into the image, least of all packages of another platform and keys', () => {
    const lines = (name: string): string[] => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8').trim().split('\n').filter(line => !line.startsWith('#'))
    // where git means any folder, it means the one at the root
    const ignored = lines('.gitignore').map(line => line.replace(/^\//, ''))
    expect(lines('.dockerignore')).to.have.members([...ignored, 'bench/peers/node_modules', '.git'])
    expect(ignored).to.include.members(['node_modules', 'data'])
  })

  it('braid-mesh-relay.service: systemd takes it, where there is one', function () {
    const text = read('braid-mesh-relay.service')
    for (const line of text.split('\n')) expect(line).to.match(/^(#.*|\[\w+\]|[A-Z]\w*=.*|)$/)
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', new URL('../../doc/operating/braid-mesh-relay.service', import.meta.url).pathname], { encoding: 'utf8' })
    if (error != null) {
      skip(this, 'there is no systemd-analyze here')
    }
    expect(status, stderr).to.equal(0)
  })
})
