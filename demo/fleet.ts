/** The processes of the demo: started, listened to, and ended together, so that none is left behind. */
import { fork } from 'node:child_process'
import type { Message, Role } from './messages.ts'
import type { ChildProcess } from 'node:child_process'

/** Milliseconds that a node has to leave the mesh before it is killed. */
const STOP_TIMEOUT = 8_000

/** A node that is up. */
export interface Member {
  readonly name: string
  readonly pid: number
  readonly id: string
  readonly addresses: readonly string[]
}

export interface FleetStart {
  /** Path of the program that the process runs. */
  program: string
  role: Role
  name: string
  /** Addresses of nodes of the mesh. */
  bootstrap?: readonly string[]
}

export class Fleet {
  readonly #say: (text: string) => void
  readonly #children = new Map<string, ChildProcess>()
  readonly #toured = Promise.withResolvers<void>()
  #stopping: Promise<void> | undefined

  /** `say` gets lines for the person at the terminal. */
  constructor (say: (text: string) => void) {
    this.#say = say
  }

  /** Have the gate call everything once; resolves when it has, or is gone. */
  async tour (): Promise<void> {
    this.#children.get('gate')?.send('tour', () => { /* a gate that is gone resolves it too */ })
    await this.#toured.promise
  }

  /**
   * Starts a process; resolves when its node is up.
   *
   * @throws Error - it ended before that
   */
  async start ({ program, role, name, bootstrap = [] }: FleetStart): Promise<Member> {
    if (this.#stopping != null) throw new Error(`${name} was not started: the demo stops`)
    const child = fork(program, [role, name, ...bootstrap], { execArgv: ['--enable-source-maps'] })
    const pid = child.pid ?? 0
    this.#children.set(name, child)
    return new Promise((resolve, reject) => {
      let up = false
      const gone = (how: string): void => {
        this.#children.delete(name)
        if (role === 'gate') this.#toured.resolve()
        if (!up) reject(new Error(`${name} (process ${pid}) did not start: ${how}`))
        else if (this.#stopping == null) this.#say(`${name} (process ${pid}) ${how}; the mesh goes on without it`)
      }
      child.once('exit', (code, signal) => { gone(signal == null ? `ended with code ${code}` : `was killed by ${signal}`) })
      child.once('error', error => { gone(error.message) })
      child.on('message', message => {
        const { type, ...rest } = message as Message & { id: string, addresses: string[], text: string }
        if (type === 'toured') this.#toured.resolve()
        else if (type === 'say') this.#say(rest.text)
        else {
          up = true
          resolve({ name, pid, id: rest.id, addresses: rest.addresses })
        }
      })
    })
  }

  /** Each node says goodbye and its process ends; one that does not within 8 s is killed. */
  async stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  async #stop (): Promise<void> {
    const children = [...this.#children.values()]
    const patience = setTimeout(() => { this.kill() }, STOP_TIMEOUT)
    await Promise.all(children.map(async child => new Promise<void>(resolve => {
      if (child.exitCode != null || child.signalCode != null || child.pid == null) {
        resolve()
        return
      }
      child.once('exit', () => { resolve() })
      if (child.connected) child.disconnect()
    })))
    clearTimeout(patience)
  }

  /** At once, without a goodbye. */
  kill (): void {
    for (const child of this.#children.values()) child.kill('SIGKILL')
  }
}
