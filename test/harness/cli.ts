/** The command line in processes of its own, compiled once. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open as openFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { CODE_CACHE, compile } from './compile.ts'
import { forgetPid, watchPid } from './reaper.ts'
import { until } from './until.ts'
import type { ChildProcess } from 'node:child_process'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended { code: number | null, out: string, err: string }

/** Path of the command as one file. */
export async function compiledCli (): Promise<string> {
  return compile(MAIN)
}

export class CliProcess {
  readonly child: ChildProcess
  out = ''
  err = ''
  readonly ended: Promise<Ended>

  constructor (child: ChildProcess) {
    this.child = child
    child.stdout?.on('data', chunk => { this.out += String(chunk) })
    child.stderr?.on('data', chunk => { this.err += String(chunk) })
    this.ended = once(child, 'close').then(([code]) => {
      if (child.pid != null) forgetPid(child.pid)
      return { code: code as number | null, out: this.out, err: this.err }
    })
  }

  /** Resolves when that stands on stdout or stderr, to the match. */
  async sees (pattern: RegExp, where: 'out' | 'err' = 'out'): Promise<RegExpExecArray> {
    return until(() => pattern.exec(this[where]), {
      what: () => `${String(pattern)} on std${where} of ${this.child.spawnargs.slice(1).join(' ')}; out: ${this.out}; err: ${this.err}`
    })
  }

  type (text: string): void {
    this.child.stdin?.write(text)
  }

  kill (signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }
}

/** As a line of a shell. */
async function commandOf (words: readonly string[]): Promise<string> {
  return [process.execPath, await compiledCli(), ...words].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

async function isMissing (program: string): Promise<boolean> {
  const found = spawn(program, ['--version'], { stdio: 'ignore' })
  return new Promise<boolean>(resolve => {
    found.once('error', () => { resolve(true) })
    found.once('close', code => { resolve(code !== 0) })
  })
}

/** The command line of one test suite: call {@link kill} after each test. */
export class Cli {
  readonly #running = new Set<CliProcess>()

  async start (...words: string[]): Promise<CliProcess> {
    return this.#spawn(process.execPath, [await compiledCli(), ...words])
  }

  /** On a machine whose clock is so many milliseconds ahead. */
  async runAhead (span: number, ...words: string[]): Promise<Ended> {
    const shift = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${span}`
    return this.#spawn(process.execPath, ['--import', shift, await compiledCli(), ...words]).ended
  }

  /** On a machine that trusts the authorities in a file, too. */
  async runTrusting (file: string, ...words: string[]): Promise<Ended> {
    return this.#spawn(process.execPath, [await compiledCli(), ...words], 'pipe', { NODE_EXTRA_CA_CERTS: file }).ended
  }

  /** What it prints goes into a file. */
  async startInto (file: string, ...words: string[]): Promise<CliProcess> {
    const open = await openFile(file, 'w')
    try {
      return this.#spawn(process.execPath, [await compiledCli(), ...words], open.fd)
    } finally {
      await open.close()
    }
  }

  /** Under a terminal, of 100 columns and 30 rows; undefined when this machine has no `script` to make one. */
  async startInTerminal (...words: string[]): Promise<CliProcess | undefined> {
    return await isMissing('script') ? undefined : this.#spawn('script', ['-qefc', `stty cols 100 rows 30; exec ${await commandOf(words)}`, '/dev/null'])
  }

  /**
   * Under a terminal and GNU's `nohup`; what it prints goes into a file. Undefined when this machine lacks either.
   *
   * @returns its own pid, and the process of its terminal
   */
  async startUnderNohup (file: string, ...words: string[]): Promise<{ pid: number, ended: Promise<Ended> } | undefined> {
    if (await isMissing('script') || await isMissing('nohup')) return undefined
    const terminal = this.#spawn('script', ['-qefc', `echo pid $$; exec nohup ${await commandOf(words)} >'${file}' 2>&1`, '/dev/null'])
    const pid = Number((await terminal.sees(/pid (\d+)/))[1])
    watchPid(pid)
    void terminal.ended.then(() => { forgetPid(pid) })
    return { pid, ended: terminal.ended }
  }

  async run (...words: string[]): Promise<Ended> {
    return (await this.start(...words)).ended
  }

  /** What a failed test left running would keep this process alive. */
  kill (): void {
    for (const { child } of this.#running) child.kill('SIGKILL')
  }

  #spawn (file: string, args: string[], stdout: 'pipe' | number = 'pipe', env: Record<string, string> = {}): CliProcess {
    const running = new CliProcess(spawn(file, args, { stdio: ['pipe', stdout, 'pipe'], env: { ...CODE_CACHE, ...process.env, BRAID_MESH: '', BRAID_BOOTSTRAP: '', TERM: 'xterm', ...env } }))
    this.#running.add(running)
    if (running.child.pid != null) watchPid(running.child.pid)
    void running.ended.then(() => { this.#running.delete(running) })
    return running
  }
}
