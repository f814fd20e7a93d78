/** Sends every message of a WebSocket back, and does nothing else: what a page and a Node process can do at best. Prints its port. */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('listening', () => { console.log(server.address().port) })
server.on('connection', socket => { socket.on('message', data => { socket.send(data) }) })
process.stdin.resume().on('end', () => { process.exit() })
