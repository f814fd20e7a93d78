/** What nodes hear of each other beside the election itself: records, as old as they may be, and an operator's eyes. */
import { peerOf } from '../kernel/types.ts'
import { majorityOf } from './election-checks.ts'
import { processOf } from './election-sight.ts'
import type { Meetings } from './election-meeting.ts'
import type { Seen } from './election-process.ts'
import type { Sight } from './election-sight.ts'
import type { Config } from '../../../src/election/types.core.ts'

/** Records are as old as this. */
const RECORDS_EVERY = 500

export class Records {
  readonly #sight: Sight
  readonly #meetings: Meetings
  readonly #records = new Map<string, { at: number, seen: Seen }>()

  constructor (sight: Sight, meetings: Meetings) {
    this.#sight = sight
    this.#meetings = meetings
  }

  /** What discovery tells of those in reach. */
  discovered (id: string): readonly Seen[] {
    const now = Math.floor(this.#sight.world.now / RECORDS_EVERY)
    return [...this.#meetings.seenBy(id)].filter(name => peerOf(name) === name || name === id).map(name => {
      let record = this.#records.get(name)
      if (record?.at !== now) {
        record = { at: now, seen: this.#recordOf(name) }
        this.#records.set(name, record)
      }
      return record.seen
    })
  }

  #recordOf (name: string): Seen {
    const node = this.#sight.world.nodes.get(name)!
    if (peerOf(name) === this.#sight.setup.liar) return { id: name, eligible: true, leads: undefined, view: undefined }
    const view = processOf(node)
    const { group, epoch, kind, term, leader, voters } = view.core.status(view.time())
    const votes = voters.includes(peerOf(name))
    const eligible = name !== this.#sight.setup.tab && view.leaving === undefined
    return { id: peerOf(name), eligible, leads: votes && leader !== undefined ? group : undefined, view: votes ? { group, epoch, kind, term, leader, voters } : undefined }
  }

  /** Those who are left of a group that can never have a majority again; undefined while it may. */
  lostForGood (by: string, without?: string): string[] | undefined {
    const disks = this.#sight.disks()
    const configs = [...this.#sight.world.nodes.values()].filter(node => node.status === 'up' || node.returning).map(({ id }) => disks.get(id)?.hard.config)
    const newest = newestOf(configs.filter(config => config !== undefined))
    if (newest === undefined) return undefined
    const lost = newest.voters.filter(({ id, incarnation }) => {
      const node = this.#sight.world.nodes.get(id)!
      const mayVote = (node.status === 'up' || node.returning) && id !== without
      return !mayVote || this.#sight.disks().get(id)?.hard.incarnation !== incarnation
    })
    if (lost.length <= newest.voters.length - majorityOf(newest)) return undefined
    const { network } = this.#sight.world
    const left = this.#sight.up().filter(({ id, frozen }) => !frozen && id !== this.#sight.setup.tab && (id === by || network.carries(id, by)))
    return left.map(({ id }) => peerOf(id)).sort((a, b) => Number(b === peerOf(by)) - Number(a === peerOf(by))).slice(0, 3)
  }
}

function newestOf (configs: readonly Config[]): Config | undefined {
  return configs.reduce<Config | undefined>((a, b) => a === undefined || b.term > a.term || (b.term === a.term && b.version > a.version) ? b : a, undefined)
}
