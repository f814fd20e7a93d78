/** Serves a page of one script on loopback, which browsers trust as they do https. */
import { build } from 'esbuild'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { AddressInfo } from 'node:net'

const PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>tab</title><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>'

export interface TabServer extends AsyncDisposable {
  readonly url: string
}

/** That of test/e2e/tab-page.ts. */
export async function serveTabs (): Promise<TabServer> {
  return serveScript(new URL('./tab-page.ts', import.meta.url), () => PAGE)
}

/** @param html - of a path; the script is at `/script.js` */
export async function serveScript (source: URL, html: (path: string | undefined) => string): Promise<TabServer> {
  const { outputFiles: [script] } = await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['braid-mesh-source', 'browser'],
    target: 'es2022',
    write: false,
    logLevel: 'error'
  })
  const server = createServer(({ url }, response) => {
    const isScript = url === '/script.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script?.contents : html(url))
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}
