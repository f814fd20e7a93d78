import { expect } from 'chai'
import { toString } from 'uint8arrays/to-string'
import { Resolver } from '../../src/records/resolver.ts'
import { recordRules } from '../../src/records/index.ts'
import { encodeRecordKey } from '../../src/wire/record-codec.ts'
import { asStored, newAuthor, ranked } from '../harness/ranked.ts'
import type { Dht, DhtEvent } from '../../src/records/dht.ts'

const KEY = new Uint8Array(32).fill(7)
/** Milliseconds: as long as a test may take. */
const PATIENCE = 50_000
const NEVER = 2 * PATIENCE

describe('records: a read', () => {
  const rules = recordRules({ mesh: 'shop' })
  /** What each server answers, by author; then all is silent. */
  let answers: Map<string, Array<Uint8Array | undefined>>

  const resolver = (window: number, others = 20, mode: 'client' | 'server' = 'client'): Resolver => new Resolver({
    rules, window, timeout: NEVER, dht: () => ({
      routingTable: { size: others },
      getMode: () => mode,
      async * get (under: Uint8Array, { signal }: { signal: AbortSignal }): AsyncIterable<DhtEvent> {
        for (const [i, value] of (answers.get(toString(under, 'base32')) ?? []).entries()) {
          yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: `server-${i}`, ...value !== undefined && { record: { value } } } as unknown as DhtEvent
        }
        await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('over')) }) })
      }
    }) as unknown as Dht
  })

  async function authors (): Promise<{ ids: string[], signed: (author: number, index: number) => Promise<Uint8Array>, tell: (author: number, all: Array<Uint8Array | undefined>) => void }> {
    const all = [await newAuthor(), await newAuthor(), await newAuthor()]
    return {
      ids: all.map(({ id }) => id),
      signed: async (author, index) => (await ranked(all[author]!, { key: KEY, index, validUntil: Date.now() + 600_000 })).value,
      tell: (author, given) => { answers.set(toString(encodeRecordKey({ mesh: rules.mesh, author: all[author]!.id, key: KEY }), 'base32'), given) }
    }
  }

  beforeEach(() => { answers = new Map() })

  it('does not wait for what authors may have that never had a record, once enough servers have given one', async () => {
    const { ids, signed, tell } = await authors()
    const value = await signed(1, 5)
    tell(1, Array.from({ length: 6 }, () => value))
    for (const author of [0, 2]) tell(author, Array.from({ length: 6 }, () => undefined))
    const signal = AbortSignal.timeout(PATIENCE)
    expect((await resolver(NEVER).get(KEY, ids, undefined, signal))?.rank[2]).to.equal(5)
    expect(signal.aborted).to.equal(false)
  })

  it('takes the best there is after its window when that is what is wanted, and waits for one while there is none', async () => {
    const { ids, signed, tell } = await authors()
    tell(0, [await signed(0, 3), undefined, await signed(0, 4)])
    tell(1, [])
    expect((await resolver(20).get(KEY, ids.slice(0, 2), 'best', AbortSignal.timeout(PATIENCE)))?.rank[2]).to.equal(4)
    for (const [asked, window] of [[ids.slice(0, 2), 'safe'], [ids.slice(1, 2), 'best']] as const) {
      const late = await resolver(20).get(KEY, asked, window, AbortSignal.timeout(300)).catch((err: Error) => err.name)
      expect(late).to.equal('TimeoutError')
    }
  })

  it('does not count what this node holds itself for one who agrees: old records are put to it too', async () => {
    for (const [others, liars, honest] of [[19, 5, 1], [7, 2, 1], [3, 1, 1]] as const) {
      const { ids, signed, tell } = await authors()
      const [old, newer] = [await signed(0, 3), await signed(0, 4)]
      const [id, bytes] = asStored({ under: encodeRecordKey({ mesh: rules.mesh, author: ids[0] ?? '', key: KEY }), value: old })
      rules.store.put(id.slice('/dht/record/'.length), bytes)
      tell(0, [...Array.from({ length: liars }, () => old), ...Array.from({ length: honest }, () => newer)])
      expect((await resolver(NEVER, others, 'server').get(KEY, ids.slice(0, 1), 'safe', AbortSignal.timeout(PATIENCE)))?.rank[2], `of ${others + 1}`).to.equal(4)
    }
  })

  it('a server that knows no other has what it holds', async () => {
    const { ids, signed } = await authors()
    const [id, bytes] = asStored({ under: encodeRecordKey({ mesh: rules.mesh, author: ids[0] ?? '', key: KEY }), value: await signed(0, 3) })
    rules.store.put(id.slice('/dht/record/'.length), bytes)
    expect((await resolver(NEVER, 0, 'server').get(KEY, ids.slice(0, 1), 'safe', AbortSignal.timeout(PATIENCE)))?.rank[2]).to.equal(3)
  })
})
