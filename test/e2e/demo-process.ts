/** `npm start`'s program as a child process, and the processes that it starts. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { forgetPid, watchPid } from '../harness/reaper.ts'
import { until } from '../harness/until.ts'
import type { ChildProcess } from 'node:child_process'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SCRIPT = 'demo/start.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export class DemoProcess implements AsyncDisposable {
  /** What it printed. */
  output = ''
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  #exited: Exit | undefined

  /** `npm`: by `npm start`, with a shell in between. */
  constructor (args: readonly string[] = [], how: 'node' | 'npm' = 'node') {
    const [command, ...words] = how === 'npm' ? ['npm', 'start', '--silent', '--'] : [process.execPath, '--import', 'tsx', SCRIPT]
    const child = spawn(command ?? '', [...words, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const pid = child.pid ?? 0
    watchPid(pid)
    this.#child = child
    const keep = (chunk: Buffer): void => { this.output += chunk.toString() }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.exit = new Promise(resolve => {
      child.once('close', (code, signal) => {
        forgetPid(pid)
        this.#exited = { code, signal }
        resolve(this.#exited)
      })
    })
  }

  /** Process ids of the nodes that it printed, by name. */
  get pids (): Map<string, number> {
    return new Map(Array.from(this.output.matchAll(/^ {2}(\S+) +process (\d+)/gm), ([, name = '', pid]) => [name, Number(pid)]))
  }

  /** Resolves to the page's URL, when all is up and the gate has called. */
  async ready (): Promise<string> {
    return until(() => {
      if (this.#exited != null) throw new Error(`it ended with ${JSON.stringify(this.#exited)}`)
      return /^ {2}(http:\S+)$/m.exec(this.output)?.[1]
    }, { timeout: 240_000, interval: 50, what: () => `the URL of the demo; it printed:\n${this.output}` })
  }

  async prints (pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.output), { what: () => `${String(pattern)} in:\n${this.output}` })
  }

  kill (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** However it is: none of its processes is left. */
  async [Symbol.asyncDispose] (): Promise<void> {
    this.kill('SIGKILL')
    await this.exit
    for (const pid of this.pids.values()) await until(() => !isAlive(pid), { what: `the end of process ${pid}` })
  }
}

export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
