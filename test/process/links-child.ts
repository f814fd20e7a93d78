/** Commands of a node process that knows its links; `measure:…` are for the bench. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Mesh } from '../../src/index.ts'
import type { Command, Emit } from '../harness/child.ts'

export interface Measured { ms: number, p50: number, p99: number }

/** Runs a task for each of `count` numbers, so many at a time. */
async function each (count: number, inflight: number, task: (n: number) => Promise<unknown>): Promise<Measured> {
  const times: number[] = []
  const began = performance.now()
  let next = 0
  await Promise.all(Array.from({ length: inflight }, async () => {
    while (next < count) {
      const n = next++
      const at = performance.now()
      await task(n)
      times.push(performance.now() - at)
    }
  }))
  const ms = performance.now() - began
  times.sort((a, b) => a - b)
  return { ms, p50: times[Math.floor(times.length * 0.5)] ?? Number.NaN, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN }
}

export function commands (mesh: Mesh, emit: Emit): Record<string, Command> {
  const { links, rpc, discovery } = mesh
  for (const type of ['link:add', 'link:move', 'link:remove'] as const) links.addEventListener(type, ({ detail }) => { emit(type, detail) })
  const tokenOf = (prefix: string, n: number): string => `${prefix}-${n}`
  return {
    where: async (service: string, token: string, timeout = 50_000) => (await rpc.invoke(service, 'who', undefined, { token, timeout }) as { id: string }).id,
    target: async (token: string, service: string) => (await links.target(token, service))?.id,
    link: async (token: string, node: string, replace = false) => (await links.link(token, node, { replace })).id,
    unlink: async (token: string, service?: string) => links.unlink(token, service),
    down: async (node: string) => links.down(node),
    count: async (service: string) => links.count(service),
    links: () => links.status(),
    leads: () => links.status().authority !== undefined,
    /** Of the group whose leader keeps the links. */
    epoch: () => mesh.election.leader?.token.epoch,
    incarnation: () => mesh.self.incarnation,
    /** Links to all nodes of the service, or to one. */
    'measure:link': async (service: string, prefix: string, count: number, inflight: number, to?: string) => {
      const nodes = discovery.nodes(service).filter(({ id }) => to === undefined || id === to)
      const link = async (n: number): Promise<unknown> => links.link(tokenOf(prefix, n), nodes[n % nodes.length]?.id ?? '')
      // a leader that was too busy to lead on is made up for, and the time is in the figure
      return each(count, inflight, async n => link(n).catch(async () => link(n)).catch(async () => link(n)))
    },
    'measure:target': async (service: string, prefix: string, count: number, inflight: number) => each(count, inflight, async n => links.target(tokenOf(prefix, n), service)),
    /** Each to a node that it is not linked to. */
    'measure:move': async (service: string, prefix: string, count: number, inflight: number) => each(count, inflight, async n => {
      const home = (await links.target(tokenOf(prefix, n), service))?.id
      const other = discovery.nodes(service).find(({ id }) => id !== home)
      if (other !== undefined) await links.link(tokenOf(prefix, n), other, { replace: true })
    }),
    /** The most nodes that one call was sent to. */
    'measure:hops': async (service: string, prefix: string, count: number) => {
      let most = 0
      for (let n = 0; n < count; n++) {
        let hops = 0
        await rpc.invoke(service, 'echo', undefined, { token: tokenOf(prefix, n), onNode: () => { hops++ } })
        most = Math.max(most, hops)
      }
      return most
    },
    'measure:call': async (service: string, prefix: string | undefined, ms: number, inflight: number) => {
      const body = new Uint8Array(128)
      const end = performance.now() + ms
      let calls = 0
      await Promise.all(Array.from({ length: inflight }, async (_, i) => {
        const options = prefix === undefined ? {} : { token: tokenOf(prefix, i) }
        while (performance.now() < end) {
          await rpc.invoke(service, 'echo', body, options)
          calls++
        }
      }))
      return calls / ms * 1_000
    },
    'measure:heap': async () => {
      setFlagsFromString('--expose-gc')
      const gc = runInNewContext('gc') as () => void
      for (let i = 0; i < 3; i++) {
        gc()
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
  }
}
