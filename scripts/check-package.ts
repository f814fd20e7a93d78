/**
 * `npm run package-check`: packs the package as npm would publish it and looks at it as a user would: the right files, what
 * documents and command line point to, publint, the types of every entry point (attw), import and require of every entry point
 * in Node, a bundle for browsers that needs nothing of Node, and one of a CommonJS module. Needs a build and no network.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'

interface Manifest {
  name: string
  exports: Record<string, string | { import: string }>
  bin?: Record<string, string>
}

const REQUIRED = ['package.json', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']
const ALLOWED = [/^dist\/.+\.(js|d\.ts)(\.map)?$/, /^src\/.+\.(ts|proto|md)$/, /^doc\/.+(\.(md|png|svg|json|conf|service)|\/Containerfile)$/, /^examples\/.+\.ts$/]
const FORBIDDEN = /(^|\/)(test|node_modules)\/|\.spec\.|\.env|\.key$/

const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const problems: string[] = []

async function check (what: string, task: () => void | Promise<void>): Promise<void> {
  try {
    await task()
    console.log(`ok    ${what}`)
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string, stderr?: string, message: string }
    console.error(`FAIL  ${what}\n${[stdout, stderr].filter(Boolean).join('\n') || message}`)
    problems.push(what)
  }
}

function run (command: string, args: string[], cwd?: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
}

/** Entry points as a user names them. */
function entries (): string[] {
  return Object.keys(manifest.exports)
    .filter(path => !path.endsWith('.json'))
    .map(path => manifest.name + path.slice(1))
}

function checkFiles (files: readonly string[]): void {
  const wrong = files.filter(file => FORBIDDEN.test(file) || !(REQUIRED.includes(file) || ALLOWED.some(rule => rule.test(file))))
  const targets = [...Object.values(manifest.exports).map(entry => typeof entry === 'string' ? entry : entry.import), ...Object.values(manifest.bin ?? {})]
  const missing = [...REQUIRED, ...targets.map(target => target.replace('./', ''))].filter(file => !files.includes(file))
  if (wrong.length + missing.length > 0) throw new Error(`must not be packed: ${wrong.join(', ')}\nmust be packed: ${missing.join(', ')}`)
}

/** Links of the documents, and the documents that the command line names: whoever has installed the package has nothing else. */
function checkPointers (root: string, files: readonly string[]): void {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8')
  const links = files.filter(file => file.endsWith('.md')).flatMap(file =>
    Array.from(read(file).replace(/^```.*?^```/gms, '').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g), ([, link = '']) => ({ file, to: join(dirname(file), link) })))
  const named = files.filter(file => /^dist\/.+\.js$/.test(file)).flatMap(file =>
    Array.from(read(file).matchAll(/(?<![\w/])doc\/[\w/.-]+\w/g), ([to]) => ({ file, to })))
  const broken = [...links, ...named].filter(({ to }) => !files.some(file => file === to || file.startsWith(`${to.replace(/\/$/, '')}/`)))
  if (named.length === 0) throw new Error('the command line names no document: is this still read right?')
  if (broken.length > 0) throw new Error(broken.map(({ file, to }) => `${file} points to ${to}, which is not packed`).join('\n'))
}

/** A consumer with every entry point; `conditions` are those its own tools may have set. */
function checkImports (consumer: string, conditions: string[]): void {
  const code = entries().map(entry => `await import('${entry}')`).join('\n')
  run('node', [...conditions.map(name => `--conditions=${name}`), '--input-type=module', '--eval', code], consumer)
}

/** As CommonJS code does. */
function checkRequires (consumer: string): void {
  run('node', ['--input-type=commonjs', '--eval', entries().map(entry => `require('${entry}')`).join('\n')], consumer)
}

/** @param code - what imports an entry point, `i` its place */
async function bundle (consumer: string, platform: 'browser' | 'node', code: (entry: string, i: number) => string): Promise<void> {
  await build({
    stdin: { contents: entries().map(code).join('\n'), resolveDir: consumer },
    bundle: true, write: false, format: 'esm', platform, logLevel: 'silent'
  })
}

if (!existsSync('dist')) throw new Error('nothing is built: npm run build')
// Below node_modules, so that the unpacked package finds the dependencies that are installed here.
mkdirSync('node_modules/.cache', { recursive: true })
const work = mkdtempSync(resolve('node_modules/.cache/package-'))
try {
  const packed: [{ filename: string, files: Array<{ path: string }> }] =
    JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', work]))
  const tarball = join(work, packed[0].filename)
  const installed = join(work, 'node_modules', manifest.name)
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])

  await check('files', () => { checkFiles(packed[0].files.map(file => file.path)) })
  await check('what documents and command line point to', () => { checkPointers(installed, packed[0].files.map(file => file.path)) })
  await check('publint', () => { run('publint', ['run', tarball, '--strict', '--level', 'warning']) })
  await check('types of every entry point', () => { run('attw', [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-color', '--no-emoji']) })
  await check('import in Node', () => { checkImports(work, []) })
  await check('import in Node with the condition "source"', () => { checkImports(work, ['source']) })
  await check('require in Node', () => { checkRequires(work) })
  await check('bundle for browsers', async () => bundle(work, 'browser', (entry, i) => `export * as entry${i} from '${entry}'`))
  await check('bundle of a CommonJS module', async () => bundle(work, 'node', entry => `require('${entry}')`))
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (problems.length > 0) process.exitCode = 1
