/** Keeps the links of this process by itself, for `mode: 'local'`: to all services, and told to nobody. */
import { rendezvousRank } from '../balancing/index.ts'
import { MAX_LOCAL_LINKS } from '../wire/limits.ts'
import { Counts } from './counts.core.ts'
import { decide } from './decide.core.ts'
import { linkKey, linkOf } from './keys.core.ts'
import type { Answer } from './messages.core.ts'
import type { Change } from './authority.ts'
import type { LinkName } from './keys.core.ts'
import type { Link, Place, Question } from './decide.core.ts'
import type { Discovery } from '../discovery/index.ts'

interface Service {
  readonly links: Map<string, Link & { used: number }>
  readonly counts: Counts
}

export interface LocalKeeperInit {
  discovery: Pick<Discovery, 'node' | 'nodes' | 'report'>
  /** Milliseconds, see `LinksOptions`. */
  ttl: number
  onChange: (service: string, change: Change) => void
  now: () => number
}

export class LocalKeeper {
  readonly #init: LocalKeeperInit
  readonly #services = new Map<string, Service>()
  readonly #downs = new Map<string, number>()
  readonly #isAlive = ({ node, incarnation }: Place): boolean => {
    const info = this.#init.discovery.node(node)
    return info !== undefined && info.state !== 'left' && info.incarnation === incarnation && incarnation > (this.#downs.get(node) ?? -1)
  }

  #index = 0

  constructor (init: LocalKeeperInit) {
    this.#init = init
  }

  ask (service: string, question: Question): Answer {
    const { discovery, now, onChange } = this.#init
    const { parent, token } = question
    const { links, counts } = this.#service(service)
    const key = linkKey(parent, token)
    const present = links.get(key)
    const takers = discovery.nodes(service).filter(({ id, incarnation }) => incarnation > (this.#downs.get(id) ?? -1))
    const decision = decide(question, present, { takers, isAlive: this.#isAlive, links: node => counts.of(node, this.#isAlive), order: token => rendezvousRank(token, takers) })
    if (present !== undefined) present.used = now()
    if (decision.type === 'refuse') return { failure: decision.why }
    if (decision.type === 'answer') return { link: decision.link, changed: false }
    const { place, former } = decision
    if (present === undefined && place !== undefined && links.size >= MAX_LOCAL_LINKS) return { failure: 'full' }
    const rank = { epoch: 0, term: 0, index: ++this.#index }
    if (present !== undefined) counts.remove(parent, present)
    links.delete(key)
    const link = place === undefined ? undefined : { ...place, rank }
    if (link !== undefined) {
      counts.add(parent, link)
      links.set(key, { ...link, used: now() })
    }
    onChange(service, { parent, token, link, former, rank })
    return { link, changed: former !== undefined || link !== undefined }
  }

  /** A call of the token is sent: where to, if it is linked. */
  use (service: string, parent: string, token: string): Link | undefined {
    const link = this.#services.get(service)?.links.get(linkKey(parent, token))
    if (link === undefined || !this.#isAlive(link)) return undefined
    link.used = this.#init.now()
    return link
  }

  down (node: string): number {
    const incarnation = this.#init.discovery.node(node)?.incarnation ?? 0
    let links = 0
    for (const { counts } of this.#services.values()) links += counts.of(node, this.#isAlive)
    this.#downs.set(node, Math.max(incarnation, this.#downs.get(node) ?? 0))
    return links
  }

  count (service: string): number {
    return this.#services.get(service)?.counts.total(this.#isAlive) ?? 0
  }

  total (matches: 'alive' | 'dead'): number {
    return [...this.#services.values()].reduce((sum, { counts }) => sum + counts.total(place => this.#isAlive(place) === (matches === 'alive')), 0)
  }

  counts (): ReturnType<Counts['all']> {
    return [...this.#services.values()].flatMap(({ counts }) => counts.all(this.#isAlive))
  }

  /** Links that nobody used for their time end, and those of nodes that are gone are forgotten. */
  tick (): void {
    const { now, ttl, onChange } = this.#init
    for (const [service, { links, counts }] of this.#services) {
      for (const [key, link] of links) {
        const alive = this.#isAlive(link)
        if (alive && now() - link.used < ttl) continue
        const { parent, token } = linkOf(key) as LinkName
        links.delete(key)
        counts.remove(parent, link)
        if (alive) onChange(service, { parent, token, link: undefined, former: link, rank: { epoch: 0, term: 0, index: ++this.#index } })
      }
    }
  }

  #service (name: string): Service {
    let service = this.#services.get(name)
    if (service === undefined) this.#services.set(name, service = { links: new Map(), counts: new Counts() })
    return service
  }
}
