/** Why a node cannot listen, for people: libp2p tells it between stack traces, with advice on options of its own. */
import { ListenError } from '../errors.ts'

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process, or mesh, listens there; port 0 is any free one',
  EACCES: 'this user may not; ports below 1024 need rights',
  EADDRNOTAVAIL: 'this machine has no such address; listen on /ip4/0.0.0.0/… and `announce` the outer one'
}

/** What else goes wrong stays as it is. */
export function listenError (cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  const found = [...cause.message.matchAll(/^ {2}(\/\S+): .*\b(EADDRINUSE|EACCES|EADDRNOTAVAIL)\b/gm)]
  return found.length === 0
    ? cause
    : new ListenError(found.map(([, address, code = '']) => `cannot listen on ${address} (${code}): ${WHY[code]}`).join('\n'), { cause })
}
