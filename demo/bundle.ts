/** The demo's programs as one file each: a process that loads TypeScript module by module starts five times slower. */
import { build } from 'esbuild'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'

/** Inside node_modules, so that the packages which stay outside of the bundle are found. */
const CACHE = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const REQUIRE = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'

async function bundle (entry: string, options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
    ...options
  })
  const [file] = outputFiles ?? []
  if (file == null) throw new Error(`${entry} was not bundled`)
  return file.contents
}

/** One ES module with everything the page needs. */
export async function bundlePage (): Promise<Uint8Array> {
  return bundle('page/main.ts', { platform: 'browser', conditions: ['braid-mesh-source', 'browser'], target: 'es2022', minify: true })
}

/** The file that a node's process runs, until it is disposed. */
export interface NodeProgram extends AsyncDisposable {
  readonly path: string
}

export async function bundleNode (): Promise<NodeProgram> {
  await mkdir(CACHE, { recursive: true })
  const directory = await mkdtemp(join(CACHE, 'braid-demo-'))
  const path = join(directory, 'node.mjs')
  const dispose = async (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await writeFile(path, await bundle('node.ts', {
      platform: 'node',
      conditions: ['braid-mesh-source', 'module-sync'],
      target: 'node22',
      sourcemap: 'inline',
      sourcesContent: false,
      banner: { js: REQUIRE },
      // A native addon finds its binary by its place on the disk.
      external: ['classic-level']
    }))
  } catch (error) {
    await dispose()
    throw error
  }
  return { path, [Symbol.asyncDispose]: dispose }
}
