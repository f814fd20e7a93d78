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
