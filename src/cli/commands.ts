/** All commands, in the order of the help. */
import { call, publish, subscribe } from './calls.ts'
import { joining } from './join.ts'
import { leader, methods, nodes, services } from './look.ts'
import { relay } from './relay.ts'
import type { Command } from './command.ts'
import type { MeshCommand } from './join.ts'

/** What the REPL has too. */
export const MESH_COMMANDS: readonly MeshCommand[] = [nodes, services, methods, leader, call, publish, subscribe]

export const COMMANDS: readonly Command[] = [relay, ...MESH_COMMANDS.map(joining)]
