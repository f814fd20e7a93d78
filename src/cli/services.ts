/** Words about services and methods that are not there. */
import { didYouMean } from './nearest.core.ts'
import type { Mesh } from '../mesh-node.ts'

/** That nobody serves it, and what there is instead. */
export function unknownService (mesh: Mesh, service: string): string {
  const services = mesh.discovery.services()
  const near = didYouMean(service, services)
  const list = services.length === 0 ? '; nobody serves anything' : `; there are: ${services.join(', ')}`
  return `nobody serves '${service}'${near !== '' ? near : list}`
}

/** What a method may have been meant to be. */
export function unknownMethod (mesh: Mesh, service: string, method: string): string {
  const methods = new Set(mesh.discovery.nodes(service).flatMap(({ methods }) => methods))
  const near = didYouMean(method, methods)
  return near !== '' ? near : `; braid-mesh methods ${service} lists what there is`
}
