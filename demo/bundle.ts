/** The demo's programs as few files: a process that loads TypeScript module by module starts five times slower. */
import { build } from 'esbuild'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CODE, codeFile } from './page/lib/code.ts'
import type { BuildOptions, Metafile } from 'esbuild'

/** Inside node_modules, so that the packages which stay outside of the bundle are found. */
const CACHE = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const PAGE = new URL('./page/', import.meta.url)
const REQUIRE = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'

const COMMON = { absWorkingDir: ROOT, bundle: true, format: 'esm', logLevel: 'error', outdir: 'out' } as const satisfies BuildOptions

/** Files of the page by their name, which any server of files may serve from any folder. */
export interface PageFiles {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly metafile: Metafile
}

export async function bundlePage (): Promise<PageFiles> {
  const still = ['index.html', 'style.css', 'icon.svg'].map(async name => [name, await readFile(new URL(name, PAGE))] as const)
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints: [fileURLToPath(new URL('main.tsx', PAGE))],
    platform: 'browser',
    conditions: ['braid-mesh-source', 'browser'],
    target: 'es2022',
    minify: true,
    // What is only used later, such as all of the topics, is only loaded later.
    splitting: true,
    write: false,
    metafile: true
  })
  const code = Object.values(CODE).flat().map(async path => [codeFile(path), await readFile(join(ROOT, path))] as const)
  return { files: new Map([...await Promise.all([...still, ...code]), ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const)]), metafile }
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
    const { outputFiles: [file] } = await build({
      ...COMMON,
      entryPoints: [fileURLToPath(new URL('node.ts', import.meta.url))],
      platform: 'node',
      conditions: ['braid-mesh-source', 'module-sync'],
      target: 'node22',
      sourcemap: 'inline',
      sourcesContent: false,
      banner: { js: REQUIRE },
      // A native addon finds its binary by its place on the disk.
      external: ['classic-level'],
      write: false
    })
    if (file == null) throw new Error('the node was not bundled')
    await writeFile(path, file.contents)
  } catch (error) {
    await dispose()
    throw error
  }
  return { path, [Symbol.asyncDispose]: dispose }
}
