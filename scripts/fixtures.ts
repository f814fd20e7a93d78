/**
 * `npm run fixtures`: writes `test/fixtures/wire/<protocol>.json` from the values beside them, and their bytes into the
 * blocks of `doc/**` that begin with ```` ```hex <name> ````. A unit test checks both; nothing else does.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { FIXTURES } from '../test/fixtures/wire/index.ts'
import { store } from '../test/fixtures/wire/fixture.ts'
import { DOCUMENTS, HEX_BLOCK } from '../test/fixtures/wire/documents.ts'

/** Hex digits in a line. */
const WIDTH = 96

const hex = new Map<string, string>()
for (const [file, fixtures] of Object.entries(FIXTURES)) {
  const stored = fixtures.map(store)
  for (const { name, hex: bytes } of stored) hex.set(name, bytes)
  writeFileSync(`test/fixtures/wire/${file}.json`, `${JSON.stringify(stored, undefined, 2)}\n`)
}

for (const document of DOCUMENTS) {
  const text = readFileSync(document, 'utf8')
  const filled = text.replaceAll(HEX_BLOCK, (_, name: string) => {
    const bytes = hex.get(name)
    if (bytes === undefined) throw new Error(`${document}: there is no fixture ${name}`)
    const lines = bytes.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? []
    return [`\`\`\`hex ${name}`, ...lines, '```'].join('\n')
  })
  if (filled !== text) writeFileSync(document, filled)
}
