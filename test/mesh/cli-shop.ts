/** Commands run in the test's own process, in a mesh of real nodes: a relay, and one that serves `login`. */
import { run } from '../../src/cli/run.ts'
import { createMesh } from '../../src/index.ts'
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
  /** A command, with these options. */
  cli (...words: string[]): Promise<Ran>
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

  shop.cli = async (...words) => new FakeTerminal().run(...words, ...shop.bootstrap)
  return shop
}
