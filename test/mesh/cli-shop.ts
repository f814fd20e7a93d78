/** Commands run in the test's own process, in a mesh of real nodes: a relay, and one that serves `login`. */
import { run } from '../../src/cli/run.ts'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import type { Terminal } from '../../src/cli/command.ts'
import type { Mesh } from '../../src/index.ts'

export interface Ran { code: number, out: string, err: string }

/** Nobody listens there. */
export const CLOSED = '/ip4/127.0.0.1/tcp/9'

const terminals: FakeTerminal[] = []

export class FakeTerminal implements Terminal {
  readonly stop = new AbortController()
  readonly lines: string[] = []
  readonly errors: string[] = []
  /** What stood on the line of progress, one after the other; undefined is the cleared line. */
  readonly progressed: Array<string | undefined> = []
  readonly signal = this.stop.signal
  readonly out = (line: string): void => { this.lines.push(line) }
  readonly err = (line: string): void => { this.errors.push(line) }
  readonly progress = (text?: string): void => { this.progressed.push(text) }

  constructor () {
    terminals.push(this)
  }

  async run (...argv: string[]): Promise<Ran> {
    const code = await run(argv, this, '1.2.3')
    return { code, out: this.lines.join('\n'), err: this.errors.join('\n') }
  }
}

export interface Shop {
  readonly relay: Mesh
  readonly login: Mesh
  /** Options that lead into the mesh, by TCP. */
  readonly bootstrap: readonly string[]
  /** Of the relay: where it listens for TCP. */
  readonly address: string
  /** A command, with these options, and with the time of a busy machine where it is given none. */
  cli (...words: string[]): Promise<Ran>
  /** {@link cli}, until it sees what it should: on a busy machine a command may look before it has heard of all. */
  sees (condition: (ran: Ran) => unknown, ...words: string[]): Promise<Ran>
}

/** {@link Shop.sees}, of any way to run a command. */
export async function seen <T extends { out: string, err: string }> (run: () => Promise<T>, condition: (ran: T) => unknown): Promise<T> {
  let last: T | undefined
  return until(async () => {
    last = await run()
    return await condition(last) ? last : undefined
  }, { timeout: 50_000, what: () => `${condition.toString()}: ${last?.out} ${last?.err}` })
}

/** Milliseconds of patience with what does not work, the first of which is enough unless this machine is busy. */
const PATIENCE = [3_000, 15_000]

/** What is found out by a command that waits in vain for one thing: what works gets its time, where it needs more of it. */
export async function found <T> (run: (timeout: number) => Promise<T>, claimed: (result: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const result = await run(PATIENCE[i] ?? 0)
    if (claimed(result) || i + 1 === PATIENCE.length) return result
  }
}

/** To be called in a `describe`. */
export function useShop (): Shop {
  const shop = {} as { -readonly [K in keyof Shop]: Shop[K] }

  before(async () => {
    shop.relay = await createMesh({ mesh: 'shop', relay: true, name: 'relay', listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] })
    const [address = ''] = shop.relay.libp2p.getMultiaddrs().map(String)
    const login = shop.login = await createMesh({ mesh: 'shop', service: 'login', name: 'login-1', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address] })
    login.rpc.handle('greet', ({ name, bytes }: { name: string, bytes?: unknown }, ctx) =>
      ({ text: `welcome ${name}`, token: ctx.token != null, raw: Uint8Array.of(1, 2), bytes: bytes instanceof Uint8Array }), { description: 'says hello' })
    login.rpc.handle('fail', () => { throw new Error('no') })
    login.rpc.handleStream('count', 'serverStream', function * (upTo: number) { for (let i = 0; i < upTo; i++) yield i })
    shop.address = address
    shop.bootstrap = ['--mesh', 'shop', '--bootstrap', address]
  })

  after(async () => { await Promise.all([shop.relay?.stop(), shop.login?.stop()]) })

  // What a failed test left running would keep this process alive.
  afterEach(() => { for (const { stop } of terminals.splice(0)) stop.abort() })

  shop.cli = async (...words) => new FakeTerminal().run(...words, ...words.includes('--timeout') ? [] : ['--timeout', '30000'], ...shop.bootstrap)
  shop.sees = async (condition, ...words) => seen(async () => shop.cli(...words), condition)
  return shop
}
