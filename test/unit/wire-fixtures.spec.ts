import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { fromString } from 'uint8arrays/from-string'
import { DOCUMENTS, HEX_BLOCK } from '../fixtures/wire/documents.ts'
import { plain, store } from '../fixtures/wire/fixture.ts'
import { FIXTURES } from '../fixtures/wire/index.ts'
import { MESSAGES as ELECTION_MESSAGES } from '../../src/wire/election-schema.ts'
import { MESSAGES as PUBSUB_MESSAGES } from '../../src/wire/pubsub-schema.ts'
import type { StoredFixture } from '../fixtures/wire/fixture.ts'

const FOLDER = 'test/fixtures/wire'
const stored = (file: string): StoredFixture[] => JSON.parse(readFileSync(`${FOLDER}/${file}.json`, 'utf8')) as StoredFixture[]
const all = Object.values(FIXTURES).flat()

describe('wire: fixtures', () => {
  for (const [file, fixtures] of Object.entries(FIXTURES)) {
    it(`${file}: what is encoded is what is stored, and is decoded to what was encoded`, () => {
      const before = stored(file)
      expect(before.map(({ name }) => name), 'npm run fixtures').to.deep.equal(fixtures.map(({ name }) => name))
      for (const [i, fixture] of fixtures.entries()) {
        expect(store(fixture), fixture.name).to.deep.equal(before[i])
        const decoded = fixture.decode(fromString(before[i]?.hex ?? '', 'hex'))
        expect(plain(decoded), fixture.name).to.deep.equal(plain(fixture.value))
      }
    })
  }

  it('there is one of each message, and no file beside them', () => {
    expect(new Set(all.map(({ name }) => name)).size).to.equal(all.length)
    // what is stored, and what is signed
    expect(FIXTURES['election']).to.have.length(ELECTION_MESSAGES.length + 2)
    expect(PUBSUB_MESSAGES.map(([type]) => `pubsub-${type}`)).to.deep.equal(FIXTURES['pubsub']?.slice(0, PUBSUB_MESSAGES.length).map(({ name }) => name))
    expect(readdirSync(FOLDER).filter(name => name.endsWith('.json')).sort()).to.deep.equal(Object.keys(FIXTURES).map(file => `${file}.json`).sort())
  })

  it('the documents show each of them once, with its bytes', () => {
    const shown = DOCUMENTS.flatMap(document => [...readFileSync(document, 'utf8').matchAll(HEX_BLOCK)].map(([, name = '', bytes = '']) => [name, bytes.replaceAll('\n', '')] as const))
    const wanted = Object.keys(FIXTURES).flatMap(stored).map(({ name, hex }) => [name, hex] as const)
    expect(shown.map(([name]) => name).sort()).to.deep.equal(wanted.map(([name]) => name).sort())
    expect(Object.fromEntries(shown)).to.deep.equal(Object.fromEntries(wanted))
  })
})
