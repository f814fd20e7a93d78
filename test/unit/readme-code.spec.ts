/** The code in the README and in MONITOR.md is what the types take. Names that a block leaves to its reader are declared below. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const READERS = `
import type { createServer as CreateServer } from 'node:http'
import type { createLibp2p as CreateLibp2p } from 'libp2p'
import type { z as Z } from 'zod'
import type * as braid from 'braid-mesh'
import type { discovery as Discovery } from 'braid-mesh/discovery'
import type { rpc as Rpc } from 'braid-mesh/rpc'
declare global {
  const createMesh: typeof braid.createMesh
  const createServer: typeof CreateServer
  const createLibp2p: typeof CreateLibp2p
  const discovery: typeof Discovery
  const rpc: typeof Rpc
  const tracing: typeof braid.tracing
  const z: typeof Z
  const mesh: braid.Mesh
  const signal: AbortSignal
  const bootstrap: string[], token: string, session: string, node: string, nodeId: string
  const fencingToken: braid.FencingToken
  const args: any, item: any, options: any, schema: any, otel: any, chunks: AsyncIterable<Uint8Array>
  function answer (line: unknown): string
  function bill (body: unknown): Promise<void>
  function due (options: { signal: AbortSignal }): AsyncIterable<object>
  function enough (event: unknown): boolean
  function nextEvent (args: unknown, signal: AbortSignal): Promise<string>
  function send (invoice: object, options: object): Promise<void>
  function store (chunks: AsyncIterable<unknown>): Promise<string>
  function verify (given: unknown): Promise<boolean>
}
`

/** Its `ts` blocks, by the line that each begins on. `…` stands for something of the reader's. */
function blocks (name: string): Map<string, string> {
  const text = readFileSync(join(ROOT, name), 'utf8')
  return new Map(Array.from(text.matchAll(/^```ts\n(.*?)^```/gms), ({ index, 1: code = '' }) =>
    [join(ROOT, `${name.replace(/\W/g, '-')}-${text.slice(0, index).split('\n').length + 1}.ts`), `${code.replace('{ … }', '{}')}\nexport {}\n`]))
}

/** What is wrong with each of the files, of which only the names are there. */
function problems (files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => readFileSync(path, 'utf8'))
  const parsed = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT)
  // arguments of a handler are of no type, and a block may leave what it shows unused
  const options = { ...parsed.options, noUnusedLocals: false, noUnusedParameters: false, noImplicitAny: false }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = path => files.has(path) || fileExists(path)
  host.readFile = path => files.get(path) ?? readFile(path)
  host.getSourceFile = (path, version, onError, create) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, version, onError, create) : ts.createSourceFile(path, code, version)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].flatMap(path => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ start, messageText }) =>
      `${path.slice(ROOT.length)}+${file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

describe('the code in the documents', function () {
  this.timeout(300_000)

  it('is what the types take', () => {
    const files = new Map([...blocks('README.md'), ...blocks('doc/MONITOR.md')])
    expect(files.size).to.be.above(12)
    const found = problems(new Map([...files, [join(ROOT, 'readers.ts'), READERS], [join(ROOT, 'wrong.ts'), 'mesh.rpc.call()\nexport {}\n']]))
    expect(found.filter(text => !text.startsWith('wrong.ts'))).to.deep.equal([])
    expect(found.join()).to.include("wrong.ts+0: Property 'call' does not exist")
  })
})
