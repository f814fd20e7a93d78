/** The page that bench/browser.ts measures: joins as soon as its script runs, and calls. */
import { createMesh } from '../../src/index.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

export interface PageBench {
  /** Milliseconds since the navigation began. */
  readonly marks: Record<'script' | 'joined' | 'answered' | 'reachable', number>
  readonly mesh: Mesh
  /** Milliseconds of `count` calls, one after the other, to the method `echo`. */
  calls (service: string, count: number, bytes: number): Promise<number[]>
}

async function poll (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

async function run (options: MeshOptions): Promise<PageBench> {
  const script = performance.now()
  const mesh = await createMesh(options)
  const joined = performance.now()
  mesh.rpc.handle('echo', (body: unknown) => body)
  await mesh.rpc.invoke('login', 'echo', 'hello')
  const answered = performance.now()
  await poll(() => mesh.self.addresses.length > 0)
  return {
    marks: { script, joined, answered, reachable: performance.now() },
    mesh,
    async calls (service, count, bytes) {
      const body = new Uint8Array(bytes)
      const times: number[] = []
      for (let i = 0; i < count; i++) {
        const start = performance.now()
        await mesh.rpc.invoke(service, 'echo', body)
        times.push(performance.now() - start)
      }
      return times
    }
  }
}

const global = globalThis as unknown as { options: MeshOptions, bench: Promise<PageBench> }
global.bench = run(global.options)
