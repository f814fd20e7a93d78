/**
 * Node processes under test. Each runs `node-child.ts`: one mesh node that does what it is told over IPC and tells what
 * it sees. A process ends when its test ends, when this process ends, or when it is killed; what goes wrong in it is
 * remembered and fails the test.
 *
 * @example
 *
 * ```ts
 * const nodes = useProcesses()                              // in a describe: after each test all are killed and judged
 * const a = await nodes.spawn({ options: { service: 'login' } })
 * const b = await nodes.spawn({ options: { bootstrap: a.addresses } })
 * expect(await b.invoke('login', 'echo', 'hi')).to.equal('hi')
 * a.kill('SIGKILL')
 * await b.waitEvent('node:remove', ({ detail }) => detail.id === a.id)
 * ```
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CODE_CACHE, compile } from './compile.ts'
import { describeError, restoreError } from './ipc.ts'
import { forgetPid, watchPid } from './reaper.ts'
import { standstill } from './stalls.ts'
import { until } from './until.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { ChildInvokeOptions, ChildMeshOptions, Fault, NodeEvent, ToChild, ToParent } from './ipc.ts'
import type { Stall } from './stalls.ts'
import type { UntilOptions } from './until.ts'
import type { ChildProcess } from 'node:child_process'

const SCRIPT = fileURLToPath(new URL('./node-child.ts', import.meta.url))
/** Milliseconds; they decide only how long a test takes that fails: machines are busy with other tests. */
const START_TIMEOUT = 120_000
const COMMAND_TIMEOUT = 60_000
/** Milliseconds of a call whose deadline is none of what a test claims. */
const CALL_TIMEOUT = 30_000
/** Characters of stdout and stderr that are kept, each. */
const MAX_OUTPUT = 256 * 1024

export interface SpawnOptions {
  /** Name for messages. @default node-<n> */
  label?: string
  /** Path of a TypeScript file that calls `runChild`. @default node-child.ts */
  script?: string
  /** Options of its `createMesh`. `listen` defaults to one TCP port on loopback. */
  options?: ChildMeshOptions
  /** Path of a TypeScript module whose `commands(mesh, emit)` returns more commands by name; see `CommandModule`. */
  commands?: string
  env?: Readonly<Record<string, string>>
  /** More flags for node. */
  execArgv?: readonly string[]
  /** Load packages from node_modules, as an application that does not bundle: slower, and its memory is the real one. @default false */
  external?: boolean
  /** Bundle and minify, as an application that ships one small file. @default false */
  minify?: boolean
  /** Milliseconds to start. @default 120000 */
  timeout?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

type EventOf<D> = Omit<NodeEvent, 'detail'> & { readonly detail: D }

interface Waiting {
  resolve (value: unknown): void
  reject (error: Error): void
}

let counter = 0

export class NodeProcess implements AsyncDisposable {
  readonly label: string
  readonly pid: number
  /** Resolves when the process is gone; never rejects. */
  readonly exit: Promise<Exit>
  /** Everything that must never happen and did. */
  readonly faults: Fault[] = []
  /** What happened in the process, oldest first. */
  readonly events: NodeEvent[] = []
  /** Peer id. */
  id = ''
  /** Multiaddrs with the peer id. */
  addresses: readonly string[] = []
  /** `mesh.status` when its `createMesh` resolved. */
  statusAtStart = ''
  /** When that was, in {@link wallClock} time. */
  startedAt = 0
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #started = Promise.withResolvers<void>()
  #next = 0
  #expectExit = false
  #exited: Exit | undefined

