/**
 * Child scripts as one JavaScript file each. A process that loads TypeScript through tsx and hundreds of modules from
 * node_modules needs 1.5 s of CPU to start, a bundle 0.27 s, one without white space that V8 has compiled before 0.17 s:
 * with ten processes per test that is most of its time.
 */
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Inside node_modules, so that packages which stay outside of the bundle are found. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/braid-mesh/', import.meta.url))

/**
 * Environment of a process that runs a compiled script: where Node keeps what V8 has made of it, for the next one. Not for
 * coverage, which is less precise then.
 */
export const CODE_CACHE: Readonly<Record<string, string>> = process.env['NODE_V8_COVERAGE'] == null ? { NODE_COMPILE_CACHE: `${CACHE}code` } : {}

export interface CompileOptions {
  /** Load packages from node_modules, as an application that does not bundle. @default false */
  external?: boolean
  /** As an application that ships one small file. @default false */
  minify?: boolean
}

const compiled = new Map<string, Promise<string>>()

/** Path of the compiled script. Compiled once per process, whatever the number of children. */
export async function compile (script: string, { external = false, minify = false }: CompileOptions = {}): Promise<string> {
  const key = `${external}:${minify}:${script}`
  let path = compiled.get(key)
  if (path == null) {
    path = compileOnce(script, key, external, minify)
    compiled.set(key, path)
  }
  return path
}

async function compileOnce (script: string, key: string, external: boolean, minify: boolean): Promise<string> {
  const result = await build({
    entryPoints: [script],
    absWorkingDir: ROOT,
    bundle: true,
    // names stay, and lines, for who reads a stack trace
    ...minify ? { minify } : { minifyWhitespace: !external, minifySyntax: !external, lineLimit: 160 },
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    conditions: ['braid-mesh-source', 'module-sync'],
    // Only for coverage: a process that loads them for its stack traces is 80 MB larger.
    sourcemap: process.env['NODE_V8_COVERAGE'] == null ? false : 'inline',
    sourcesContent: false,
    // Native addons find their binaries by their place on the disk.
    ...external ? { packages: 'external' as const } : { external: ['classic-level'] },
    banner: external ? {} : { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
    logLevel: 'error'
  })
  const code = result.outputFiles[0]?.contents ?? new Uint8Array()
  const id = createHash('sha256').update(key).digest('hex').slice(0, 12)
  const path = `${CACHE}${basename(script).replace(/\.\w+$/, '')}-${id}.mjs`
  await mkdir(CACHE, { recursive: true })
  // Another test run may load or write the same file now.
  const draft = `${path}.${process.pid}`
  await writeFile(draft, code)
  await rename(draft, path)
  return path
}
