import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))

/** What each example prints; one that is added without a line here fails. */
const PRINTS: Record<string, string> = {
  '01-hello.ts': 'welcome ada\n',
  '02-rooms-alone.ts': '42\n',
  '03-topics.ts': '3 handled, handled in billing\n'
}

describe('examples', () => {
  for (const name of readdirSync(FOLDER).filter(file => file.endsWith('.ts'))) {
    it(`${name} does what it says and ends by itself`, async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=braid-mesh-source', '--import', 'tsx', FOLDER + name], { timeout: 30_000 })
      expect(stderr).to.equal('')
      expect(stdout).to.equal(PRINTS[name])
    })
  }
})
