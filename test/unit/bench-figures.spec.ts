import { expect } from 'chai'
import { printFigure, verdict } from '../../bench/lib/figures.ts'

/** What it prints, and the exit code that it leaves. */
function outcome (run: () => void): { code: typeof process.exitCode, lines: string[] } {
  const { log } = console
  const { exitCode } = process
  const lines: string[] = []
  process.exitCode = undefined
  console.log = line => { lines.push(String(line)) }
  try {
    run()
    return { code: process.exitCode, lines }
  } finally {
    console.log = log
    process.exitCode = exitCode
  }
}

describe('bench: figures', () => {
  it('a time that misses its bar does not fail the run', () => {
    const { code, lines } = outcome(() => {
      printFigure('removed by all, ms', 1_001, 1_000)
      printFigure('dials that failed', 0, 0)
      printFigure('one dial, ms', 7, undefined)
    })
    expect(code).to.equal(undefined)
    expect(lines.map(line => line.slice(0, 6))).to.deep.equal(['MISSED', 'met   ', '      '])
  })

  it('a count that does ends it with exit code 1, whatever comes after it', () => {
    const { code, lines } = outcome(() => {
      printFigure('dials that failed', 1, 0)
      printFigure('dials that failed', 0, 0)
    })
    expect(code).to.equal(1)
    expect(lines.map(line => line.slice(0, 6))).to.deep.equal(['MISSED', 'met   '])
    expect(outcome(() => { verdict(false, true) }).code).to.equal(1)
    expect(outcome(() => { verdict(false, false) }).code).to.equal(undefined)
  })
})
