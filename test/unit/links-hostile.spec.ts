import { expect } from 'chai'
import fc from 'fast-check'
import { Commits } from '../../src/links/commits.ts'
import { resolveLinksOptions } from '../../src/links/options.ts'
import { Owner } from '../../src/links/owner.ts'
import { readAnswers, readQuestions, readTold, readUsed, writeAnswer, writeQuestion, writeTold } from '../../src/links/messages.core.ts'
import { until } from '../harness/until.ts'
import { RegisterError, RpcError } from '../../src/errors.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { encodeClaim } from '../../src/wire/links-codec.ts'
import { tokenIdOf, tokenToBytes } from '../../src/wire/token.ts'
import { FakeMesh } from './links-fakes.ts'
import { MAX_HELD_LINKS, MAX_LINK_BATCH, MAX_PROPOSALS, MAX_TEXT } from '../../src/wire/limits.ts'
import type { Link, Question } from '../../src/links/decide.core.ts'

const TOKEN = 'ab'.repeat(32)
const question: Question = { kind: 'move', parent: 'a', token: TOKEN, propose: ['x', 'y'], balanced: true, gone: 'z', to: 'x', from: { epoch: 1, term: 2, index: 3 } }
const link: Link = { node: 'x', incarnation: 7, rank: { epoch: 1, term: 2, index: 3 } }

const LED = { voters: ['x'], leader: { id: 'x', token: { epoch: 1, term: 2 } } }

function refused (read: () => unknown): void {
  expect(read).to.throw().with.property('name', 'InvalidOptionsError')
}

