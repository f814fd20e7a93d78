/** The process's own terminal. */
import { UnwrittenError } from './exit.ts'
import { visible } from './output.ts'
import { cutTo } from './width.core.ts'
import type { Screen, Terminal } from './command.ts'

const CLEAR_LINE = '\r\u001b[2K'
const ALTERNATE = '\u001b[?1049h\u001b[?25l'
const NORMAL = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_REST = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

function screenOf (stdout: NodeJS.WriteStream): Screen {
  let entered = false
  const leave = (): void => {
    if (entered) stdout.write(NORMAL)
    entered = false
  }
  // However this ends, the terminal is as it was.
  process.once('exit', leave)
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    paint: (lines, last) => {
      if (!entered) stdout.write(ALTERNATE)
      entered = true
      const { columns, rows } = stdout
      const room = rows - 2
      const more = lines.length - room
      const all = more > 0 ? [...lines.slice(0, room), `… ${more} more lines; ${last}`] : [...lines, last]
      const shown = all.map(line => `${cutTo(visible(line), columns)}${CLEAR_REST}`)
      stdout.write(`${HOME}${shown.join('\n')}${CLEAR_BELOW}`)
    },
    leave
  }
}

/**
 * Nothing that is printed can control the terminal: what nodes say of themselves, and errors of theirs, may be anything.
 *
 * @param interrupted - aborted by Ctrl-C, SIGTERM and SIGHUP
 */
export function openTerminal ({ stdout, stderr }: NodeJS.Process, interrupted: AbortSignal): Terminal {
  const unread = new AbortController()
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // as in `… | head`
    unread.abort(error.code === 'EPIPE' ? new DOMException('nobody reads this', 'AbortError') : new UnwrittenError(error))
  })
  // A log that cannot be written is lost; what it tells of goes on.
  stderr.on('error', () => {})
  let shown = false
  const clear = (): void => {
    if (shown) stderr.write(CLEAR_LINE)
    shown = false
  }
  return {
    out: line => {
      clear()
      stdout.write(`${visible(line)}\n`)
    },
    err: line => {
      clear()
      stderr.write(`${visible(line)}\n`)
    },
    signal: AbortSignal.any([interrupted, unread.signal]),
    interrupted,
    progress: text => {
      clear()
      if (text == null || !stderr.isTTY) return
      stderr.write(cutTo(visible(text), stderr.columns - 1))
      shown = true
    },
    ...(stdout.isTTY && process.env['TERM'] !== 'dumb' ? { screen: screenOf(stdout) } : {})
  }
}
