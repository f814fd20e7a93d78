/** What a node has that was made without a monitor, or could not load it. */
import { TypedEventEmitter } from 'main-event'
import { InvalidOptionsError } from '../errors.ts'
import type { Health, MonitorComponents, MonitorEvents, RunningMonitor } from './index.ts'

class NoMonitor extends TypedEventEmitter<MonitorEvents> implements RunningMonitor {
  readonly #status: MonitorComponents['status']

  constructor ({ status }: MonitorComponents) {
    super()
    this.#status = status
  }

  get health (): Health {
    const status = this.#status()
    // who drains has its path still
    return { level: status === 'joined' || status === 'draining' ? 'joined' : 'isolated', reasons: ['nobody watches this node: its monitor is off'] }
  }

  snapshot (): never {
    throw off()
  }

  prometheus (): never {
    throw off()
  }

  start (): void {}

  stop (): void {}

  refresh (): void {}
}

function off (): InvalidOptionsError {
  return new InvalidOptionsError('the monitor of this node is off: leave `monitor: false` out of the options of createMesh')
}

export function noMonitor (components: MonitorComponents): RunningMonitor {
  return new NoMonitor(components)
}
