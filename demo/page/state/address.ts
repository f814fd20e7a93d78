/** Where the mesh is: in the part of the page's URL that browsers keep to themselves, or in a file beside the page. */

export interface Address {
  readonly mesh: string
  /** WebSocket addresses of relays, with their peer id. */
  readonly relays: readonly string[]
}

const DEFAULT_MESH = 'demo'

/** Of `#mesh=demo&relay=/ip4/…&relay=…`; undefined when it names no relay. */
export function parseHash (hash: string): Address | undefined {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const relays = fields.getAll('relay').filter(relay => relay !== '')
  return relays.length === 0 ? undefined : { mesh: fields.get('mesh') ?? DEFAULT_MESH, relays }
}

/** The page's own URL that brings somebody else into this mesh. */
export function shareLink ({ mesh, relays }: Address, page = location.href): string {
  const fields = [`mesh=${encodeURIComponent(mesh)}`, ...relays.map(relay => `relay=${encodeURI(relay)}`)]
  return `${page.replace(/#.*$/s, '')}#${fields.join('&')}`
}

/** What of a link is another than that of `own`: the mesh, or all of its relays; undefined: it leads to where that is. */
export function otherOf ({ mesh, relays }: Address, own: Address): 'mesh' | 'relays' | undefined {
  const known = own.relays.map(idOf)
  return mesh !== own.mesh ? 'mesh' : relays.some(relay => known.includes(idOf(relay))) ? undefined : 'relays'
}

function idOf (relay: string): string {
  return relay.replace(/^.*\/p2p\//, '')
}

const LOOPBACK_HOST = /^(127\..*|\[::1\]|localhost)$/
const LOOPBACK_RELAY = /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/

/** Whether the link leads nowhere on another machine: the page, or each of its relays, is this one's own. */
export function isForThisMachine ({ relays }: Address, page = location.href): boolean {
  return LOOPBACK_HOST.test(new URL(page).hostname) || relays.every(relay => LOOPBACK_RELAY.test(relay))
}

/**
 * The hash wins, so that the page works from any server of files.
 *
 * @throws Error - for people
 */
export async function findAddress (): Promise<Address> {
  const named = parseHash(location.hash)
  if (named != null) return named
  const response = await fetch('config.json').catch(() => undefined)
  if (response == null) throw new Error('The server of this page does not answer. Is `npm start` still running?')
  if (response.ok) return await response.json() as Address
  throw new Error('This page does not know where the mesh is: open it by a link that ends with #mesh=NAME&relay=ADDRESS, such as another tab shares.')
}
