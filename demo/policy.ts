/** What the demo page may load and ask, so that it speaks with its own server and the nodes, and with nobody else. */

const COMMON = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"]

/** A header, for a page whose nodes are on this machine, at ports that the system chose. */
export const LOCAL_POLICY = [...COMMON, "connect-src 'self' ws://127.0.0.1:*", "frame-ancestors 'none'"].join('; ')

/** Of a page that is a file: its relays are where its link says. Who may frame it, only a header can say. */
const FILE_POLICY = [...COMMON, "connect-src 'self' ws: wss:"].join('; ')

/**
 * The page with its policy inside, for servers that send none.
 *
 * @throws Error - no place for it before everything that loads
 */
export function withPolicy (html: string): string {
  const start = '<meta charset="utf-8">'
  const [before, after, ...more] = html.split(start)
  if (before == null || after == null || more.length > 0) throw new Error(`index.html: expected one ${start}`)
  return `${before}${start}\n  <meta http-equiv="content-security-policy" content="${FILE_POLICY}">${after}`
}
