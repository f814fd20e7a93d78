import { expect } from 'chai'
import { nearby } from '../../src/election/nearby.core.ts'
import { firstInOrder, inOrder } from '../../src/election/order.core.ts'
import { MAX_VOTERS } from '../../src/wire/limits.ts'

const many = Array.from({ length: 500 }, (_, i) => ({ id: `n${i}`, votes: false }))
const init = { service: 'login', seats: [], eligible: many, size: 1 }

describe('election: who is connected with whom in a large mesh', () => {
  it('of many that may vote the same few with each other, and all others with none', () => {
    const lists = new Map(many.map(({ id }) => [id, nearby({ ...init, self: id })]))
    const first = [...lists].filter(([, list]) => list.length > 0)
    expect(first).to.have.length(8)
    for (const [id, list] of first) expect([...list, id].sort()).to.deep.equal(first.map(([other]) => other).sort())
  })

  it('the first ones of an order without the rest of it', () => {
    const ids = many.map(({ id }) => id)
    const whole = inOrder('login', ids)
    expect(whole).to.have.members(ids)
    for (const count of [0, 1, 8, 499, 500, 501]) expect(firstInOrder('login', ids, count)).to.deep.equal(whole.slice(0, count))
    expect(firstInOrder('login', [...ids].reverse(), 8)).to.deep.equal(whole.slice(0, 8))
  })

  it('of two or three all', () => {
    const three = many.slice(0, 3)
    for (const { id } of three) expect(nearby({ ...init, eligible: three, self: id })).to.have.members(three.map(other => other.id).filter(other => other !== id))
  })

  it('those with a seat, wherever they stand in the order, and as many as a group is founded with', () => {
    const alone = many.map(({ id }) => id).filter(id => nearby({ ...init, self: id }).length === 0)
    const seats = alone.slice(0, 3)
    for (const self of seats) expect(nearby({ ...init, seats, self })).to.include.members(seats.filter(id => id !== self))
    // before those who only say that they vote
    for (const self of seats) expect(nearby({ ...init, seats, self }).slice(0, 2)).to.have.members(seats.filter(id => id !== self))
    expect(many.filter(({ id }) => nearby({ ...init, size: 15, self: id }).length > 0)).to.have.length(15)
  })

  it('of those whose records say that they vote so many as can have a seat, whoever says so', () => {
    const liars = many.map(({ id }) => ({ id, votes: true }))
    const longest = Math.max(...liars.map(({ id }) => nearby({ ...init, eligible: liars, self: id }).length))
    expect(longest).to.be.within(MAX_VOTERS - 1, MAX_VOTERS + 8)
  })
})
