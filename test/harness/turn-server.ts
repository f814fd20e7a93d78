/** A real TURN server on loopback (coturn's `turnserver`), where there is one. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { forgetPid, watchPid } from './reaper.ts'
import { until } from './until.ts'

const PROGRAM = 'turnserver'
const USER = { username: 'ada', credential: 'lovelace' }

export interface TurnServer extends AsyncDisposable {
  /** For `iceServers`. */
  readonly server: { urls: string, username: string, credential: string }
}

export function hasTurnServer (): boolean {
  return spawnSync(PROGRAM, ['--version']).error == null
}

async function listens (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise<boolean>(resolve => {
    socket.once('connect', () => { resolve(true) })
    socket.once('error', () => { resolve(false) })
  }).finally(() => { socket.destroy() })
}

/** Serves UDP and TCP, to its one user, who may have it carry to loopback. */
export async function startTurnServer (): Promise<TurnServer> {
  const directory = await mkdtemp(join(tmpdir(), 'braid-turn-'))
  const port = await freePort()
  const child = spawn(PROGRAM, [
    '-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--allow-loopback-peers',
    '--lt-cred-mech', `--user=${USER.username}:${USER.credential}`, '--realm=braid', '--no-tls', '--no-dtls', '--no-cli',
    `--pidfile=${join(directory, 'pid')}`, `--userdb=${join(directory, 'db')}`, '--log-file=stdout'
  ], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { said = (said + String(chunk)).slice(-4_000) })
  const gone = new Promise<void>(resolve => { child.once('close', () => { resolve() }) })
  const { pid } = child
  if (pid !== undefined) watchPid(pid)
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
    if (pid !== undefined) forgetPid(pid)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await until(async () => listens(port), { what: () => `${PROGRAM} listens; it says: ${said}` })
  } catch (error) {
    await end()
    throw error
  }
  return { server: { urls: `turn:127.0.0.1:${port}`, ...USER }, [Symbol.asyncDispose]: end }
}
