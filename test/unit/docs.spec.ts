/** What the documents name is there. */
import { expect } from 'chai'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { badges } from '../../scripts/badges.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DOCUMENTS = [...globSync('*.md', { cwd: ROOT }), ...globSync('doc/**/*.md', { cwd: ROOT })]

describe('the documents', () => {
  for (const name of DOCUMENTS) {
    const text = readFileSync(join(ROOT, name), 'utf8')
    const paths = Array.from(text.matchAll(/`((?:test|src|bench|examples|demo|scripts)\/[\w./*-]*\w)`/g), ([, path = '']) => path)
    const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, 'code')
    const links = Array.from(prose.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g), ([, link = '']) => join(dirname(name), link))

    it(`${name}: the files that it names are there`, () => {
      expect([...paths, ...links].filter(path => globSync(path, { cwd: ROOT }).length === 0)).to.deep.equal([])
    })
  }

  it('the pages of the API are of every entry point that a user can import', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
    const { entryPoints } = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8')) as { entryPoints: string[] }
    const wanted = Object.keys(exports).filter(path => !path.endsWith('.json')).map(path => join('src', path, 'index.ts'))
    expect(entryPoints).to.have.members(wanted)
  })

  it('tell of the others what was measured beside them', () => {
    const { rows } = JSON.parse(readFileSync(join(ROOT, 'bench/results/peers.json'), 'utf8')) as { rows: Array<{ peer: string, payload: string, inflight: number, rate: number, p50: number }> }
    const of = (peer: string, payload: string, inflight: number): { rate: number, p50: number } => {
      const row = rows.find(row => row.peer === peer && row.payload === payload && row.inflight === inflight)
      if (row === undefined) throw new Error(`${peer} was not measured with ${inflight} of ${payload}`)
      return row
    }
    const times = (payload: string): string[] => ['Moleculer', 'NATS', 'gRPC'].map(peer => String(Number((of('braid-mesh', payload, 64).rate / of(peer, payload, 64).rate).toPrecision(2))))
    const [[moleculer, nats, grpc] = [], large = []] = ['128 B', '4 KiB'].map(times)
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    expect(readme).to.include(`calls/s: ${moleculer}, ${nats} and ${grpc} times theirs`)
    expect(readme).to.include(`${large[0]} times Moleculer, ${large[1]} times NATS, ${large[2]} times gRPC`)
    const comparison = readFileSync(join(ROOT, 'doc/COMPARISON.md'), 'utf8').replace(/\s+/g, ' ')
    expect(comparison).to.include(`${moleculer} times Moleculer's TCP transporter (which is unencrypted), ${nats} times NATS request-reply, ${grpc} times \`@grpc/grpc-js\`; with 4 KiB ${large[0]}, ${large[1]} and ${large[2]} times`)
    expect(comparison).to.include(`Moleculer's takes ${Math.round(of('Moleculer', '128 B', 1).p50)} us, unencrypted, where ours takes ${Math.round(of('braid-mesh', '128 B', 1).p50)}`)
  })

  it('doc/BRAID-GO.md: each defect of braid-go has its tests, by their titles', () => {
    const rows = Array.from(readFileSync(join(ROOT, 'doc/BRAID-GO.md'), 'utf8').matchAll(/^\| (D\d+) \|.*\|(.*)\|$/gm), ([, name = '', tests = '']) => ({ name, tests }))
    expect(rows.map(({ name }) => name)).to.deep.equal(Array.from({ length: 24 }, (_, i) => `D${i + 1}`))
    const wrong: string[] = []
    for (const { name, tests } of rows) {
      const named = tests.split(';').flatMap(part => {
        const [, path = ''] = /`(test\/[^`]+)`/.exec(part) ?? []
        return Array.from(part.matchAll(/\*([^*]+)\*/g), ([, title = '']) => ({ path, title }))
      })
      if (named.length === 0) wrong.push(`${name} names no test`)
      for (const { path, title } of named) {
        const lines = readFileSync(join(ROOT, path), 'utf8').split('\n')
        if (!lines.some(line => /^ *it\(/.test(line) && line.replaceAll("\\'", "'").includes(title))) wrong.push(`${name}: ${path} has no '${title}'`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('README.md: its badges say what package.json says (`npm run badges`)', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    expect(badges().size).to.equal(3)
    for (const [path, svg] of badges()) {
      expect(readFileSync(join(ROOT, path), 'utf8'), path).to.equal(svg)
      expect(readme).to.contain(`](${path})](`)
    }
  })

  it('name many files', () => {
    expect(DOCUMENTS).to.include.members(['README.md', 'doc/GUARANTEES.md', 'doc/operating/README.md'])
    expect(readFileSync(join(ROOT, 'doc/GUARANTEES.md'), 'utf8').match(/`test\/[\w./*-]+`/g)).to.have.length.at.least(20)
  })
})
