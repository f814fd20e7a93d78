/** Random, by effective weight: the default without a token. Needs no memory, and no two callers march in step. Pure. */
import { draw, PoolPicker } from './pool.core.ts'
import type { Candidate, PickContext } from './index.ts'
import type { Pool, Seat } from './pool.core.ts'

export class RandomPicker<C extends Candidate> extends PoolPicker<C, Seat<C>> {
  readonly name = 'random'

  protected seat (node: C): Seat<C> {
    return { id: node.id, node, weight: node.weight }
  }

  protected choose (pool: Pool<Seat<C>>, exclude: ReadonlySet<string> | undefined, { random }: PickContext): Seat<C> | undefined {
    return draw(pool, exclude, random)
  }
}
