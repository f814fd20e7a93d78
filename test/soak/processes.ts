/** Each node a process of its own, on the loopback. */
import { fileURLToPath } from 'node:url'
import { compile } from '../harness/compile.ts'
import { spawnNode } from '../harness/processes.ts'
import { SEATS } from './cast.ts'
import { Network } from './network.ts'
import { isSlow } from './slow-time.ts'
import type { Faults } from '../harness/fault-proxy.ts'
import type { Seat } from './cast.ts'
import type { Ground, Member } from './soak-mesh.ts'

const COMMANDS = fileURLToPath(new URL('./soak-child.ts', import.meta.url))
const SLOW = fileURLToPath(new URL('./slow-time.ts', import.meta.url))

export class ProcessGround implements Ground {
  readonly #network = new Network()

  async open (count: number): Promise<void> {
    await this.#network.open(count)
  }

  async start (index: number, { label, service, ws, options }: Seat, storage: string | undefined): Promise<Member> {
    return spawnNode({
      label,
      commands: COMMANDS,
      timeout: 60_000,
      ...isSlow ? { execArgv: ['--import', await compile(SLOW)] } : {},
      env: { SOAK_FROM: this.#network.address(index), SOAK_LABEL: label },
      options: {
        mesh: 'soak',
        name: label,
        listen: [`/ip4/127.0.0.1/tcp/${this.#network.port(index)}${ws === true ? '/ws' : ''}`],
        announce: [this.#address(index)],
        bootstrap: [0, 1, 4, 7].filter(other => other !== index).map(other => this.#address(other)),
        ...service === undefined ? {} : { service },
        ...storage === undefined ? {} : { storage },
        ...options
      }
    })
  }

  impair (from: number, to: number, faults: Faults): () => void {
    return this.#network.impair(from, to, faults)
  }

  reset (index: number): void {
    this.#network.reset(index)
  }

  async close (): Promise<void> {
    await this.#network.close()
  }

  #address (index: number): string {
    return `/ip4/127.0.0.1/tcp/${this.#network.proxied(index)}${SEATS[index]?.ws === true ? '/ws' : ''}`
  }
}