describe('links: what peers send', () => {
  it('comes back as it was written', () => {
    expect(readQuestions([writeQuestion(question)])).to.deep.equal([question])
    expect(readAnswers([writeAnswer({ link, changed: true }), writeAnswer({ failure: 'full' }), writeAnswer({ link: undefined, changed: false })], 3)).to.deep.equal([
      { link, changed: true }, { failure: 'full' }, { link: undefined, changed: false }
    ])
    const told = { parent: '', token: TOKEN, rank: link.rank, link }
    expect(readTold([writeTold(told), writeTold({ ...told, link: undefined })])).to.deep.equal([told, { ...told, link: undefined }])
  })

  it('is refused by name when it cannot be', () => {
    const wire = writeQuestion(question)
    const bad: unknown[] = [
      undefined, null, 7, 'x', {}, [], [null], [7], [{}], [{ ...wire, k: 3 }], [{ ...wire, k: '0' }], [{ ...wire, p: 'No Name' }], [{ ...wire, p: 7 }],
      [{ ...wire, t: '' }], [{ ...wire, t: 'AB'.repeat(32) }], [{ ...wire, t: 'the token itself' }], [{ ...wire, n: 'x' }], [{ ...wire, n: [''] }],
      [{ ...wire, n: Array.from({ length: MAX_PROPOSALS + 1 }, () => 'x') }], [{ ...wire, n: ['x'.repeat(MAX_TEXT + 1)] }], [{ ...wire, to: undefined }],
      [{ ...wire, r: [1, 2] }], [{ ...wire, r: [1, 2, 2 ** 53] }], [{ ...wire, r: [1, 2, -1] }], [{ ...wire, b: 'yes' }],
      Array.from({ length: MAX_LINK_BATCH + 1 }, () => wire)
    ]
    for (const value of bad) refused(() => readQuestions(value))
    refused(() => readAnswers([], 1))
    refused(() => readAnswers([{ n: 'x', i: 1.5, r: [1, 2, 3] }], 1))
    refused(() => readAnswers([{ n: 'x', i: 1, r: [1, 2, 2 ** 53] }], 1))
    for (const value of [null, [{}], [{ p: 'a', t: 'x', r: [1, 2, 3] }], [{ p: 'a', t: TOKEN }]]) refused(() => readTold(value))
    for (const value of [null, { p: 'a' }, { p: 'a', t: ['x'] }, { p: '?', t: [TOKEN] }, { p: 'a', t: Array.from({ length: MAX_LINK_BATCH + 1 }, () => TOKEN) }, { p: 'a', t: [], i: {} }, { p: 'a', t: [], i: [{ t: TOKEN }] }, { p: 'a', t: [], i: Array.from({ length: MAX_LINK_BATCH + 1 }, () => ({ t: TOKEN, r: [1, 2, 3] })) }]) refused(() => readUsed(value))
    expect(readAnswers([{ e: 'something new' }], 1)).to.deep.equal([{ failure: 'unavailable' }])
  })

  it('that asks tokens back is about one, or a thousand at most; of a list that cannot be read none is let go', async () => {
    const mesh = new FakeMesh(createRandom(1), 0)
    const [, owner] = ['target-0', 'target-1'].map(id => mesh.add(id, 'cart'))
    const caller = mesh.add('caller-0', undefined)
    mesh.elect('target-0')
    const tokens = ['ada', 'bob', 'eve']
    for (const token of tokens) await caller.links.link(token, 'target-1')
    const told = (token: string): object => writeTold({ parent: '', token: tokenIdOf(token, 'fake'), rank: { epoch: 1, term: 1_000, index: 1_000 }, link: undefined })
    const revoke = async (args: unknown, from = 'target-0'): Promise<string> => mesh.carry(from, 'target-1', 'braid.links.revoke', args).then(() => 'done', (err: Error) => err.name)
    // what it holds it runs at once
    const claim = encodeClaim({ parent: '', epoch: 0, term: 0, index: 1, provisional: false })
    const held = (): boolean[] => tokens.map(token => {
      const admission = owner?.guard?.admit(tokenToBytes(tokenIdOf(token, 'fake')), claim, 'caller-0')
      return !(admission instanceof Promise) && !(admission instanceof RpcError)
    })
    await until(() => held().every(Boolean))
    for (const bad of [null, [told('ada'), {}], [told('ada'), { ...told('bob'), t: 'x' }], Array.from({ length: MAX_LINK_BATCH + 1 }, () => told('ada'))]) {
      expect(await revoke(bad)).to.equal('InvalidOptionsError')
    }
    expect(await revoke([told('ada')], 'caller-0'), 'no voter').to.equal('RpcError')
    expect(held()).to.deep.equal([true, true, true])
    expect(await revoke([told('ada'), told('bob')])).to.equal('done')
    expect(held()).to.deep.equal([false, false, true])
    expect(await revoke(told('eve'))).to.equal('done')
    expect(held()).to.deep.equal([false, false, false])
    mesh.stop()
  })

  it('of any shape harms nobody', () => {
    fc.assert(fc.property(fc.anything(), value => {
      for (const read of [readQuestions, readTold, readUsed, (value: unknown) => readAnswers(value, 1)]) {
        try {
          read(value)
        } catch (err) {
          expect(err).to.have.property('name', 'InvalidOptionsError')
        }
      }
    }))
  })

  it('a call that claims any rank makes the called node ask, and believe only the answer', async () => {
    const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: true, mayRun: () => true, group: () => LED, ask: async () => link })
    const token = new Uint8Array(32).fill(0xab)
    const claim = (index: number): Uint8Array => encodeClaim({ parent: 'a', epoch: 1, term: 2, index, provisional: false })
    const admitted = await owner.admit(token, claim(Number.MAX_SAFE_INTEGER), 'c') as { rank: string }
    expect(admitted.rank).to.equal('00000000000001.00000000000002.00000000000003')
    expect(owner.admit(token, claim(3), 'c')).to.equal(admitted)
    expect(owner.told({ parent: 'a', token: TOKEN, rank: { epoch: 1, term: 2, index: 4 }, link: { ...link, node: 'y', rank: { epoch: 1, term: 2, index: 4 } } })).to.equal(true)
    expect(owner.admit(token, claim(3), 'c')).to.deep.include({ code: 'FAILED_PRECONDITION', retryable: true })
    expect(owner.admit(token, Uint8Array.of(0xff), 'c')).to.deep.include({ code: 'INVALID_ARGUMENT' })
  })

  it('when nobody answers an open node runs what it does not know, a strict one does not, and neither keeps the claim', async () => {
    const token = new Uint8Array(32).fill(0xab)
    const claim = encodeClaim({ parent: 'a', epoch: 1, term: 2, index: Number.MAX_SAFE_INTEGER, provisional: false })
    for (const open of [true, false]) {
      const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open, mayRun: () => true, group: () => LED, ask: async () => { throw new RpcError('UNAVAILABLE', 'nobody') } })
      const admission = await owner.admit(token, claim, 'c')
      if (open) expect(admission).to.have.property('rank')
      else expect(admission).to.deep.include({ code: 'UNAVAILABLE', retryable: true })
      expect(owner.holdings.size).to.equal(0)
    }
  })

  it('when nobody answers a call runs under what its own caller claims, not under what another one does meanwhile', async () => {
    const token = new Uint8Array(32).fill(0xab)
    const claim = (index: number): Uint8Array => encodeClaim({ parent: 'a', epoch: 1, term: 2, index, provisional: false })
    let asked = 0
    const ask = async (): Promise<never> => {
      asked++
      await new Promise(resolve => { setTimeout(resolve, 20) })
      throw new RpcError('UNAVAILABLE', 'nobody')
    }
    const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: true, mayRun: () => true, group: () => LED, ask })
    const [, own] = await Promise.all([owner.admit(token, claim(Number.MAX_SAFE_INTEGER), 'hostile'), owner.admit(token, claim(3), 'c')])
    expect(own).to.have.property('rank', '00000000000001.00000000000002.00000000000003')
    expect(asked).to.equal(1)
  })

  it('a write whose condition does not hold fails by itself, and those that are written with it are written', async () => {
    let writes = 0
    const commits = new Commits({
      write: async batch => {
        writes++
        if (batch.some(({ key }) => key === '7' || key === '300')) throw new RegisterError('condition', true)
        return batch.map(({ key }) => ({ epoch: 1, term: 1, index: Number(key) }))
      }
    })
    const outcomes = await Promise.allSettled(Array.from({ length: 500 }, async (_, i) => commits.add({ key: `${i}`, value: new Uint8Array(1), ifRank: null })))
    expect(outcomes.flatMap((outcome, i) => outcome.status === 'rejected' ? [`${i} ${(outcome.reason as RegisterError).why}`] : [])).to.deep.equal(['7 condition', '300 condition'])
    expect(outcomes[8]).to.have.nested.property('value.index', 8)
    expect(writes).to.be.below(40)
  })

  it('a register that is full goes on to forget links, whatever new ones come at the same time', async () => {
    const commits = new Commits({
      write: async writes => {
        if (writes.some(({ value }) => value !== undefined)) throw new RegisterError('full', true)
        return writes.map((_, index) => ({ epoch: 1, term: 1, index }))
      }
    })
    const outcomes = await Promise.allSettled(['new', undefined, 'new', undefined].map(async (value, i) => commits.add({ key: `${i}`, value: value === undefined ? undefined : new Uint8Array(1) })))
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[0]).to.have.nested.property('reason.why', 'full')
  })

  it('a register that is full goes on to take what adds nothing, and words that a node is down while there is room for them', async () => {
    const table = new Set(['old', 'gone'])
    let room = 0
    const commits = new Commits({
      write: async writes => {
        const more = writes.filter(({ key, value }) => value !== undefined && !table.has(key))
        if (more.length > room) throw new RegisterError('full', true)
        for (const { key } of more) table.add(key)
        return writes.map((_, index) => ({ epoch: 1, term: 1, index }))
      }
    })
    const value = new Uint8Array(1)
    const { rank } = link
    const statuses = async (now: number): Promise<string[]> => {
      room = now
      const writes = [{ key: 'old', value, ifRank: rank }, { key: `new ${now}`, value, ifRank: null }, { key: `down ${now}`, value }, { key: 'gone', value: undefined, ifRank: rank }]
      return (await Promise.allSettled(writes.map(async write => commits.add(write)))).map(({ status }) => status)
    }
    expect(await statuses(0)).to.deep.equal(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await statuses(1)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await statuses(2)).to.deep.equal(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
  })

  it('a call that waited for its turn runs if its token is still here, and its node may run any', async () => {
    let mayRun = true
    const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: false, mayRun: () => mayRun, group: () => LED, ask: async () => link })
    const held = await owner.admit(new Uint8Array(32).fill(0xab), encodeClaim({ parent: 'a', epoch: 1, term: 2, index: 3, provisional: false }), 'c') as { rank: string }
    expect(owner.holds(held)).to.equal(true)
    mayRun = false
    expect(owner.holds(held)).to.equal(false)
    mayRun = true
    owner.revoke({ parent: 'a', token: TOKEN }, link.rank)
    expect(owner.holds(held)).to.equal(false)
  })

  it('strict: a call that says nothing of a link is judged too, and links its token here if it is linked nowhere', async () => {
    const asked: Array<[string, string, boolean]> = []
    let there: Link | undefined = { node: 'y', incarnation: 1, rank: { epoch: 1, term: 2, index: 3 } }
    const init = { self: () => ({ id: 'x', incarnation: 7 }), mayRun: () => true, group: () => LED, parentOf: (caller: string) => caller === 'stranger' ? undefined : `of ${caller}` }
    const owner = new Owner({
      ...init, open: false,
      ask: async (...question) => {
        asked.push(question)
        return there
      }
    })
    const bytes = new Uint8Array(32).fill(0xab)
    expect(await owner.admit(bytes, undefined, 'c')).to.deep.include({ code: 'FAILED_PRECONDITION', retryable: true, details: { owner: 'y', rank: [1, 2, 3] } })
    there = { node: 'x', incarnation: 7, rank: { epoch: 1, term: 2, index: 4 } }
    expect(await owner.admit(bytes, undefined, 'c'), 'what it knows may be old').to.have.property('rank')
    expect(await owner.admit(bytes, undefined, 'c')).to.have.property('rank')
    expect(asked).to.deep.equal(Array.from({ length: 2 }, () => ['of c', 'ab'.repeat(32), true]))
    expect(owner.admit(bytes, undefined, 'stranger')).to.deep.include({ code: 'UNAVAILABLE', retryable: true })
    const open = new Owner({ ...init, open: true, ask: async () => { throw new Error('asked') } })
    expect(open.admit(bytes, undefined, 'c')).to.equal(undefined)
  })

  it('a node that holds more links than it remembers still reports each one that is used', async () => {
    const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: true, mayRun: () => true, group: () => LED, ask: async () => link })
    const token = new Uint8Array(32).fill(0xab)
    const claim = encodeClaim({ parent: 'a', epoch: 1, term: 2, index: 3, provisional: false })
    await owner.admit(token, claim, 'c')
    await owner.admit(token, claim, 'c')
    for (let n = 0; n < MAX_HELD_LINKS; n++) owner.learn('b', n.toString(16).padStart(64, '0'), link)
    owner.holdings.takeUsed(0)
    await owner.admit(token, claim, 'c')
    expect(owner.holdings.takeUsed(0).get('a')).to.deep.equal([TOKEN])
  })

  it('a call of a caller that could ask nobody does not run beside the link that there is', async () => {
    const token = new Uint8Array(32).fill(0xab)
    const claim = encodeClaim({ parent: 'a', epoch: 0, term: 0, index: 0, provisional: true })
    const admit = async (answer: Link | undefined, open: boolean, group: Partial<typeof LED> = LED): Promise<unknown> =>
      new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open, mayRun: () => true, group: () => ({ voters: [], ...group }), ask: async () => answer }).admit(token, claim, 'c')
    for (const open of [true, false]) {
      expect(await admit(link, open)).to.have.property('rank', '00000000000001.00000000000002.00000000000003')
      expect(await admit({ ...link, node: 'y' }, open)).to.deep.include({ code: 'FAILED_PRECONDITION', retryable: true })
      expect(await admit(link, open, {}), 'nobody decides').to.equal(undefined)
    }
    expect(await admit(undefined, true)).to.equal(undefined)
    expect(await admit(undefined, false)).to.deep.include({ code: 'FAILED_PRECONDITION' })
  })

  it('strict: a node that has lost those who decide, and does not vote itself, runs no more than it did before', async () => {
    const token = new Uint8Array(32).fill(0xab)
    const claim = encodeClaim({ parent: 'a', epoch: 0, term: 0, index: 0, provisional: true })
    const LOST = { code: 'UNAVAILABLE', retryable: true }
    const views: Array<{ voters: string[] } | undefined> = [{ voters: [] }, undefined]
    for (const learns of ['by a call', 'in time'] as const) {
      let group: { voters: string[] } | undefined = LED
      const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: false, mayRun: () => false, group: () => group, ask: async () => { throw new Error('nobody') } })
      if (learns === 'in time') owner.look()
      else expect(await owner.admit(token, undefined, 'c')).to.deep.include(LOST)
      for (group of views) {
        expect(await owner.admit(token, claim, 'c'), 'of one who guessed').to.deep.include(LOST)
        expect(await owner.admit(token, undefined, 'c'), 'of one who knows of no links').to.deep.include(LOST)
      }
    }
    // one that runs all that comes has nothing to lose
    const open = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: true, mayRun: () => true, group: () => ({ voters: [] }), ask: async () => link })
    open.look()
    expect([open.admit(token, claim, 'c'), open.admit(token, undefined, 'c')]).to.deep.equal([undefined, undefined])
  })

  it('options that cannot work are refused in plain words', () => {
    for (const options of [{ mode: 'redis' }, { scope: 'all' }, { ownership: 'mine' }, { onNoLeader: 'guess' }, { ttl: 0 }, { ttl: Infinity }, { ttl: 'long' }]) {
      refused(() => resolveLinksOptions(options as object))
    }
    expect(resolveLinksOptions({})).to.deep.equal({ mode: 'shared', scope: 'relation', onNoLeader: 'fail', ownership: 'open', ttl: 3_600_000, lazy: false })
  })
})
