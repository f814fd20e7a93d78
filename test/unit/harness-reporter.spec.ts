/** How `npm test` runs its stages, and what it learns of a run beside its counts. */
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inLanes } from '../../scripts/lanes.ts'
import { selectStages } from '../../scripts/stages.ts'
import { summary } from '../../scripts/summary.ts'
import { browserSpecs } from '../browser/specs.ts'
import type { Result } from '../../scripts/summary.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

describe('the reporter', () => {
  let directory: string

  before(() => { directory = mkdtempSync(join(tmpdir(), 'braid-reporter-')) })
  after(() => { rmSync(directory, { recursive: true }) })

  for (const [how, flags] of [['one after the other', []], ['in parallel', ['--parallel']]] as const) {
    it(`tells what was skipped, and why, of specs that run ${how}`, () => {
      const file = join(directory, 'counts.json')
      execFileSync('mocha', [path('../harness/fixtures/skips.ts'), ...flags, '--reporter', path('../../scripts/reporter.ts'), '--reporter-option', `counts=${file}`], { stdio: 'pipe' })
      expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({
        passes: 1,
        failures: 0,
        pending: 2,
        skipped: [{ what: 'a thing that needs another', why: 'there is no other here' }, { what: 'a thing that is not written', why: 'no reason was given' }]
      })
    })
  }

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

describe('the lanes', () => {
  const result = (name: string): Result => ({ name, seconds: 1, passes: 1, failures: 0, pending: 0, skipped: [], note: '' })

  it('run beside each other, and the stages of one in turn', async () => {
    const stages = ([['lint', 'a'], ['build', 'b'], ['unit', 'a'], ['mesh', 'b']] as const).map(([name, lane]) => ({ name, lane, end: Promise.withResolvers<undefined>() }))
    const begun: string[] = []
    const results = inLanes(stages, async ({ name, end }) => {
      begun.push(name)
      await end.promise
      return result(name)
    })
    expect(begun).to.deep.equal(['lint', 'build'])
    for (const at of [1, 3, 0, 2]) {
      stages[at]?.end.resolve(undefined)
      await new Promise(resolve => { setTimeout(resolve, 0) })
    }
    expect(begun).to.deep.equal(['lint', 'build', 'mesh', 'unit'])
    expect((await results).map(({ name }) => name)).to.deep.equal(['lint', 'build', 'unit', 'mesh'])
  })

  it('go on after a stage that cannot be run, which has failed', async () => {
    const stages = ([['lint', 'a'], ['build', 'b'], ['unit', 'a']] as const).map(([name, lane]) => ({ name, lane }))
    const results = await inLanes(stages, async ({ name }) => {
      if (name === 'lint') throw new Error('no such program')
      return result(name)
    })
    expect(results).to.deep.equal([{ ...result('lint'), seconds: 0, passes: 0, failures: 1, note: 'Error: no such program' }, result('build'), result('unit')])
  })

  it('of a selection are those of its stages', () => {
    expect(selectStages(['unit', 'lint']).map(({ name }) => name)).to.deep.equal(['lint', 'unit'])
    expect(() => selectStages(['nonsense'])).to.throw('no stage nonsense')
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
