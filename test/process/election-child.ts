/** Commands of a node process that takes part in an election; it tells when it led, by its own checks. */
import { wallClock } from '../harness/ipc.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command, Emit } from '../harness/child.ts'

/** Milliseconds between two checks of the lease. */
const CHECK = 5

/** Leads whenever it can, and tells of every term when it began and at which check the lease held for the last time. */
async function lead (mesh: Mesh, emit: Emit, signal: AbortSignal): Promise<void> {
  await mesh.election.runAsLeader(async lease => {
    const { token } = lease
    lease.check()
    emit('lead:start', { token, at: wallClock() })
    let last = wallClock()
    try {
      for (;;) {
        await new Promise(resolve => setTimeout(resolve, CHECK))
        const now = wallClock()
        lease.check()
        // the time before the check: when it was asked, it held
        last = now
      }
    } finally {
      emit('lead:end', { token, at: last })
    }
  }, { signal })
}

export function commands (mesh: Mesh, emit: Emit): Record<string, Command> {
  const ended = new AbortController()
  mesh.election.addEventListener('change', ({ detail }) => { emit('change', detail) })
  mesh.election.addEventListener('fault', ({ detail }) => { emit('election:fault', { name: detail.name, message: detail.message }) })
  return {
    lead: () => { lead(mesh, emit, ended.signal).catch((err: Error) => { emit('lead:over', err.name) }) },
    leader: () => mesh.election.leader,
    state: () => mesh.election.state,
    of: (service: string) => mesh.election.of(service),
    election: () => {
      const { fault, ...status } = mesh.election.status()
      return { ...status, fault: fault?.name }
    },
    resign: async () => mesh.election.resign(),
    transfer: async (to: string) => mesh.election.transfer(to),
    recover: async (voters: string[]) => mesh.election.recover({ voters }),
    fence: async (resource: string, token: { epoch: number, term: number }) => mesh.election.fence.check(resource, token)
  }
}
