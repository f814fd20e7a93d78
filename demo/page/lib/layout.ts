/** Where the nodes of a graph stand: like charges repel, paths pull, and this tab stays in the middle. */
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force'
import type { Simulation, SimulationLinkDatum, SimulationNodeDatum } from 'd3-force'

export interface Point {
  readonly x: number
  readonly y: number
}

interface Body extends SimulationNodeDatum {
  readonly id: string
}

export interface LayoutEdge {
  readonly from: string
  readonly to: string
  readonly own: boolean
}

/** Pixels that a node takes with its name. */
const ROOM = 46
const MARGIN = 44
/** Steps that are done at once when nothing may move. */
const STEPS = 240

export class Layout {
  readonly #simulation: Simulation<Body, SimulationLinkDatum<Body>>
  readonly #draw: (points: ReadonlyMap<string, Point>) => void
  #bodies = new Map<string, Body>()
  #width = 600
  #height = 400

  constructor (draw: (points: ReadonlyMap<string, Point>) => void) {
    this.#draw = draw
    this.#simulation = forceSimulation<Body>().alphaDecay(0.045).velocityDecay(0.5).stop()
    this.#simulation.on('tick', () => { this.#tell() })
  }

  /** @param calm - nothing moves: all stand where they end up */
  update (center: string, ids: readonly string[], edges: readonly LayoutEdge[], size: { width: number, height: number }, calm: boolean): void {
    this.#width = size.width
    this.#height = size.height
    const before = this.#bodies
    this.#bodies = new Map(ids.map((id, i) => [id, before.get(id) ?? this.#place(id, i, ids.length)]))
    for (const body of this.#bodies.values()) {
      body.fx = body.id === center ? size.width / 2 : null
      body.fy = body.id === center ? size.height / 2 : null
    }
    const reach = Math.min(size.width, size.height * 1.4)
    const links = edges.map(({ from, to }) => ({ source: from, target: to }))
    this.#simulation
      .nodes([...this.#bodies.values()])
      .force('link', forceLink<Body, SimulationLinkDatum<Body>>(links).id(({ id }) => id).distance(reach * 0.36).strength((_, i) => edges[i]?.own === true ? 0.5 : 0.03))
      .force('charge', forceManyBody().strength(-reach * 1.1))
      .force('collide', forceCollide(ROOM))
      .force('x', forceX(size.width / 2).strength(size.width > size.height ? 0.05 : 0.14))
      .force('y', forceY(size.height / 2).strength(size.width > size.height ? 0.14 : 0.05))
    if (calm) {
      this.#simulation.alpha(1).stop().tick(STEPS)
      this.#tell()
    } else {
      this.#simulation.alpha(before.size === 0 ? 1 : 0.5).restart()
    }
  }

  stop (): void {
    this.#simulation.stop()
  }

  /** Newcomers start on a circle, so that they do not fly across the picture. */
  #place (id: string, i: number, count: number): Body {
    const angle = i / count * 2 * Math.PI
    return { id, x: this.#width / 2 + Math.cos(angle) * this.#width / 3, y: this.#height / 2 + Math.sin(angle) * this.#height / 3 }
  }

  #tell (): void {
    const points = new Map<string, Point>()
    for (const body of this.#bodies.values()) {
      body.x = Math.min(this.#width - MARGIN, Math.max(MARGIN, body.x ?? 0))
      body.y = Math.min(this.#height - MARGIN, Math.max(MARGIN - 8, body.y ?? 0))
      points.set(body.id, { x: body.x, y: body.y })
    }
    this.#draw(points)
  }
}