  constructor (child: ChildProcess, label: string) {
    this.label = label
    this.#child = child
    this.pid = child.pid ?? -1
    // The rejection is seen by whoever waits for the start; a process that dies later has nobody there.
    this.#started.promise.catch(() => {})
    this.exit = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        this.#onExit({ code, signal })
        resolve({ code, signal })
      })
      child.once('error', error => {
        this.#onExit({ code: null, signal: null }, error)
        resolve({ code: null, signal: null })
      })
    })
    child.on('message', message => { this.#onMessage(message as ToParent) })
    child.stdout?.on('data', (chunk: Buffer) => { this.stdout = (this.stdout + chunk.toString()).slice(-MAX_OUTPUT) })
    child.stderr?.on('data', (chunk: Buffer) => { this.stderr = (this.stderr + chunk.toString()).slice(-MAX_OUTPUT) })
  }

  /** False once the process is gone. */
  get alive (): boolean {
    return this.#exited == null
  }

  #onExit (exit: Exit, cause?: Error): void {
    if (this.#exited != null) return
    this.#exited = exit
    forgetPid(this.pid)
    const error = new Error(`${this.label} (pid ${this.pid}) ended with ${exit.signal ?? `code ${exit.code}`}${this.#tail()}`, { cause })
    if (!this.#expectExit) this.faults.push({ type: 'fault', kind: 'exit', error: describeError(error) })
    this.#started.reject(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #tail (): string {
    return this.stderr === '' ? '' : `; stderr:\n${this.stderr.slice(-4_000)}`
  }

  #onMessage (message: ToParent): void {
    switch (message.type) {
      case 'started':
        this.id = message.id
        this.addresses = message.addresses
        this.statusAtStart = message.status
        this.startedAt = message.at
        this.#started.resolve()
        break
      case 'refused':
        this.#started.reject(restoreError(message.error))
        break
      case 'event':
        this.events.push(message)
        break
      case 'fault':
        this.faults.push(message)
        break
      case 'result':
        this.#settle(message.id)?.resolve(message.value)
        break
      case 'error':
        this.#settle(message.id)?.reject(restoreError(message.error))
        break
    }
  }

  #settle (id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #send (message: ToChild): void {
    this.#child.send(message, () => { /* a closed channel ends in 'exit', which rejects what waits */ })
  }

  /** @internal */
  async start (options: ChildMeshOptions, commands: string | undefined, timeout: number): Promise<void> {
    this.#send({ type: 'start', options, commands })
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.label} (pid ${this.pid}) did not start in ${timeout} ms${this.#tail()}`))
      }, timeout)
    })
    try {
      await Promise.race([this.#started.promise, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Run a command of the child; see `node-child.ts` for those it has.
   *
   * @throws what the command threw, with its name and fields; Error when there is no answer within `timeout`, or the process ends
   */
  async command <T> (name: string, args: readonly unknown[] = [], timeout: number = COMMAND_TIMEOUT): Promise<T> {
    if (this.#exited != null) throw new Error(`${this.label} (pid ${this.pid}) is gone: cannot run ${name}`)
    const id = ++this.#next
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve: value => { resolve(value as T) }, reject })
        timer = setTimeout(() => {
          reject(new Error(`${this.label} (pid ${this.pid}): no answer to ${name} in ${timeout} ms`))
        }, timeout)
        this.#send({ type: 'command', id, name, args })
      })
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** A call made by this node, with a deadline of half a minute unless the options have another one. */
  async invoke <T = unknown> (service: string, method: string, args?: unknown, { timeout = CALL_TIMEOUT, ...options }: ChildInvokeOptions = {}): Promise<T> {
    return this.command('invoke', [service, method, args, { ...options, timeout }], timeout + COMMAND_TIMEOUT)
  }

  /** The nodes this node sees, itself included. */
  async nodes (service?: string): Promise<NodeInfo[]> {
    return this.command('nodes', [service])
  }

  async services (): Promise<string[]> {
    return this.command('services')
  }

  async status (): Promise<string> {
    return this.command('status')
  }

  /** `mesh.stop()`; the process then ends by itself. Resolves when it has, to its exit. */
  async stop (): Promise<Exit> {
    this.#expectExit = true
    await this.command('stop')
    this.#child.disconnect()
    return this.ended()
  }

  /** {@link exit}, with a deadline. */
  async ended (timeout: number = COMMAND_TIMEOUT): Promise<Exit> {
    this.#expectExit = true
    return until(() => this.#exited, { timeout, what: `the end of ${this.label} (pid ${this.pid})` })
  }

  /** Busy loop: its event loop does nothing else for `ms`. Resolves when that is over. */
  async block (ms: number): Promise<void> {
    await this.command('block', [ms], ms + COMMAND_TIMEOUT)
  }

  /** Sends a signal. SIGSTOP freezes the process and SIGCONT thaws it; anything else is expected to end it. */
  kill (signal: NodeJS.Signals = 'SIGKILL'): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#expectExit = true
    if (this.#exited == null) process.kill(this.pid, signal)
  }

  eventsOf <D = NodeInfo> (event: string): Array<EventOf<D>> {
    return this.events.filter(entry => entry.event === event) as Array<EventOf<D>>
  }

  /** Resolves to the first event of that name, past or to come, that the predicate accepts. */
  async waitEvent <D = NodeInfo> (event: string, accept: (event: EventOf<D>) => boolean = () => true, options: UntilOptions = {}): Promise<EventOf<D>> {
    return until(() => this.eventsOf<D>(event).find(accept), { what: `${event} at ${this.label}`, ...options })
  }

  /** Its longest {@link standstill}; @param since - in wallClock time */
  stoodStill (since = 0): number {
    return standstill(this.eventsOf<Stall>('stall').map(({ detail }) => detail).filter(({ to }) => to >= since))
  }

  /** @throws when anything happened in the process that must not: an unhandled rejection, an uncaught exception, a leak warning, an end that nobody asked for */
  expectClean (): void {
    if (this.faults.length === 0) return
    const list = this.faults.map(({ kind, error }) => `${kind}: ${error.stack ?? error.message}`)
    throw new Error(`${this.label} (pid ${this.pid}) is not clean:\n${list.join('\n')}`)
  }

  /** Kills the process, whatever state it is in, and waits until it is gone. */
  async [Symbol.asyncDispose] (): Promise<void> {
    this.kill('SIGKILL')
    await this.exit
  }
}

/** Start a process and, in it, a mesh node. Resolves when its `createMesh` has; rejects with what it threw. */
export async function spawnNode (init: SpawnOptions = {}): Promise<NodeProcess> {
  const label = init.label ?? `node-${++counter}`
  const how = { external: init.external ?? false, minify: init.minify ?? false }
  const [script, commands] = await Promise.all([
    compile(init.script ?? SCRIPT, how),
    init.commands == null ? undefined : compile(init.commands, how)
  ])
  const child = fork(script, [], {
    execPath: process.execPath,
    // Not this process's own flags: a loader would cost each child a second and 30 MB.
    execArgv: [...init.execArgv ?? []],
    // whose memory is measured gets nothing but what is its own
    env: { ...how.external || how.minify ? {} : CODE_CACHE, ...process.env, ...init.env },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const node = new NodeProcess(child, label)
  if (child.pid != null) watchPid(child.pid)
  try {
    const options = { listen: ['/ip4/127.0.0.1/tcp/0'], ...init.options }
    await node.start(options, commands, init.timeout ?? START_TIMEOUT)
    return node
  } catch (error) {
    await node[Symbol.asyncDispose]()
    throw error
  }
}
