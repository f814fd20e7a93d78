/** The child's end of `processes.ts`: starts what it is told to, runs commands, and reports all that must not happen. */
import { describeError, wallClock } from './ipc.ts'
import type { ChildMeshOptions, Fault, ToChild, ToParent } from './ipc.ts'
import type { Stall } from './stalls.ts'

/** A command of the child, run with the arguments the parent gave. */
export type Command = (...args: any[]) => unknown

/** Sends an event to the parent, with the time. */
export type Emit = (event: string, detail: unknown) => void

/** What a child script started. */
export interface Started {
  readonly id: string
  readonly addresses: string[]
  readonly status: string
  readonly commands: Record<string, Command>
}

/** Milliseconds between two looks at the clock, and what one may be late before it is told. */
const TICK = 100
const LATE = 50

/** The command that ends a child: afterwards it must exit by itself when its channel closes. */
const STOP = 'stop'

let last: Promise<void> = Promise.resolve()

function send (message: ToParent): void {
  // The parent may be gone already; 'disconnect' then ends this process.
  if (process.connected) last = new Promise(resolve => { process.send?.(message, () => { resolve() }) })
}

/** Resolves when all that was told so far is with the parent, even if this process is killed now. */
export async function told (): Promise<void> {
  await last
}

function fault (kind: Fault['kind'], error: unknown): void {
  send({ type: 'fault', kind, error: describeError(error) })
}

const emit: Emit = (event, detail) => { send({ type: 'event', event, detail, at: wallClock() }) }

function tellStalls (last = wallClock()): void {
  setTimeout(() => {
    const now = wallClock()
    // in wallClock time
    if (now - last > TICK + LATE) emit('stall', { from: last + TICK, to: now } satisfies Stall)
    tellStalls(now)
  }, TICK).unref()
}

/** Call once, at the top of a child script. `start` gets the options that the parent gave to `spawnNode`. */
export function runChild (start: (options: ChildMeshOptions, emit: Emit, commands: string | undefined) => Promise<Started>): void {
  let commands: Record<string, Command> = {}
  let stopping = false

  async function onStart (message: Extract<ToChild, { type: 'start' }>): Promise<void> {
    try {
      const started = await start(message.options, emit, message.commands)
      commands = started.commands
      tellStalls()
      send({ type: 'started', id: started.id, addresses: started.addresses, status: started.status, at: wallClock() })
    } catch (error) {
      send({ type: 'refused', error: describeError(error) })
    }
  }

  async function onCommand ({ id, name, args }: Extract<ToChild, { type: 'command' }>): Promise<void> {
    if (name === STOP) stopping = true
    try {
      const command = commands[name]
      if (command == null) throw new Error(`no command '${name}'; there are: ${Object.keys(commands).join(', ')}`)
      send({ type: 'result', id, value: await command(...args) })
    } catch (error) {
      send({ type: 'error', id, error: describeError(error) })
    }
  }

  process.on('unhandledRejection', error => { fault('unhandledRejection', error) })
  process.on('uncaughtException', error => { fault('uncaughtException', error) })
  process.on('warning', warning => {
    // Anything else (an experimental feature of node) is no leak.
    if (warning.name === 'MaxListenersExceededWarning') fault('warning', warning)
  })
  // After stop the parent closes the channel and the process must end by itself; before, the parent is gone.
  process.on('disconnect', () => { if (!stopping) process.exit(1) })
  // A terminal sends Ctrl-C to the whole group; the parent decides.
  process.on('SIGINT', () => {})
  process.on('message', (message: ToChild) => {
    if (message.type === 'start') void onStart(message)
    else void onCommand(message)
  })
}
