/**
 * Kills the node processes when this process dies, however it dies. A child that sees its IPC channel close exits by
 * itself, but one that is stopped or busy does not; so a small shell of its own session holds the pids and kills what
 * is left of them when its standard input, our end of the pipe, closes.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

const SCRIPT = `
while read -r op pid; do
  case "$op" in
    +) set -- "$@" "$pid" ;;
    -) left=; for p; do [ "$p" = "$pid" ] || left="$left $p"; done; set -- $left ;;
  esac
done
[ $# -eq 0 ] || kill -KILL "$@"
`

let reaper: ChildProcess | undefined
const watched = new Set<number>()

function tell (line: string): void {
  if (reaper == null) {
    const shell = reaper = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    shell.unref()
    ;(shell.stdin as Socket).unref()
    shell.stdin?.on('error', () => { /* without a reaper the children still see their channel close */ })
    shell.on('error', () => { /* no /bin/sh on this system */ })
    process.on('exit', () => {
      for (const pid of watched) {
        try { process.kill(pid, 'SIGKILL') } catch { /* gone already */ }
      }
    })
  }
  reaper.stdin?.write(`${line}\n`)
}

export function watchPid (pid: number): void {
  watched.add(pid)
  tell(`+ ${pid}`)
}

/** Called as soon as the process is known to be gone: its pid may be given to another. */
export function forgetPid (pid: number): void {
  if (watched.delete(pid)) tell(`- ${pid}`)
}
