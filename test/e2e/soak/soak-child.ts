/** Commands of a node process that takes part in the soak. */
import { told } from '../../harness/child.ts'
import { commands as electionCommands } from '../../process/election-child.ts'
import { Work } from './work.ts'
import type { Mesh } from '../../../src/index.ts'
import type { Command, Emit } from '../../harness/child.ts'

interface WithRelay {
  readonly relay?: { readonly reservations: Map<{ toString (): string }, unknown> }
}

export function commands (mesh: Mesh, emit: Emit): Record<string, Command> {
  let work: Work | undefined
  return {
    ...electionCommands(mesh, emit),
    work: async (label: string, seed: number) => {
      work = new Work(mesh, async what => {
        emit('told', what)
        await told()
      }, label, seed)
      await work.start()
    },
    stopWork: () => { work?.stop() },
    open: () => work?.open() ?? [],
    places: () => [...(mesh.libp2p.services as WithRelay).relay?.reservations.keys() ?? []].map(String)
  }
}
