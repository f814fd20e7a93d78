/** The page as `npm run demo:build` writes it, on a server that knows nothing of it: files, no config.json, no headers. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AddressInfo } from 'node:net'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = '/any/folder/'
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.txt': 'text/plain' }

/** What was written, until it is disposed. */
export interface BuiltPage extends AsyncDisposable {
  readonly directory: string
  /** What the build printed. */
  readonly output: string
}

export interface StaticPage extends AsyncDisposable {
  /** Of the folder, which ends with a slash. */
  readonly url: string
  /** Paths that were asked for and are not there. */
  readonly missed: readonly string[]
}

export async function buildPage (): Promise<BuiltPage> {
  const directory = await mkdtemp(join(tmpdir(), 'braid-page-'))
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'demo:build', '--', directory], { cwd: ROOT })
  return {
    directory,
    output: stdout,
    [Symbol.asyncDispose]: async () => { await rm(directory, { recursive: true, force: true }) }
  }
}

export async function serveStatic ({ directory }: BuiltPage): Promise<StaticPage> {
  const missed: string[] = []
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://127.0.0.1')
    const name = pathname === FOLDER ? 'index.html' : basename(pathname)
    const file = pathname === FOLDER || pathname === `${FOLDER}${name}` ? readFile(join(directory, name)) : Promise.reject(new Error(pathname))
    file.then(body => { response.writeHead(200, { 'content-type': TYPES[extname(name)] }).end(body) }, () => {
      missed.push(pathname)
      response.writeHead(404).end()
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${FOLDER}`,
    missed,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}
