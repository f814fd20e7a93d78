import { expect } from 'chai'
import { checkCalm, checkFences, checkLeaders, checkMessages, checkRanks, checkRuns, checkTokens } from '../soak/checks.ts'
import { SEATS } from '../soak/cast.ts'
import type { Histories } from '../soak/checks.ts'
import type { Fault } from '../harness/deliveries.ts'

interface Told { readonly label: string, readonly event: string, readonly detail: unknown, readonly at?: number }

/** Processes that told these things, and kept their storages unless they are among `lost`. */
function histories (told: readonly Told[], faults: readonly Fault[] = [], lost: readonly string[] = []): Histories {
  const lives = SEATS.map(({ label }, seat) => {
    const events = told.filter(event => event.label === label).map(event => ({ type: 'event' as const, at: 0, ...event }))
    return { seat, from: 0, lost: lost.includes(label), process: { id: label, label, pid: seat, events, eventsOf: (name: string) => events.filter(({ event }) => event === name) } }
  })
  return { lives, faults: [...faults], views: () => [] } as unknown as Histories
}

const ran = (label: string, id: string, at: number, more: object = {}): Told => ({ label, event: 'ran', detail: { id, token: 't', parent: '', rank: `${at}`, at, ...more } })
const called = (id: string, more: object): Told => ({ label: 'client', event: 'call', detail: { id, kind: 'plain', service: 'cart', began: 1, ended: 2, timeout: 9, outcome: 'ok', ...more } })
const led = (label: string, term: number, from: number, to: number): Told[] => [
  { label, event: 'lead:start', detail: { token: { epoch: 1, term }, at: from } },
  { label, event: 'lead:end', detail: { token: { epoch: 1, term }, at: to } }
]

describe('soak: what its checks see', () => {
  it('leaders at once, tokens that do not grow, and resources that go back', () => {
    expect(checkLeaders(histories([...led('cart1', 1, 0, 5), ...led('cart2', 2, 6, 9)]))).to.deep.equal([])
    expect(checkLeaders(histories([...led('cart1', 1, 0, 7), ...led('cart2', 2, 6, 9)]))).to.have.length(1)
    expect(checkLeaders(histories([...led('cart1', 2, 0, 5), ...led('cart2', 2, 6, 9)]))).to.have.length(1)
    const mail = [...led('mail1', 1, 0, 7), ...led('mail2', 2, 6, 9)]
    expect(checkLeaders(histories(mail))).to.have.length(1)
    expect(checkLeaders(histories(mail, [{ kind: 'divided', at: -9_500, to: 1 }]))).to.deep.equal([])
    const append = (label: string, term: number, at: number): Told => ({ label, event: 'append', detail: { resource: 'r', token: { epoch: 1, term }, at } })
    expect(checkFences(histories([append('user1', 1, 1), append('user1', 2, 2), append('user2', 1, 3)]))).to.deep.equal([])
    expect(checkFences(histories([append('user1', 2, 1), append('user1', 1, 2)]))).to.have.length(1)
  })

  it('calls that run twice, or ran although they are retryable, or fail while all is calm', () => {
    expect(checkRuns(histories([called('a', {}), ran('cart1', 'a', 1)]))).to.deep.equal([])
    expect(checkRuns(histories([called('a', {}), ran('cart1', 'a', 1), ran('cart2', 'a', 2)]))).to.have.length(1)
    expect(checkRuns(histories([called('a', { kind: 'keyed' }), ran('cart1', 'a', 1), ran('cart2', 'a', 2)]))).to.deep.equal([])
    expect(checkRuns(histories([called('a', { kind: 'keyed' }), ran('cart1', 'a', 1), ran('cart1', 'a', 2)]))).to.have.length(1)
    expect(checkRuns(histories([called('a', { outcome: 'UNAVAILABLE', retryable: true }), ran('cart1', 'a', 1)]))).to.have.length(1)
    expect(checkCalm(histories([called('a', { outcome: 'UNAVAILABLE' })]), 0, 5)).to.have.length(1)
    expect(checkCalm(histories([called('a', { outcome: 'UNAVAILABLE' })]), 2, 5)).to.deep.equal([])
  })

  it('tokens that move without a cause, run at two nodes at once, or go back', () => {
    const moved = [ran('user1', 'a', 1), ran('user2', 'b', 20)]
    expect(checkTokens(histories(moved))).to.have.length(1)
    expect(checkTokens(histories(moved, [{ kind: 'killed', node: 'user1', at: 5 }]))).to.deep.equal([])
    expect(checkTokens(histories(moved, [{ kind: 'killed', node: 'user2', at: 5 }]))).to.have.length(1)
    const link: Told = { label: 'client', event: 'moved', detail: { token: 't', service: 'user', op: 'move', wanted: 'user2', owner: 'user2', began: 5, ended: 9 } }
    expect(checkTokens(histories([...moved, link]))).to.deep.equal([])
    expect(checkTokens(histories([...moved, ran('user1', 'c', 30), link]))).to.have.length(1)
    const end: Told = { label: 'cart1', event: 'ran:end', detail: { id: 'a', at: 25 } }
    expect(checkTokens(histories([ran('cart1', 'a', 1), end, ran('cart2', 'b', 20)], [{ kind: 'killed', node: 'cart1', at: 5 }]))).to.have.length(1)
    expect(checkRanks(histories([ran('cart1', 'a', 1), ran('cart2', 'b', 2), ran('cart1', 'c', 3, { rank: '1' })]))).to.have.length(1)
  })

  it('messages that were promised and are lost, whatever is not bound, and repeats without a cause', () => {
    const published = (label: string, more: object = {}): Told => ({ label, event: 'published', detail: { body: 'x', topic: 'orders', at: 1, ...more } })
    const done = (label: string, channel: string, at = 2): Told => ({ label, event: 'done', detail: { id: '1', body: 'x', attempt: 1, publisher: 'cart1', channel, at } })
    const both = [done('cart2', 'billing'), done('user3', 'audit')]
    expect(checkMessages(histories([published('cart1', { id: '1' }), ...both]))).to.deep.include({ wrong: [], lost: [] })
    expect(checkMessages(histories([published('cart1', { id: '1' }), done('cart2', 'billing')])).lost).to.deep.equal(['orders/audit: 1'])
    const stored = published('cart1', { id: '1', storedBy: ['cart2', 'cart3'] })
    expect(checkMessages(histories([stored], [], ['cart1'])).lost).to.have.length(2)
    expect(checkMessages(histories([stored], [], ['cart1', 'cart2'])).lost).to.deep.equal([])
    expect(checkMessages(histories([published('cart1', { id: '1' }), ...both, done('user2', 'billing', 3)])).wrong).to.have.length(1)
    expect(checkMessages(histories(both)).wrong).to.have.length(2)
  })
})
