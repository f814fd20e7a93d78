import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { freePort, take } from '../harness/ports.ts'

const ports = fileURLToPath(new URL('../harness/ports.ts', import.meta.url))

describe('harness: free ports', () => {
  it('one that was given is given to nobody else, in this process or another, whether its node has started or not', async () => {
    const port = await freePort()
    expect(take(port)).to.equal(false)
    const elsewhere = (given: number): string => execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', `import { take } from ${JSON.stringify(ports)}; console.log(take(${given}))`], { encoding: 'utf8' })
    expect(elsewhere(port)).to.equal('false\n')
    // above those that anybody is given; a process gives back what it has when it ends
    const other = 40_000 + process.pid % 20_000
    for (let i = 0; i < 2; i++) expect(elsewhere(other)).to.equal('true\n')
  })
})
