/** Leads whenever it can, writes with its token to a resource of another service, and tells of every term by its own checks. */
import { wallClock } from '../harness/ipc.ts'
import type { Emit } from '../harness/child.ts'
import type { Lease, Mesh } from '../../src/index.ts'

/** Milliseconds between two checks of the lease, and two writes. */
const CHECK = 20
const WRITE = 200

export class Leading {
  readonly #mesh: Mesh
  readonly #emit: Emit

  constructor (mesh: Mesh, emit: Emit) {
    this.#mesh = mesh
    this.#emit = emit
  }

  start (writesTo: string): void {
    this.#mesh.election.runAsLeader(async lease => this.#lead(lease, writesTo)).catch((error: Error) => { this.#emit('lead:over', error.name) })
  }

  async #lead (lease: Lease, writesTo: string): Promise<void> {
    const { token } = lease
    lease.check()
    this.#emit('lead:start', { token, at: wallClock() })
    let last = wallClock()
    let written = -Infinity
    try {
      for (;;) {
        await new Promise(resolve => { setTimeout(resolve, CHECK) })
        const now = wallClock()
        lease.check()
        // the time before the check: when it was asked, it held
        last = now
        if (now - written < WRITE) continue
        written = now
        this.#write(lease, writesTo)
      }
    } finally {
      this.#emit('lead:end', { token, at: last })
    }
  }

  /** What a resource refuses, or nobody answers, is no matter of the lease. */
  #write ({ token, signal }: Lease, writesTo: string): void {
    const resource = `ledger of ${this.#mesh.self.service ?? ''}`
    this.#mesh.rpc.invoke(writesTo, 'append', { resource, token }, { timeout: 2_000, signal }).catch((error: Error) => {
      if (error.name !== 'RpcError' && error.name !== 'ServiceUnavailableError' && error.name !== 'LeaseLostError') this.#emit('wrong', `append: ${error.stack ?? error.message}`)
    })
  }
}
