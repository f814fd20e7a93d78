/** Protocol id of a room: `/braid/<mesh>/<room>/1.0.0`. Meshes of different names never speak with each other. */
export function protocolId (mesh: string, room: string): string {
  return `/braid/${mesh}/${room}/1.0.0`
}

/** The mesh's own Kademlia protocol: `/braid/<mesh>/kad/1.0.0`. */
export function kadProtocol (mesh: string): string {
  return protocolId(mesh, 'kad')
}

/** First part of the keys of records in the DHT, by which it finds the rules that they obey. */
export const RECORD_NAMESPACE = 'braid'

/** The gossip topic that carries node records: `braid/<mesh>/nodes`. */
export function nodesTopic (mesh: string): string {
  return `braid/${mesh}/nodes`
}

/** The gossip topic of a topic of messages: `braid/<mesh>/t/<topic>`. */
export function gossipTopic (mesh: string, topic: string): string {
  return `braid/${mesh}/t/${topic}`
}
