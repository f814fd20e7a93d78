/** What the compiler declares of an application's contracts, in a package that others share: it must name only what that depends on. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CONTRACT = join(ROOT, 'contract.ts')
const CODE = `
import { z } from 'zod'
import { bidi, defineService, defineTopic, serverStream, unary } from 'braid-mesh'
import type { Mesh } from 'braid-mesh'
export const login = defineService('login', {
  all: unary({ input: z.string(), output: z.string() }), takes: unary({ input: z.string() }), gives: serverStream({ output: z.string() }), none: bidi()
})
export const orders = defineTopic('orders', { body: z.string() })
export const open = async (mesh: Mesh) => ({ client: mesh.rpc.client(login), topic: mesh.pubsub.topic(orders), channel: await mesh.pubsub.topic(orders).subscribe('bills') })
`

function declarations (): string {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => readFileSync(path, 'utf8'))
  const parsed = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT)
  const options = { ...parsed.options, noEmit: false, declaration: true, emitDeclarationOnly: true }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = path => path === CONTRACT || fileExists(path)
  host.getSourceFile = (path, version, ...rest) => path === CONTRACT ? ts.createSourceFile(path, CODE, version) : getSourceFile(path, version, ...rest)
  const program = ts.createProgram([CONTRACT], options, host)
  let text = ''
  const { diagnostics } = program.emit(program.getSourceFile(CONTRACT), (_, content) => { text += content }, undefined, true)
  expect(diagnostics.map(({ messageText }) => messageText)).to.deep.equal([])
  return text
}

describe('declarations of contracts', function () {
  this.timeout(300_000)

  it('name nothing but the application\'s own dependencies', () => {
    const text = declarations()
    expect(text).to.include('NoInput').and.to.include('AnyOutput').and.to.include('TypedTopic')
    const named = Array.from(text.matchAll(/(?:from |import\()["']([^"']+)/g), ([, name]) => name)
    expect(new Set(named)).to.deep.equal(new Set(['zod', 'braid-mesh']))
  })
})
