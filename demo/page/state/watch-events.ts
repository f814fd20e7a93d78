/** What the rooms tell, in words, for the event log. */
import { log } from './log.ts'
import { nameOf, nodeOf } from './view.ts'
import type { Mesh, NodeInfo } from '../../../src/index.ts'
import type { Connection } from '@libp2p/interface'

function called ({ name, service }: NodeInfo): string {
  return service == null ? name : `${name} (${service})`
}

function pathWords ({ remotePeer, remoteAddr }: Connection): string {
  const address = remoteAddr.toString()
  const how = /\/webrtc(\/|$)/.test(address) ? 'WebRTC' : address.includes('/p2p-circuit') ? 'a relay' : address.includes('/ws') ? 'WebSocket' : 'TCP'
  return `${nameOf(remotePeer.toString())} by ${how}`
}

function watchNodes (node: Mesh): void {
  const states = new Map<string, string>()
  node.discovery.addEventListener('node:add', ({ detail }) => {
    states.set(detail.id, detail.state)
    if (detail.id !== node.id) log('discovery', `${called(detail)} is there`, true)
  })
  node.discovery.addEventListener('node:update', ({ detail }) => {
    if (states.get(detail.id) === detail.state) return
    states.set(detail.id, detail.state)
    log('discovery', `${called(detail)} is ${detail.state}`)
  })
  node.discovery.addEventListener('node:remove', ({ detail }) => {
    states.delete(detail.id)
    log('discovery', `${called(detail)} ${detail.state === 'left' ? 'left' : 'is gone'}`, true)
  })
}

function watchPaths (node: Mesh): void {
  node.libp2p.addEventListener('connection:open', ({ detail }) => { log('transport', `connected with ${pathWords(detail)}`) })
  node.libp2p.addEventListener('connection:close', ({ detail }) => { log('transport', `connection closed: ${pathWords(detail)}`) })
  node.addEventListener('path', ({ detail }) => {
    const { peer, direct, error } = detail
    if (direct) log('transport', `a direct path to ${nameOf(peer)}: it goes past the relay now`, true)
    else log('transport', error == null ? `the direct path to ${nameOf(peer)} is gone` : `no direct path to ${nameOf(peer)}: ${error.message}`)
  })
  node.addEventListener('reachable', () => { log('transport', 'this tab has a place on a relay: everybody can call it') })
  node.addEventListener('unreachable', ({ detail }) => {
    log('transport', `this tab has no place on a relay: ${detail.reasons.map(({ message }) => message).join('; ')}`)
  })
}

export function watchEvents (node: Mesh): () => void {
  watchNodes(node)
  watchPaths(node)
  const where = (id: string): string => nodeOf(id)?.name ?? nameOf(id)
  node.links.addEventListener('link:add', ({ detail }) => { log('links', `a token of ${detail.service} is linked to ${where(detail.node)}`) })
  node.links.addEventListener('link:move', ({ detail }) => { log('links', `a token of ${detail.service} moved from ${where(detail.former ?? '')} to ${where(detail.node)}`) })
  node.links.addEventListener('link:remove', ({ detail }) => { log('links', `a token of ${detail.service} is not linked to ${where(detail.node)} any more`) })
  node.pubsub.addEventListener('dead', ({ detail }) => { log('pubsub', `a message of ${detail.topic} went to the dead letters of ${detail.channel} after ${detail.attempts} attempts`) })
  node.pubsub.addEventListener('lost', ({ detail }) => { log('pubsub', `${detail.channel} of ${detail.topic} lost ${detail.to - detail.from + 1} messages: ${detail.reason}`) })
  node.election.addEventListener('fault', ({ detail }) => { log('election', detail.message) })
  return () => {}
}
