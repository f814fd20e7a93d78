/** `npm run demo:build [folder]`: the demo page as files for any server, and what they weigh. */
import { build } from 'esbuild'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { bundlePage } from './bundle.ts'
import { withPolicy } from './policy.ts'
import type { Metafile } from 'esbuild'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

function kB (bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`
}

function gzip (bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length
}

/** Minified bytes by where they come from. */
function shares ({ outputs }: Metafile): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name = ''] = /(?:.*node_modules\/((?:@[^/]+\/)?[^/]+))/.exec(path) ?? []
      const kind = path.startsWith('src/') ? 'braid-mesh' : path.startsWith('demo/') ? 'this page' : /preact|d3-|uqr|valibot/.test(name) ? 'preact, signals, d3-force, uqr, valibot' : 'libp2p and what it needs'
      sums.set(kind, (sums.get(kind) ?? 0) + bytesInOutput)
    }
  }
  return sums
}

/** What `createMesh` adds to its dependencies: they are left out. */
async function ownShare (): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: "export { createMesh } from './src/index.ts'", resolveDir: ROOT },
    bundle: true, format: 'esm', platform: 'browser', conditions: ['braid-mesh-source', 'browser'], target: 'es2022',
    minify: true, splitting: true, outdir: 'out', write: false, packages: 'external'
  })
  return outputFiles.reduce((sum, { contents }) => sum + gzip(contents), 0)
}

const folder = resolve(process.argv[2] ?? join(ROOT, 'demo/dist'))
const { files, metafile } = await bundlePage()
await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
let total = 0
for (const [name, bytes] of files) {
  const body = name === 'index.html' ? Buffer.from(withPolicy(Buffer.from(bytes).toString())) : bytes
  await writeFile(join(folder, name), body)
  total += gzip(body)
  console.log(`${kB(body.length)} ${kB(gzip(body))} gzip  ${name}`)
}
console.log(`\n${kB(total)} gzip in all, of which are, minified:`)
for (const [kind, bytes] of shares(metafile)) console.log(`${kB(bytes)}  ${kind}`)
console.log(`\n${kB(await ownShare())} gzip: createMesh with all that it may load, without its dependencies`)
console.log(`\n${folder}: open index.html#mesh=NAME&relay=ADDRESS on any server of files`)
