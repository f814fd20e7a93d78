/** Commands of a node process that takes part in an election, and links tokens. */
import * as election from './election-child.ts'
import * as links from './links-child.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command, Emit } from '../harness/child.ts'

export function commands (mesh: Mesh, emit: Emit): Record<string, Command> {
  return { ...links.commands(mesh, emit), ...election.commands(mesh, emit) }
}
