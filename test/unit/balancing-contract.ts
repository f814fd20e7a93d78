import { expect } from 'chai'
import { createRandom } from '../../src/util/random.core.ts'
import type { Candidate, PickContext, Picker } from '../../src/balancing/index.ts'

export function node (id: string, weight = 1024, state: Candidate['state'] = 'up', links = 0): Candidate {
  return { id, weight, state, load: { links, inflight: 0 } }
}

/** Contexts of a run: time goes on a millisecond a pick, chance is seeded, each pick has another token if any. */
export function contexts (seed = 1, tokens = false): () => PickContext {
  const random = createRandom(seed)
  let now = 0
  return () => ({ now: now++, random, token: tokens ? `token-${now}` : undefined })
}

/** How often each node was picked, with every call over before the next. */
export function shares (picker: Picker, picks: number, next: () => PickContext): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < picks; i++) {
    const context = next()
    const id = picker.pick(context)?.id ?? 'none'
    counts[id] = (counts[id] ?? 0) + 1
    picker.started?.(id, context.now)
    picker.finished?.(id, 1, true, context.now)
  }
  return counts
}

/** What every picker must do, whatever it prefers. Run with tokens too: half of the callers have one. */
export function pickerContract (name: string, create: () => Picker): void {
  for (const tokens of [false, true]) {
    describe(`balancing contract: ${name}${tokens ? ' with tokens' : ''}`, () => {
      const make = (...candidates: Candidate[]): Picker => {
        const picker = create()
        picker.update(candidates)
        return picker
      }

      it('has no answer without a candidate', () => {
        expect(create().pick(contexts(1, tokens)())).to.equal(undefined)
        const picker = make(node('a'))
        picker.update([])
        expect(picker.pick(contexts(1, tokens)())).to.equal(undefined)
      })

      it('returns the very object it was given last', () => {
        const [first, second] = [node('a'), node('a')]
        const picker = make(first)
        picker.update([second])
        expect(picker.pick(contexts(1, tokens)())).to.equal(second)
      })

      it('uses every node that is up and no other', () => {
        const picker = make(node('a'), node('b'), node('d', 1024, 'draining'), node('e', 1024, 'away'), node('f', 1024, 'left'), node('s', 1024, 'suspect'))
        expect(Object.keys(shares(picker, 300, contexts(1, tokens))).sort()).to.deep.equal(['a', 'b'])
      })

      it('ignores suspicion when no other node is left', () => {
        const next = contexts(1, tokens)
        const picker = make(node('a', 1024, 'suspect'), node('b', 1024, 'suspect'), node('d', 1024, 'draining'))
        expect(Object.keys(shares(picker, 300, next)).sort()).to.deep.equal(['a', 'b'])
        picker.update([node('a'), node('b', 1024, 'suspect')])
        expect(picker.pick({ ...next(), exclude: new Set(['a']) })?.id).to.equal('b')
        picker.update([node('d', 1024, 'draining'), node('e', 1024, 'away'), node('f', 1024, 'left')])
        expect(picker.pick(next())).to.equal(undefined)
      })

      it('leaves out what is excluded', () => {
        const next = contexts(1, tokens)
        const picker = make(node('a', 4096), node('b'), node('c'))
        for (let i = 0; i < 300; i++) {
          expect(picker.pick({ ...next(), exclude: new Set(['a', 'c']) })?.id).to.equal('b')
        }
        expect(picker.pick({ ...next(), exclude: new Set(['a', 'b', 'c']) })).to.equal(undefined)
        expect(picker.pick({ ...next(), exclude: new Set() })).not.to.equal(undefined)
      })

      it('gives two nodes of equal weight about the same', () => {
        const { a = 0, b = 0 } = shares(make(node('a'), node('b')), 4_000, contexts(1, tokens))
        expect(a).to.be.within(1_800, 2_200)
        expect(b).to.be.within(1_800, 2_200)
      })

      it('does not care for the order of the candidates, nor for one given twice', () => {
        const all = [node('c', 1), node('a', 4), node('b', 2)]
        const run = (candidates: Candidate[]): Array<string | undefined> => {
          const next = contexts(5, tokens)
          const picker = make(...candidates)
          return Array.from({ length: 50 }, () => picker.pick(next())?.id)
        }
        expect(run(all)).to.deep.equal(run(all.toReversed()))
        expect(run(all)).to.deep.equal(run([...all, node('c', 1)]))
      })

      it('goes on with what it learnt when nothing changed', () => {
        const all = [node('a', 4), node('b', 2), node('c', 1)]
        const run = (updates: boolean): Array<string | undefined> => {
          const next = contexts(3, tokens)
          const picker = make(...all)
          return Array.from({ length: 60 }, (_, i) => {
            if (updates && i % 7 === 3) {
              picker.update(all.map(n => ({ ...n })))
            }
            const id = picker.pick(next())?.id
            picker.started?.(id ?? '', i)
            if (i % 3 !== 0) {
              picker.finished?.(id ?? '', i % 11, i % 5 !== 0, i)
            }
            return id
          })
        }
        expect(run(true)).to.deep.equal(run(false))
      })

      it('bears news of nodes it does not know', () => {
        const picker = make(node('a'))
        for (const id of ['gone', '__proto__', 'a', 'a']) {
          picker.finished?.(id, 5, false, 1)
          picker.started?.(id, 1)
          picker.finished?.(id, NaN, true, 1)
        }
        expect(picker.pick(contexts(1, tokens)())?.id).to.equal('a')
      })
    })
  }
}
