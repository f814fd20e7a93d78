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

  it('README.md compares in short what doc/COMPARISON.md does at length', () => {
    /** Cells of each row that stands under this in its first column. */
    const rows = (file: string, table: RegExp): Map<string, string[]> => new Map((table.exec(readFileSync(join(ROOT, file), 'utf8'))?.[0] ?? '').split('\n').slice(2).map(line => {
      const [name = '', ...cells] = line.slice(1, -1).split('|').map(cell => cell.trim())
      return [name, cells] as const
    }))
    const short = rows('README.md', /^\| \| you run (.|\n\|)*/m)
    const long = rows('doc/COMPARISON.md', /^\| \| broker or server to run (.|\n\|)*/m)
    expect([...short.keys()]).to.have.length(6).and.to.include.members(['**braid-mesh**', 'Moleculer', 'tRPC'])
    for (const [name, cells] of short) {
      const all = long.get(name) ?? []
      // the size, and what is there at all
      expect(all[6], name).to.match(new RegExp(`^${cells[6]}(:|$)`))
      for (const [column, cell] of cells.slice(1, 6).entries()) expect(/^(no|none)$/.test(cell), `${name}: ${cell}`).to.equal(/^(no|none)\b/.test(all[column + 1] ?? ''))
    }
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

  it('README.md: each room is made by what its entry point exports, and all entry points are told', async () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
    const told = Array.from(readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\|.*`braid-mesh((?:\/\w+)?)`: `(\w+)\(\)` \|/gm), ([, path = '', factory = '']) => ({ path: `.${path}`, factory }))
    expect(told.map(({ path }) => path)).to.have.members(Object.keys(exports).filter(path => !path.endsWith('.json')))
    for (const { path, factory } of told) {
      expect((await import(join(ROOT, 'src', path, 'index.ts')) as Record<string, unknown>)[factory], `${path} ${factory}`).to.be.a('function')
    }
  })

  describe('README.md: its figures are those of bench/results', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const results = (name: string): Record<string, number> => (JSON.parse(readFileSync(join(ROOT, `bench/results/${name}.json`), 'utf8')) as Record<string, Record<string, number>>)[name] ?? {}
    const cells = (figure: string): string => {
      const row = readme.split('\n').find(line => line.startsWith(`| ${figure} |`))
      if (row === undefined) throw new Error(`no row '${figure}'`)
      return row.slice(`| ${figure} |`.length, -1).trim()
    }
    const round = (value: number | undefined, digits = 0): string => {
      if (value === undefined) throw new Error('it was not measured')
      return String(Number(value.toFixed(digits)))
    }
    const seconds = (ms: number | undefined): string => round((ms ?? NaN) / 1_000, 2)
    /** To hundreds, with a space before them. */
    const rate = (value: number | undefined): string => `${Math.round((value ?? NaN) / 100) * 100}`.replace(/(\d)(\d{3})$/, '$1 $2')

    it('of pages', () => {
      const of = results('browser')
      const from = (name: string): number => of[`  ${name}, ms after navigation (median)`] ?? NaN
      const [script, made, answered] = [from('script runs'), from('createMesh resolved'), of['page load to first answered call, ms (median)'] ?? NaN]
      expect(cells('page load to the first answered call')).to.equal(`${seconds(answered)} s: ${seconds(script)} s until the script runs, ${seconds(made - script)} s to join, ${seconds(answered - made)} s to the answer | 3 s`)
      expect(cells('call from a page to a Node process, p50')).to.equal(`${round(of['call page to Node, ms (p50)'], 1)} ms | 4 ms`)
      expect(cells('call from a page to another over the relay, p50')).to.equal(`${round(of['call page to page over the relay, ms (p50)'], 1)} ms | 12 ms`)
      expect(cells('the same directly, over WebRTC, p50 / p90')).to.equal(`${round(of['call page to page directly, ms (p50)'], 1)} / ${round(of['  p90  '], 1)} ms |`)
      expect(cells('200 WebRTC dials of one page to another in a row: failed; one dial, p50 / p99')).to.equal(`${round(of['WebRTC dials of 200 in a row that failed'])}; ${round(of['  one dial, ms (p50)'])} / ${round(of['  one dial, ms (p99)'])} ms | 0`)
      const loaded = (peer: string, load: string, what: string): number | undefined => of[`  ${peer}, ${load} in flight: ${what}`]
      const beside = (bytes: number): string => {
        const p50 = (peer: string): string => round(loaded(peer, `${bytes} B, 1`, 'ms (p50)'), 1)
        const many = (peer: string): string => rate(loaded(peer, `${bytes} B, 64`, 'per second'))
        return `${p50('page to Node')} ms (${p50('raw ws')}); ${many('page to Node')}/s (${many('raw ws')}`
      }
      expect(cells('calls of 128 B from a page to a Node process beside raw `ws` without encryption: 1 in flight, p50; 64 in flight')).to.equal(`${beside(128)}: a message each) |`)
      expect(cells('the same with 4 KiB')).to.equal(`${beside(4_096)}) |`)
      expect(cells('20 pages in a row on one relay: not joined')).to.equal(`${round(of['pages of 20 in a row that did not join'])} | 0`)
      expect(cells('idle page')).to.equal(`${round(of['idle page: CPU, % of a core'], 1)} % of a core | 1 %`)
      const costs = ['another node, % of a core (median)', 'the relay, % of a core'].map(name => of[`one more tab: CPU of ${name}`] ?? NaN).map(share => Math.max(0, share)).map(share => share > 0.1 ? `**${round(share, 2)} %**` : `${round(share, 2)} %`)
      expect(cells('one tab more costs every other node')).to.equal(`${costs[0]} of a core, the relay ${costs[1]} | 0.1 %`)
      expect(cells('a tab is closed / its browser is killed: removed by all')).to.equal(`${seconds(of['tab closed: removed by all, ms'])} s / ${seconds(of['browser killed: removed by all, ms'])} s | 1 s / 3 s`)
    })

    it('of the page that `npm start` serves', () => {
      const of = results('demo')
      expect(cells('page of `npm start`: first paint; from the click to being in the mesh')).to.equal(`${seconds(of['demo page: first paint, ms after navigation (median)'])} s; ${seconds(of['demo page: joined, ms after the click (median)'])} s | 1 s; 3 s`)
    })

    it('and it says how many miss their goal, which are bold', () => {
      const missed = readme.split('\n').filter(line => /^\|.*\*\*\d.*\*\*.*\|.*\d/.test(line))
      expect(readme).to.match(new RegExp(`^${['No goal is', 'One goal is', 'Two goals are', 'Three goals are', 'Four goals are'][missed.length]} missed\\.`, 'm'))
    })
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
