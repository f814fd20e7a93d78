/**
 * How braid-go v1.4.0 keeps links, in memory: what the tests of its defects are seen to fail on. Keys, conditions and the
 * order of steps are as there; Redis is a few maps, what its tickers do is called by hand, and ids stand for addresses.
 */

export interface Target { readonly id: string, readonly service: string }

/** What all nodes share. */
export class Store {
  /** By parent and child, then token. */
  readonly routes = new Map<string, Map<string, Target>>()
  readonly numbers = new Map<string, number>()
  readonly relations = new Set<string>()
}

export interface OriginalInit {
  store: Store
  /** Service of this node: the parent. */
  parent: string
  mode: 'shared' | 'local'
  /** By its elector. */
  isMaster: boolean
}

/** One calling node: its link cache, and as much of its client as deals with that. */
export class Original {
  readonly #init: OriginalInit
  readonly #own = new Map<string, Target>()
  /** Nodes that discovery has told of: there are connections to these, and no others. */
  readonly #active = new Map<string, Target>()
  #children = new Set<string>()

  constructor (init: OriginalInit) {
    this.#init = init
  }

  // ---- events of discovery

  see (node: Target): void {
    this.#active.set(node.id, node)
  }

  lose (node: Target): void {
    this.#active.delete(node.id)
    this.down(node)
  }

  // ---- tickers

  /** At the start, and every 5 s. */
  syncRelation (): void {
    this.#children = new Set(this.#relations().map(({ service }) => service))
  }

  /** Every 60 s. */
  syncOffline (): void {
    if (!this.#acts) return
    for (const node of this.#relations()) if (!this.#active.has(node.id)) this.down(node)
  }

  #relations (): Target[] {
    return [...this.#init.store.relations].flatMap(relation => {
      const parts = relation.split('-')
      const [, , parent, service = '', id = ''] = parts
      // 'wrong relation string format'
      return parts.length === 5 && parent === this.#init.parent ? [{ service, id }] : []
    })
  }

  // ---- client

  /** @param run - what becomes of the call at that node */
  invoke <T> (service: string, token: string, run: (target: Target) => T): T {
    const target = this.#find(service, token)
    if (!this.#active.has(target.id)) throw new Error(`can't find target ${target.id}`)
    try {
      return run(target)
    } catch (err) {
      this.unlink(token)
      throw err
    }
  }

  #find (service: string, token: string): Target {
    const linked = token === '' ? undefined : this.target(token, service)
    if (linked !== undefined) return linked
    // its balancer, without weights: the first one
    const picked = [...this.#active.values()].find(node => node.service === service)
    if (picked === undefined) throw new Error(`can't find a node of ${service}`)
    if (token !== '') this.link(token, picked)
    return picked
  }

  // ---- link cache

  get #acts (): boolean {
    return this.#init.mode === 'local' || this.#init.isMaster
  }

  target (token: string, service: string): Target | undefined {
    return this.#init.mode === 'local' ? this.#own.get(this.#ownKey(service, token)) : this.#route(service).get(token)
  }

  link (token: string, node: Target): void {
    const { mode, store } = this.#init
    const number = this.#numberKey(node)
    if (mode === 'local') {
      const key = this.#ownKey(node.service, token)
      if (!this.#own.has(key)) this.#own.set(key, node)
    } else {
      const route = this.#route(node.service)
      const isNew = !route.has(token)
      route.set(token, node)
      if (!isNew) return
    }
    store.relations.add(number)
    this.#count(number, 1)
  }

  /** From all children; who may not does nothing, and says so to nobody. */
  unlink (token: string): void {
    if (!this.#acts) return
    for (const service of this.#children) {
      const node = this.target(token, service)
      if (node === undefined) continue
      if (this.#init.mode === 'local') this.#own.delete(this.#ownKey(service, token))
      else this.#route(service).delete(token)
      this.#count(this.#numberKey(node), -1)
    }
  }

  down (node: Target): void {
    const { mode, store } = this.#init
    if (!this.#acts) return
    const links = mode === 'local' ? this.#own : this.#route(node.service)
    for (const [key, { id }] of links) if (id === node.id) links.delete(key)
    const number = this.#numberKey(node)
    store.relations.delete(number)
    store.numbers.delete(number)
  }

  // ---- keys

  #count (key: string, by: 1 | -1): void {
    const { numbers } = this.#init.store
    numbers.set(key, (numbers.get(key) ?? 0) + by)
  }

  #numberKey ({ service, id }: Target): string {
    return `braid_linker-linknum-${this.#init.parent}-${service}-${id}`
  }

  #ownKey (service: string, token: string): string {
    return `${this.#init.parent}-${service}-${token}`
  }

  #route (service: string): Map<string, Target> {
    const { routes } = this.#init.store
    const key = `braid_linker-route-${this.#init.parent}-${service}`
    let route = routes.get(key)
    if (route === undefined) routes.set(key, route = new Map())
    return route
  }
}
