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
/** Nodes that have room on a ring; more are spread over the whole map. */
const RING = 14
/** Square pixels that each of those takes, with its name. */
const PLOT = 8_000
/** Radians between two of those, which leaves no gaps and no rows. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5))
/** Steps that are done at once when nothing may move. */
const STEPS = 240
/** Milliseconds of a step. */
const FRAME = 16

const HEIGHT = { least: 380, most: 520, crowd: 3_200 }

/** There are too many for long names, and for labels on their paths. */
export function isCrowd (count: number): boolean {
  return count > RING + 1
}

/** Pixels of a map so wide, for so many nodes. */
export function heightFor (width: number, count: number): number {
  const usual = Math.min(HEIGHT.most, Math.max(HEIGHT.least, Math.round(width * 0.42)))
  if (!isCrowd(count)) return usual
  const needed = count * PLOT / breadth(width) + MARGIN.top + MARGIN.bottom
  return Math.min(HEIGHT.crowd, Math.max(usual, Math.round(needed)))
}

/** Square pixels that nodes may stand on, of each pixel of height. */
function breadth (width: number): number {
  return Math.PI / 4 * (width - 2 * MARGIN.side)
}

/** How large a node is drawn, where so many have no room in full size; at most 1. */
export function scaleFor (width: number, count: number): number {
  if (heightFor(width, count) < HEIGHT.crowd) return 1
  return Math.min(1, Math.sqrt(Math.max(0, breadth(width)) * (HEIGHT.crowd - MARGIN.top - MARGIN.bottom) / (count * PLOT)))
}

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
      .force('collide', forceCollide(ROOM * scaleFor(width, ids.length)))
      // many would push each other to the edge
      .force('charge', forceManyBody().strength(isCrowd(ids.length) ? -5 : -60))
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
    const crowd = count > RING
    const angle = crowd ? (i + 1) * GOLDEN : (i + 0.5) / count * 2 * Math.PI - Math.PI / 2
    const share = crowd ? Math.sqrt((i + 1) / count) : 1
    const half = this.#width / 2 - MARGIN.side
    return {
      x: middle.x + Math.cos(angle) * (crowd ? half : Math.min(460, half)) * share,
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
