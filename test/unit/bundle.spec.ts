/** What a bundler makes of the library for browsers. */
import { expect } from 'chai'
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { BuildOptions, Metafile } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Entry points of the package that are for browsers too. */
function entries (): string[] {
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { exports: Record<string, string | { import: string }> }
  return Object.values(exports).flatMap(target => typeof target === 'string' ? [] : [target.import.replace('./dist/', 'src/').replace(/\.js$/, '.ts')])
}

const OPTIONS = {
  absWorkingDir: ROOT,
  outdir: 'bundle',
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  conditions: ['braid-mesh-source', 'browser'],
  target: 'es2022',
  // An import that a browser lacks is looked for in what comes out, not tripped over.
  packages: 'bundle',
  external: builtinModules.flatMap(name => [name, `node:${name}`]),
  logLevel: 'silent'
} as const satisfies BuildOptions

async function bundle (entryPoints: string[], splitting = false): Promise<{ metafile: Metafile, size: number }> {
  const { metafile, outputFiles } = await build({ ...OPTIONS, entryPoints, splitting })
  return { metafile, size: outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0) }
}

describe('the bundle for browsers', () => {
  it('reaches no module of Node, from any entry point', async () => {
    expect(entries()).to.include('src/index.ts').and.to.have.length.above(5)
    const { metafile } = await bundle(entries())
    const reached = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
      imports.filter(({ external }) => external === true).map(({ path }) => `${file} imports ${path}`))
    expect(reached).to.deep.equal([])
    const files = Object.keys(metafile.inputs)
    expect(files).to.include('src/storage/browser.ts').and.to.include('src/transport/browser.ts')
    expect(files.filter(file => /^src\/(storage\/node|transport\/node\.ts|cli\/)/.test(file) || /node_modules\/(@libp2p\/(tcp|tls)|classic-level)\//.test(file))).to.deep.equal([])
  })

  it('has the code of durable storages, of links, of what serves calls and of the monitor in parts of their own, which are not loaded with a page\'s first code', async () => {
    const { metafile: { outputs } } = await bundle(['src/index.ts'], true)
    const [first = ''] = Object.keys(outputs).filter(path => outputs[path]?.entryPoint === 'src/index.ts')
    expect(outputs[first]?.imports.some(({ kind }) => kind === 'dynamic-import')).to.equal(true)
    const loaded = new Set([first])
    for (const path of loaded) {
      for (const part of outputs[path]?.imports ?? []) {
        if (part.kind === 'import-statement') loaded.add(part.path)
      }
    }
    const files = (isLoaded: boolean): string[] =>
      Object.entries(outputs).filter(([path]) => loaded.has(path) === isLoaded).flatMap(([, { inputs }]) => Object.keys(inputs))
    const late = ['src/storage/browser.ts', 'src/storage/log.ts', 'src/storage/stable.ts', 'src/links/room.ts', 'src/links/owner.ts', 'src/rpc/serving.ts', 'src/rpc/server.ts', 'src/rpc/flows.ts', 'src/rpc/inflow.ts', 'src/rpc/outflow.ts', 'src/election/fence.ts', 'src/records/records.ts', 'src/records/rules.ts', 'src/monitor/room.ts', 'src/monitor/metrics.ts', 'src/monitor/resources/browser.ts']
    expect(files(false)).to.include.members(late)
    expect(files(true).filter(file => late.includes(file))).to.deep.equal([])
  })

  it('has nothing of direct paths, first or later: @libp2p/webrtc is for who has installed it', async () => {
    const direct = ({ metafile }: { metafile: Metafile }): string[] => Object.keys(metafile.inputs).filter(file => /^src\/webrtc\/|node_modules\/@libp2p\/webrtc\//.test(file))
    expect(direct(await bundle(['src/webrtc/index.ts']))).to.include('src/webrtc/index.ts').and.to.have.length.above(20)
    const rest = entries().filter(file => file !== 'src/webrtc/index.ts')
    expect(rest).to.have.length(entries().length - 1)
    expect(direct(await bundle(rest, true))).to.deep.equal([])
  })

  it('is as large as README says, room by room', async function () {
    this.timeout(300_000)
    const rows = Array.from(readFileSync(`${ROOT}README.md`, 'utf8').matchAll(/^\|.*`braid-mesh((?:\/\w+)?)`: `\w+\(\)` \| (\d*) ?\|$/gm), ([, path = '', size = '']) => ({ file: `src${path}/index.ts`, told: Number(size) }))
    const sized = rows.filter(({ told }) => told > 0)
    expect(sized).to.have.length(entries().length - 1)
    const wrong: string[] = []
    for (const { file, told } of sized) {
      const { outputFiles } = await build({ ...OPTIONS, entryPoints: [file], packages: 'external', metafile: false })
      const kB = gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1_000
      if (Math.abs(kB - told) > Math.max(0.6, told / 25)) wrong.push(`${file} is ${kB.toFixed(1)} kB, not ${told}`)
    }
    expect(wrong).to.deep.equal([])
  })

  it('that reaches a module of Node is found out', async () => {
    const { metafile } = await bundle(['src/storage/node.ts'])
    expect(Object.values(metafile.inputs).flatMap(({ imports }) => imports).filter(({ external }) => external === true)).not.to.have.length(0)
  })
})
