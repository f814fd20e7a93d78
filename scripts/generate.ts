/**
 * `npm run generate`: makes `test/generated/<name>.ts` of every `src/wire/<name>.proto`, which the library's own codecs
 * are tested against. With `--check` nothing is written and a codec that is not what its schema gives is an error.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const WIRE = 'src/wire'
const GENERATED = 'test/generated'

function generate (schema: string, directory: string): string {
  // Protons resolves its sources against the working directory, and names its output after them.
  copyFileSync(join(WIRE, schema), join(directory, schema))
  execFileSync('protons', [schema], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] })
  const code = readFileSync(join(directory, `${basename(schema, '.proto')}.ts`), 'utf8')
  return `// @ts-nocheck generated from ${schema} by npm run generate: do not edit\n${code}`
}

const check = process.argv.includes('--check')
const directory = mkdtempSync(join(tmpdir(), 'braid-generate-'))
try {
  for (const schema of readdirSync(WIRE).filter(name => name.endsWith('.proto')).sort()) {
    const target = join(GENERATED, `${basename(schema, '.proto')}.ts`)
    const code = generate(schema, directory)
    if (!check) {
      writeFileSync(target, code)
    } else if (readFileSync(target, 'utf8') !== code) {
      console.error(`${target} is not what ${schema} gives: npm run generate`)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
