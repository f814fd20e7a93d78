import type { ServiceInfo } from './index.ts'

/** Counts how often services were seen with another leader than before. */
export class LeaderChanges {
  readonly counts = new Map<string, number>()
  /** By service: its last leader, and the term that it led in. */
  readonly #last = new Map<string, string>()

  see (services: readonly ServiceInfo[]): void {
    for (const { service, leader } of services) {
      if (leader === undefined) continue
      const led = `${leader.epoch} ${leader.term} ${leader.id}`
      const before = this.#last.get(service)
      if (before === led) continue
      this.#last.set(service, led)
      this.counts.set(service, (this.counts.get(service) ?? 0) + 1)
    }
    // services that are gone, when there are many
    if (this.#last.size > MAX_SERVICES) {
      const present = new Set(services.map(({ service }) => service))
      for (const service of this.#last.keys()) if (!present.has(service)) this.#forget(service)
    }
  }

  #forget (service: string): void {
    this.#last.delete(service)
    this.counts.delete(service)
  }
}

/** Services that are remembered after their last node went. */
const MAX_SERVICES = 1_024
