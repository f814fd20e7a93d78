/** All commands, in the order of the help. */
import { bench } from './bench.ts'
import { call, publish, subscribe } from './calls.ts'
import { doctor } from './doctor.ts'
import { joining } from './join.ts'
import { leader, methods, nodes, services } from './look.ts'
import { relay } from './relay.ts'
import { replOf } from './repl.ts'
import { channels, info, links } from './state.ts'
import { top } from './top.ts'
import type { Command } from './command.ts'
import type { MeshCommand } from './join.ts'

/** What the REPL has too. */
const MESH_COMMANDS: readonly MeshCommand[] = [nodes, services, methods, call, publish, subscribe, leader, links, channels, info, bench, top]

export const COMMANDS: readonly Command[] = [relay, doctor, ...[...MESH_COMMANDS, replOf(MESH_COMMANDS)].map(joining)]
