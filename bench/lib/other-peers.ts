/** The packages of other frameworks, which `npm run bench:peers` installs beside their programs, or into BENCH_PEERS_DIR. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('../peers', import.meta.url))
const folder = process.env['BENCH_PEERS_DIR'] ?? HERE

/** Install them unless they are there. */
export function installPeers (): void {
  if (existsSync(join(folder, 'node_modules'))) return
  console.log(`installing moleculer, nats and grpc into ${folder}`)
  if (folder !== HERE) {
    mkdirSync(folder, { recursive: true })
    copyFileSync(join(HERE, 'package.json'), join(folder, 'package.json'))
  }
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
}

/** A module of them; none is known when this is compiled. */
export function other (name: string): any {
  return createRequire(join(folder, 'package.json'))(name)
}
