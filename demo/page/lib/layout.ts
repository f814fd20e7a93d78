/** Where the nodes of a graph stand: this tab in the middle, the others around it, pushed apart where they would meet. */
import { forceCollide, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force'
import type { Simulation, SimulationNodeDatum } from 'd3-force'

export interface Point {
  readonly x: number
  readonly y: number
}

interface Body extends SimulationNodeDatum {
  readonly id: string
  /** Where it is drawn to. */
  goal: Point
}

/** Pixels that a node takes with its name. */
const ROOM = 44
const MARGIN = { side: 46, top: 44, bottom: 58 }
/** Nodes on the inner ring; what is beyond stands on the outer one. */
const RING = 14
/** Steps that are done at once when nothing may move. */
const STEPS = 240
/** Milliseconds of a step. */
const FRAME = 16

export class Layout {
  readonly #simulation: Simulation<Body, undefined>
  readonly #draw: (points: ReadonlyMap<string, Point>) => void
  #bodies = new Map<string, Body>()
  #drawn = 0
  #width = 600
  #height = 400

  constructor (draw: (points: ReadonlyMap<string, Point>) => void) {
    this.#draw = draw
    this.#simulation = forceSimulation<Body>()
      .alphaDecay(0.05)
      .velocityDecay(0.45)
      .force('charge', forceManyBody().strength(-60))
      .force('collide', forceCollide(ROOM))
      .stop()
    this.#simulation.on('tick', () => { this.#onTick() })
  }

  /**
   * @param ids - neighbours on the ring stand beside each other
   * @param calm - nothing moves: all stand where they end up
   */
  update (center: string, ids: readonly string[], { width, height }: { width: number, height: number }, calm: boolean): void {
    this.#width = width
    this.#height = height
    const middle = { x: width / 2, y: height / 2 - 6 }
    const before = this.#bodies
    const around = ids.filter(id => id !== center)
    const goals = new Map(around.map((id, i) => [id, this.#goal(middle, i, around.length)]))
    this.#bodies = new Map(ids.map(id => {
      const goal = goals.get(id) ?? middle
      return [id, Object.assign(before.get(id) ?? { id, x: goal.x, y: goal.y, goal }, { goal, fx: id === center ? middle.x : null, fy: id === center ? middle.y : null })]
    }))
    this.#simulation
      .nodes([...this.#bodies.values()])
      .force('x', forceX<Body>(({ goal }) => goal.x).strength(0.25))
      .force('y', forceY<Body>(({ goal }) => goal.y).strength(0.25))
    if (calm) {
      this.#simulation.alpha(1).stop().tick(STEPS)
      this.#tell()
    } else {
      this.#drawn = performance.now()
      this.#simulation.alpha(0.6).restart()
    }
  }

  /** A slow machine draws less often; the nodes are where they belong all the same. */
  #onTick (): void {
    const now = performance.now()
    const missed = Math.floor((now - this.#drawn) / FRAME) - 1
    if (missed > 0) this.#simulation.tick(Math.min(missed, STEPS))
    this.#drawn = now
    this.#tell()
  }

  stop (): void {
    this.#simulation.stop()
  }

  #goal (middle: Point, i: number, count: number): Point {
    const outer = i >= RING
    const [place, places] = outer ? [i - RING, count - RING] : [i, Math.min(count, RING)]
    const angle = (place + 0.5) / places * 2 * Math.PI - Math.PI / 2
    const share = count > RING && !outer ? 0.62 : 1
    return {
      x: middle.x + Math.cos(angle) * Math.min(460, this.#width / 2 - MARGIN.side) * share,
      y: middle.y + Math.sin(angle) * (this.#height / 2 - (MARGIN.top + MARGIN.bottom) / 2) * share
    }
  }

  #tell (): void {
    const points = new Map<string, Point>()
    for (const body of this.#bodies.values()) {
      body.x = Math.min(this.#width - MARGIN.side, Math.max(MARGIN.side, body.x ?? 0))
      body.y = Math.min(this.#height - MARGIN.bottom, Math.max(MARGIN.top, body.y ?? 0))
      points.set(body.id, { x: body.x, y: body.y })
    }
    this.#draw(points)
  }
}
