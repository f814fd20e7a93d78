/** Words about services and methods that are not there. */
import { didYouMean } from './nearest.core.ts'
import type { Mesh } from '../mesh-interface.ts'

/** That nobody serves it, and what there is instead. */
export function unknownService (mesh: Mesh, service: string): string {
  const services = mesh.discovery.services()
  const near = didYouMean(service, services)
  const list = services.length === 0 ? '; nobody serves anything' : `; there are: ${services.join(', ')}`
  return `nobody serves '${service}'${near !== '' ? near : list}`
}

/** What helps who calls a method of another kind, as its node says it. */
const OTHER_KIND: Readonly<Record<string, string>> = {
  unary: '; it is called without --stream',
  serverStream: '; --stream prints what it sends',
  clientStream: '; the command line has nothing to send it',
  bidi: '; the command line has nothing to send it'
}

/** What a method that is not served so may have been meant to be. @param message - of the refusal */
export function unknownMethod (mesh: Mesh, service: string, method: string, message: string): string {
  const kind = / is a (\w+) method$/.exec(message)?.[1]
  if (kind != null) return OTHER_KIND[kind] ?? ''
  const methods = new Set(mesh.discovery.nodes(service).flatMap(({ methods }) => methods))
  if (methods.has(method)) return '; not all of its nodes serve that'
  const near = didYouMean(method, methods)
  return near !== '' ? near : `; braid-mesh methods ${service} lists what there is`
}
