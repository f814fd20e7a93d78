/** What this tab serves. */
import { signal } from '@preact/signals'
import { tab } from '../../contracts.ts'
import { onceAFrame } from '../lib/once-a-frame.ts'
import { log } from './log.ts'
import type { Mesh } from '../../../src/index.ts'

/** Calls that this tab has answered. */
export const servedCalls = signal(0)
const EVERY = 200

let served = 0
const draw = onceAFrame(() => { servedCalls.value = served })

export function serve (mesh: Mesh): void {
  mesh.rpc.serve(tab, {
    hello: ({ from }, { caller }) => {
      served++
      draw()
      log('rpc', `${caller.name} called hello${from == null ? '' : ` from ${from}`}`)
      return { text: `hello ${caller.name}, I am a browser tab`, node: mesh.self.name, calls: served }
    },
    count: async function * ({ to }, { caller, signal }) {
      served++
      draw()
      log('rpc', `${caller.name} called count`)
      for (let number = 1; number <= to && !signal.aborted; number++) {
        yield { number, node: mesh.self.name }
        await new Promise(resolve => setTimeout(resolve, EVERY))
      }
    }
  })
}
