/** Which addresses a page can dial. */
import { isLoopback } from './loopback.core.ts'

const SECURE = /\/(wss|tls(\/sni\/[^/]+)?\/ws)(\/|$)/
const PLAIN = /\/ws(\/|$)/
const TCP = /\/tcp\/\d+(\/tls)?(\/p2p\/[^/]+)?$/

/**
 * Why a page can never dial this multiaddr, and what to do about it; undefined when it can.
 *
 * @param address - a multiaddr; of one that leads through a relay, the relay's part decides
 * @param protocol - `location.protocol` of the page, empty when there is no page
 */
export function whyNotFromPage (address: string, protocol: string): string | undefined {
  const [first = ''] = address.split('/p2p-circuit')
  if (SECURE.test(first)) return undefined
  if (TCP.test(first)) {
    return 'a browser dials WebSockets only: use an address of that node that ends with /ws or /tls/ws (it has one when `listen` names one)'
  }
  // browsers trust this machine: a page that came over https may open ws:// to it
  if (protocol === 'https:' && PLAIN.test(first) && !isLoopback(first)) {
    return 'this page came over https, and from such a page browsers open encrypted WebSockets only: give the relay a certificate (its address then has /tls/ws or /wss), put it behind a proxy that has one, or serve the page over http'
  }
  return undefined
}
