/**
 * A node's page, its network and its connections come and go in every order that chance finds, in time that a test moves;
 * once all of them are there, so is the node.
 */
import { expect } from 'chai'
import { createRandom } from '../../src/util/random.core.ts'
import { World } from './lives-world.ts'
import type { Random } from '../../src/util/random.core.ts'

const SEEDS = 300
const STEPS = 14

type Step = (world: World, random: Random) => Promise<void>

/** Mostly short: what overlaps is what goes wrong. */
const some = (random: Random): number => random.pick([0, 5, 60, 400, 1_500, 4_000, 9_000, 30_000])! * random.between(0.5, 1)

const STEPS_OF: Record<string, Step> = {
  offline: async world => { world.setLink(false); world.tell(false) },
  online: async (world, random) => {
    world.setLink(true)
    // browsers tell later than it is there
    await world.pass(random.pick([0, 3, 200])!)
    world.tell(true)
  },
  'offline for nothing': async (world, random) => {
    world.tell(false)
    await world.pass(some(random))
    world.tell(true)
  },
  'a flap': async (world, random) => {
    for (let i = 0; i < 3; i++) {
      world.tell(false)
      await world.pass(random.pick([0, 10, 300, 2_000])!)
      world.tell(true)
      await world.pass(random.pick([0, 10, 300, 2_000])!)
    }
  },
  'a dead network of which nobody tells': async (world, random) => {
    world.setLink(false)
    await world.pass(some(random))
    world.setLink(true)
  },
  'another network': async world => {
    for (const connection of world.connections) connection.die()
    world.tell(false)
    world.tell(true)
  },
  hide: async world => { world.see('hidden') },
  show: async world => { world.see('visible') },
  freeze: async (world, random) => {
    world.freeze()
    world.stand(some(random), { die: random.chance(0.3), flap: random.chance(0.3) })
    world.resume()
  },
  cache: async (world, random) => {
    if (random.chance(0.2)) {
      world.tell(false)
      world.knows(true)
    }
    world.leave()
    if (random.chance(0.5)) world.freeze()
    world.stand(some(random), { flap: random.chance(0.3) })
    world.resume()
    world.enter()
  },
  sleep: async (world, random) => {
    world.stand(some(random) * 20, { die: random.chance(0.5), flap: random.chance(0.3) })
  },
  'a connection dies unseen': async (world, random) => { random.pick(world.connections)?.die() },
  'a connection is closed': async (world, random) => { random.pick(world.connections)?.close() },
  'a peer is given up': async (world, random) => {
    const peer = random.pick(world.peers)!
    world.giveUp(peer)
    await world.pass(some(random))
    world.dialledBy(peer)
  },
  'a peer dials': async (world, random) => { world.dialledBy(random.pick(world.peers)!) },
  'the relay is away': async (world, random) => {
    world.down()
    await world.pass(some(random))
    world.up()
  }
}

async function play (seed: number): Promise<void> {
  const random = createRandom(seed)
  const names = Object.keys(STEPS_OF)
  const played: string[] = []
  const early = random.pick(names)!
  const world = await World.begin(random.fork('world'), random.chance(0.2) ? async world => STEPS_OF[early]?.(world, random) : undefined)
  try {
    for (let i = 0; i < STEPS; i++) {
      const name = random.pick(names)!
      played.push(name)
      await STEPS_OF[name]?.(world, random)
      world.check()
      await world.pass(some(random))
      world.check()
    }
    await world.settle()
    world.check()
    world.checkEnd()
    await world.checkReturn()
    expect(world.faults).to.deep.equal([])
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${played.join(', ')}\n${world.log.join('\n')}`, { cause: error })
  } finally {
    await world.end()
  }
}

describe('a node whose page, network and connections come and go', () => {
  async function live (act: (world: World) => Promise<void>, early?: (world: World) => Promise<void>): Promise<void> {
    const world = await World.begin(createRandom(7), early)
    try {
      await act(world)
      expect(world.faults).to.deep.equal([])
    } finally {
      await world.end()
    }
  }

  it('tells that it slept once, also when it did so while it started', async () => {
    await live(async world => {
      expect([world.status, world.awake]).to.deep.equal(['joined', 1])
      await world.checkReturn()
    }, async world => {
      world.setLink(false)
      await world.pass(500)
      world.setLink(true)
      world.stand(20_000)
    })
  })

  it('takes a freeze that took no time for none of the network', async () => {
    await live(async world => {
      world.freeze()
      world.resume()
      // it looks for its path
      world.giveUp(world.peers[2]!)
      expect(world.status).to.equal('joined')
      await world.pass(500)
      expect([world.status, world.awake]).to.deep.equal(['joined', 1])
    })
  })

  for (const part of [0, 1, 2]) {
    it(`is in its mesh once they stay, with each of its paths, and has said so once each time (part ${part + 1})`, async () => {
      for (let seed = part; seed < SEEDS; seed += 3) await play(seed)
    })
  }
})
