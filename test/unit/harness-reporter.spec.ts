/** What `npm test` learns of a run beside its counts. */
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { summary } from '../../scripts/summary.ts'
import { browserSpecs } from '../browser/specs.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

describe('the reporter', () => {
  let directory: string

  before(() => { directory = mkdtempSync(join(tmpdir(), 'braid-reporter-')) })
  after(() => { rmSync(directory, { recursive: true }) })

  it('tells what was skipped, and why', () => {
    const file = join(directory, 'counts.json')
    execFileSync('mocha', [path('../harness/fixtures/skips.ts'), '--reporter', path('../../scripts/reporter.ts'), '--reporter-option', `counts=${file}`], { stdio: 'pipe' })
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({
      passes: 1,
      failures: 0,
      pending: 2,
      skipped: [{ what: 'a thing that needs another', why: 'there is no other here' }, { what: 'a thing that is not written', why: 'no reason was given' }]
    })
  })

  it('the last lines of the tests say it, above the counts', () => {
    const skipped = [{ what: 'a relay behind nginx', why: 'there is no nginx here' }]
    const results = [
      { name: 'lint', seconds: 1, passes: 0, failures: 0, pending: 0, skipped: [], note: '' },
      { name: 'process', seconds: 61.25, passes: 7, failures: 1, pending: 1, skipped, note: 'exit 1' }
    ]
    expect(summary(results)).to.equal([
      'lint              1.0 s  ok',
      'process          61.3 s  7 passed, 1 failed, 1 skipped (exit 1)',
      '',
      'not run here:',
      '  process: a relay behind nginx (there is no nginx here)',
      '',
      '7 passed, 1 failed'
    ].join('\n'))
    expect(summary(results.slice(0, 1))).to.equal('lint              1.0 s  ok\n\n0 passed, 0 failed')
  })
})

describe('what runs in browsers', () => {
  it('is every spec that was written for them, whatever it is called', () => {
    const written = readdirSync(path('../browser')).filter(name => name.endsWith('.spec.ts')).map(name => `test/browser/${name}`)
    expect(written).to.include('test/browser/storage.spec.ts')
    expect(browserSpecs()).to.include.members(written)
    expect(browserSpecs('unit/storage.spec')).to.deep.equal([])
  })
})
