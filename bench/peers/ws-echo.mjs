/** Sends every message of a WebSocket back, and does nothing else: what a page and a Node process can do at best. Prints its port. */
import { createRequire } from 'node:module'

// the one that libp2p uses
const { WebSocketServer } = createRequire(import.meta.resolve('@libp2p/websockets'))('ws')
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('listening', () => { console.log(server.address().port) })
server.on('connection', socket => { socket.on('message', data => { socket.send(data) }) })
process.stdin.resume().on('end', () => { process.exit() })
