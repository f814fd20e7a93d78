/** Direct paths: when they are made, how both ends agree on one, what is refused, and what is said when there is none. */
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { isDirectAddress, directLast } from '../../src/webrtc/address-order.ts'
import { Control } from '../../src/webrtc/control.ts'
import { explain } from '../../src/webrtc/explain.ts'
import { Gate } from '../../src/webrtc/gate.ts'
import { hasWebrtc, webrtc } from '../../src/webrtc/index.ts'
import { DirectPath } from '../../src/webrtc/path.ts'
import { Patience } from '../../src/webrtc/patience.core.ts'
import { Upgrades } from '../../src/webrtc/upgrades.core.ts'
import { noPath } from '../../src/streams/no-path.ts'
import { MAX_DIRECT_PATHS, MAX_SIGNALLING, MAX_SIGNALLING_PER_PEER } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import type { UpgradeInput, UpgradeOutput } from '../../src/webrtc/upgrades.core.ts'

describe('webrtc: which peers get a direct path', () => {
  let upgrades: Upgrades

  beforeEach(() => { upgrades = new Upgrades({ self: 'm', max: 3, parallel: 2 }) })

  function peer (id: string, now: number, state: Partial<{ relayed: boolean, direct: boolean, webrtc: boolean, speaks: boolean }> = {}): UpgradeOutput {
    return upgrades.step({ type: 'peer', now, random: 1, id, relayed: true, direct: false, webrtc: state.direct ?? false, speaks: true, ...state })
  }
  const tick = (now: number): string[] => upgrades.step({ type: 'tick', now }).dial
  const fail = (id: string, now: number): UpgradeOutput => upgrades.step({ type: 'failed', now, random: 1, id } satisfies UpgradeInput)

  it('the node with the lower id dials soon, the other only when nothing came of that', () => {
    expect(peer('z', 0)).to.deep.equal({ dial: [], wake: 200 })
    expect(peer('a', 0)).to.deep.equal({ dial: [], wake: 200 })
    expect(tick(200)).to.deep.equal(['z'])
    expect(tick(3_999)).to.deep.equal([])
    expect(tick(4_000)).to.deep.equal(['a'])
  })

  it('those that are reached without a relay, or do not speak it, get none', () => {
    expect(peer('x', 0, { relayed: false, direct: true }).wake).to.equal(undefined)
    expect(peer('y', 0, { speaks: false }).wake).to.equal(undefined)
    expect(peer('z', 0, { relayed: false }).wake).to.equal(undefined)
    expect(tick(60_000)).to.deep.equal([])
    // and as soon as it does
    expect(peer('y', 60_000).wake).to.equal(60_200)
  })

  it('what fails is tried again ever more seldom, and a peer that comes back is not dialled at once', () => {
    peer('z', 0)
    const waits: number[] = []
    let now = 200
    for (let i = 0; i < 10; i++) {
      expect(tick(now)).to.deep.equal(['z'])
      const wake = fail('z', now).wake ?? Number.NaN
      waits.push(wake - now)
      peer('z', now, { relayed: false, speaks: false })
      expect(peer('z', now + 1).wake).to.equal(wake)
      now = wake
    }
    expect(waits).to.deep.equal([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000, 300_000])
    // another network is another matter
    tick(now)
    fail('z', now)
    expect(upgrades.step({ type: 'moved', now: now + 1 }).wake).to.equal(now + 201)
  })

  it('a path that ends soon counts as one more failure, one that lived does not', () => {
    peer('z', 0)
    tick(200)
    peer('z', 300, { direct: true })
    expect(peer('z', 1_000).wake).to.equal(6_000)
    expect(tick(6_000)).to.deep.equal(['z'])
    peer('z', 6_100, { direct: true })
    expect(peer('z', 7_000).wake).to.equal(17_000)
    expect(tick(17_000)).to.deep.equal(['z'])
    peer('z', 17_100, { direct: true })
    expect(peer('z', 100_000).wake).to.equal(100_200)
  })

  it('few are dialled at a time, and no more than there is room for', () => {
    for (const id of ['n', 'o', 'p', 'q']) peer(id, 0)
    expect(tick(200)).to.deep.equal(['n', 'o'])
    expect(tick(300)).to.deep.equal([])
    expect(peer('n', 400, { direct: true }).dial).to.deep.equal(['p'])
    expect(peer('o', 500, { direct: true }).dial).to.deep.equal([])
    expect(fail('p', 600).dial).to.deep.equal(['q'])
    expect(peer('q', 700, { direct: true }).dial).to.deep.equal([])
    expect(tick(1_000_000)).to.deep.equal([])
    expect(peer('n', 1_000_000, { relayed: false }).dial).to.deep.equal(['p'])
  })

  it('what needs neither a relay nor WebRTC takes no room', () => {
    for (const id of ['n', 'o', 'p', 'q']) peer(id, 0, { relayed: false, speaks: false, direct: true, webrtc: false })
    peer('z', 0)
    expect(tick(200)).to.deep.equal(['z'])
    // one more way to the same peer
    expect(peer('n', 300, { direct: true, webrtc: true }).dial).to.deep.equal([])
    peer('y', 300)
    expect(tick(500)).to.deep.equal(['y'])
    peer('x', 500)
    expect(peer('y', 600, { direct: true }).dial).to.deep.equal([])
    expect(tick(1_000)).to.deep.equal([])
    expect(peer('n', 1_100, { relayed: false, direct: true, webrtc: false }).dial).to.deep.equal(['x'])
  })

  it('failures of peers that left are forgotten, the oldest first', () => {
    for (let i = 0; i < 2_000; i++) {
      peer(`z${i}`, 0)
      tick(200)
      fail(`z${i}`, 200)
      peer(`z${i}`, 200, { relayed: false })
    }
    expect(peer('z0', 300).wake).to.equal(500)
    expect(peer('z1999', 300).wake).to.equal(500)
    expect(tick(501)).to.deep.equal(['z0'])
  })
})

/** Two ends of a data channel. */
class FakeChannel extends EventTarget {
  readyState = 'connecting'
  binaryType = 'blob'
  other: FakeChannel | undefined

  send (data: Uint8Array): void {
    const { other } = this
    if (other?.readyState !== 'open') return
    queueMicrotask(() => { other.dispatchEvent(Object.assign(new Event('message'), { data: data.slice().buffer })) })
  }

  open (): void {
    this.readyState = 'open'
    this.dispatchEvent(new Event('open'))
  }
}

class FakePeerConnection extends EventTarget {
  readonly channel = new FakeChannel()
  connectionState = 'connected'
  iceConnectionState = 'connected'
  closed = false
  made: unknown[] = []

  createDataChannel (label: string, options: unknown): FakeChannel {
    this.made.push(label, options)
    return this.channel
  }

  close (): void { this.closed = true }
}

function ends (): [FakePeerConnection, FakePeerConnection] {
  const [a, b] = [new FakePeerConnection(), new FakePeerConnection()]
  a.channel.other = b.channel
  b.channel.other = a.channel
  return [a, b]
}

describe('webrtc: the two ends of a path', () => {
  const control = (end: FakePeerConnection): Control => new Control(end as unknown as RTCPeerConnection)

  it('greet, whichever is there first', async () => {
    const [a, b] = ends()
    const first = control(a)
    a.channel.open()
    await new Promise(resolve => setTimeout(resolve))
    expect(first.met).to.equal(false)
    const second = control(b)
    b.channel.open()
    await Promise.all([first.greeted(), second.greeted()])
    expect(a.made).to.deep.equal(b.made)
  })

  it('answer, and say goodbye', async () => {
    const [a, b] = ends()
    const [first, second] = [control(a), control(b)]
    let left = 0
    second.onBye = () => { left++ }
    a.channel.open()
    b.channel.open()
    await first.ping()
    first.bye()
    await until(() => left === 1)
    b.channel.readyState = 'closed'
    const error = await first.ping({ signal: AbortSignal.timeout(10) }).catch((error: unknown) => error)
    expect(error).to.have.property('name', 'TimeoutError')
  })

  it('wait for a greeting until the path ends, or their time is up', async () => {
    const [a] = ends()
    const waiting = control(a)
    expect(await waiting.greeted({ signal: AbortSignal.timeout(5) }).catch(({ name }: Error) => name)).to.equal('TimeoutError')
    a.channel.dispatchEvent(new Event('close'))
    expect(await waiting.greeted().catch(({ message }: Error) => message)).to.include('closed')
  })

  it('take nothing else for a message', () => {
    const [a] = ends()
    const waiting = control(a)
    a.channel.open()
    for (const data of ['1', new ArrayBuffer(0), new ArrayBuffer(2), Uint8Array.of(9).buffer]) {
      a.channel.dispatchEvent(Object.assign(new Event('message'), { data }))
    }
    expect(waiting.met).to.equal(false)
  })
})

interface FakeConnection extends EventTarget {
  peerConnection: FakePeerConnection
  direction: 'inbound' | 'outbound'
  status: string
  aborted: Error[]
  abort (error: Error): void
  onTransportClosed (): void
  sendClose (): Promise<void>
  sendReset (): void
}

function connectionOver (peerConnection: FakePeerConnection, direction: 'inbound' | 'outbound' = 'inbound'): FakeConnection {
  const connection: FakeConnection = Object.assign(new EventTarget(), {
    peerConnection,
    direction,
    status: 'open',
    aborted: [] as Error[],
    abort: (error: Error) => {
      connection.aborted.push(error)
      connection.status = 'aborted'
      connection.sendReset()
      connection.dispatchEvent(new Event('close'))
    },
    onTransportClosed: () => {
      connection.status = 'closed'
      connection.dispatchEvent(new Event('close'))
    },
    sendClose: async () => {},
    sendReset: () => {}
  })
  return connection
}

describe('webrtc: how long an answer may take', () => {
  /** Looks at these times; how many of them it takes until the patience is over. */
  const looks = (times: number[]): number => times.findIndex((patience => (now: number) => patience.isOver(now))(new Patience(0))) + 1

  it('is five looks, a second each', () => {
    expect(looks([1_000, 2_000, 3_000, 4_000, 5_000])).to.equal(5)
    // as a hidden tab is given its timers
    expect(looks([1_990, 3_980, 5_000, 6_900, 8_800])).to.equal(5)
  })

  it('is whole after a standstill of its own', () => {
    expect(looks([61_000, 62_000, 63_000, 64_000, 65_000, 66_000])).to.equal(6)
    expect(looks([1_000, 2_000, 3_000, 4_000, 64_000, 65_000, 66_000, 67_000, 68_000, 69_000])).to.equal(10)
    // the clock was set back
    expect(looks([1_000, 2_000, -60_000, -59_000, -58_000])).to.equal(5)
  })

  it('is over some time for who always stands still', () => {
    expect(looks(Array.from({ length: 20 }, (_, i) => 3_000 * (i + 1)))).to.equal(10)
  })
})

describe('webrtc: a path', () => {
  it('that one end closes is closed at the other, after what was said before', async () => {
    const [a, b] = ends()
    const [near, far] = [connectionOver(a), connectionOver(b)]
    const [path, other] = [near, far].map(connection => new DirectPath(connection as never, 'peer')) as [DirectPath, DirectPath]
    a.channel.open()
    b.channel.open()
    await Promise.all([path.ready(), other.ready()])
    await near.sendClose()
    expect(a.closed).to.equal(false)
    await until(() => far.status === 'closed' && b.closed && a.closed)
  })

  it('that is doubted stays when the other end answers', async () => {
    const [a, b] = ends()
    const near = connectionOver(a)
    const path = new DirectPath(near as never, 'peer')
    const other = new DirectPath(connectionOver(b) as never, 'peer')
    a.channel.open()
    b.channel.open()
    await Promise.all([path.ready(), other.ready()])
    a.connectionState = 'disconnected'
    a.dispatchEvent(new Event('connectionstatechange'))
    path.doubt()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(near.aborted).to.deep.equal([])
    near.status = 'closed'
    path.doubt()
  })

  it('tells who waits for it that its connection is closed, once, whichever end it comes from', async () => {
    const ways: Array<(near: FakeConnection, far: FakeConnection) => void> = [
      near => { void near.sendClose() },
      near => { near.abort(new Error('lost')) },
      (_, far) => { void far.sendClose() },
      // as @libp2p/webrtc does when ICE has failed
      near => { near.onTransportClosed() }
    ]
    for (const [i, way] of ways.entries()) {
      const [a, b] = ends()
      const [near, far] = [connectionOver(a), connectionOver(b)]
      const paths = [near, far].map(connection => new DirectPath(connection as never, 'peer'))
      let told = 0
      a.addEventListener('close', () => { told += a.closed ? 1 : 100 })
      a.channel.open()
      b.channel.open()
      await Promise.all(paths.map(async path => path.ready()))
      way(near, far)
      await until(() => told > 0, { what: `way ${i}` })
      paths[0]?.discard()
      await until(() => b.closed || i === 3)
      expect(told).to.equal(1)
    }
  })

  it('whose RTCPeerConnection is closed without a word ends at once at both ends, which see that their channels are closed', async () => {
    for (const closed of ['near', 'far'] as const) {
      const [a, b] = ends()
      const [near, far] = [connectionOver(a), connectionOver(b)]
      const paths = [near, far].map(connection => new DirectPath(connection as never, 'peer'))
      a.channel.open()
      b.channel.open()
      await Promise.all(paths.map(async path => path.ready()))
      const [end, connection] = closed === 'near' ? [a, near] as const : [b, far] as const
      end.channel.readyState = 'closed'
      end.channel.dispatchEvent(new Event('close'))
      expect([connection.status, end.closed], closed).to.deep.equal(['closed', true])
    }
  })

  it('is closed within the event that its page is left by, for the cache; else it says goodbye alone', async () => {
    for (const [kept, ending] of [[false, false], [true, false], [true, true]] as const) {
      const [a, b] = ends()
      const [near, far] = [connectionOver(a), connectionOver(b)]
      const [path] = [near, far].map(connection => new DirectPath(connection as never, 'peer')) as [DirectPath, DirectPath]
      let ended = 0
      path.onEnd = () => { ended++ }
      a.channel.open()
      b.channel.open()
      await path.ready()
      // the mesh has ended its connection within the same event
      if (ending) near.abort(new Error('left'))
      path.left(kept)
      expect([a.closed, ended], `kept ${kept}`).to.deep.equal([kept, kept ? 1 : 0])
      expect(near.status).to.equal(ending ? 'aborted' : kept ? 'closed' : 'open')
      await until(() => far.status === 'closed' && b.closed)
      expect(ended).to.equal(kept ? 1 : 0)
    }
  })

  it('that never came up says how far it got', async () => {
    const [a] = ends()
    a.iceConnectionState = 'checking'
    const error = await new DirectPath(connectionOver(a) as never, 'peer').ready({ signal: AbortSignal.timeout(5) }).catch((error: unknown) => error)
    expect(error).to.have.property('message').that.includes('checking')
  })

  it('whose other end does not greet is not said to have no way', async () => {
    const [a, b] = ends()
    const path = new DirectPath(connectionOver(a) as never, 'peer')
    a.channel.open()
    b.channel.open()
    const error = await path.ready({ signal: AbortSignal.timeout(5) }).catch((error: unknown) => error as Error)
    expect(error).to.have.property('name', 'NoPathError')
    expect(explain('peer', error as Error, ['webrtc:read-ice-candidates']).message).to.match(/no direct path to peer: .*does not greet.*control channel/).and.not.to.match(/ICE|STUN/)
  })
})

describe('webrtc: what others may ask for', () => {
  interface FakeStream extends EventTarget { aborted?: Error }

  function gate (timeout?: number): { gate: Gate, ask: (peer: string) => FakeStream, handled: FakeStream[], upgraded: FakeConnection[] } {
    const handled: FakeStream[] = []
    const upgraded: FakeConnection[] = []
    let handler: ((stream: FakeStream, connection: { remotePeer: string }) => void) | undefined
    const made = new Gate({
      registrar: { handle: async (_: string, on: typeof handler) => { handler = on } },
      upgrader: { upgradeInbound: async (connection: FakeConnection) => { upgraded.push(connection) }, marker: 1 },
      connectionManager: { getConnections: () => [{ status: 'open', multiplexer: '/webrtc' }, { status: 'closed' }, { status: 'open', multiplexer: '/yamux/1.0.0' }] }
    } as never, timeout)
    void made.registrar.handle('/signalling', stream => { handled.push(stream) })
    return {
      gate: made,
      handled,
      upgraded,
      ask: peer => {
        const stream: FakeStream = Object.assign(new EventTarget(), { abort: (error: Error) => { stream.aborted = error } })
        handler?.(stream, { remotePeer: peer })
        return stream
      }
    }
  }

  it('is negotiated with few at a time, and with one peer even fewer', () => {
    const { ask, handled } = gate()
    const own = Array.from({ length: MAX_SIGNALLING_PER_PEER + 1 }, () => ask('a'))
    expect(own.map(({ aborted }) => aborted != null)).to.deep.equal([...Array.from({ length: MAX_SIGNALLING_PER_PEER }, () => false), true])
    const others = Array.from({ length: MAX_SIGNALLING }, (_, i) => ask(`b${i}`))
    expect(others.filter(({ aborted }) => aborted != null)).to.have.lengthOf(1)
    const before = handled.length
    own[0]?.dispatchEvent(new Event('close'))
    own[1]?.dispatchEvent(new Event('close'))
    expect(ask('c').aborted).to.equal(undefined)
    expect(handled).to.have.lengthOf(before + 1)
  })

  it('is over when there is a path, though the peer never ends its half of the stream', async () => {
    const { gate: made, ask } = gate(200)
    const streams = Array.from({ length: MAX_SIGNALLING }, (_, i) => ask(`b${i}`))
    expect(ask('c').aborted).not.to.equal(undefined)
    // one that has begun may go on
    expect(ask('b0').aborted).to.equal(undefined)
    for (let i = 0; i < MAX_SIGNALLING; i++) {
      const [a, b] = ends()
      void new Control(b as unknown as RTCPeerConnection)
      a.channel.open()
      b.channel.open()
      await made.upgrader.upgradeInbound(connectionOver(a) as never, { remotePeer: `b${i}`, signal: AbortSignal.timeout(5_000) } as never)
    }
    expect(ask('c').aborted).to.equal(undefined)
    expect(streams.filter(({ aborted }) => aborted != null)).to.have.lengthOf(0)
    await until(() => streams.every(({ aborted }) => aborted != null))
  })

  it('is over after its time, whatever came of it', async () => {
    const { ask } = gate(20)
    const streams = Array.from({ length: MAX_SIGNALLING }, (_, i) => ask(`b${i}`))
    expect(ask('c').aborted).not.to.equal(undefined)
    await until(() => streams.every(({ aborted }) => aborted != null))
    expect(ask('c').aborted).to.equal(undefined)
  })

  it('counts those whose path is not there yet', async () => {
    const { gate: made, ask } = gate()
    const half = Array.from({ length: MAX_SIGNALLING }, async (_, i) => {
      ask(`b${i}`)
      await made.upgrader.upgradeInbound(connectionOver(ends()[0]) as never, { remotePeer: `b${i}`, signal: AbortSignal.timeout(50) } as never).catch(() => {})
    })
    expect(ask('c').aborted).not.to.equal(undefined)
    await Promise.all(half)
    expect(ask('c').aborted).to.equal(undefined)
  })

  it('is refused to who has left half of it behind', async () => {
    const { gate: made, ask } = gate()
    const half = Array.from({ length: MAX_SIGNALLING_PER_PEER }, async () =>
      made.upgrader.upgradeInbound(connectionOver(ends()[0]) as never, { remotePeer: 'peer', signal: AbortSignal.timeout(50) } as never).catch(() => {}))
    expect(ask('peer').aborted).not.to.equal(undefined)
    expect(ask('another').aborted).to.equal(undefined)
    await Promise.all(half)
    expect(ask('peer').aborted).to.equal(undefined)
  })

  it('becomes a path when both ends have greeted, and no more of them than there is room for', async () => {
    const { gate: made, upgraded, ask } = gate()
    const inbound = async (): Promise<FakeConnection> => {
      const [a, b] = ends()
      const connection = connectionOver(a)
      const other = new Control(b as unknown as RTCPeerConnection)
      a.channel.open()
      b.channel.open()
      await made.upgrader.upgradeInbound(connection as never, { remotePeer: 'peer', signal: AbortSignal.timeout(5_000) } as never)
      expect(other.met).to.equal(true)
      return connection
    }
    const connections: FakeConnection[] = []
    for (let i = 0; i < MAX_DIRECT_PATHS; i++) connections.push(await inbound())
    expect(await inbound().catch(({ message }: Error) => message)).to.include(String(MAX_DIRECT_PATHS))
    expect(ask('late').aborted?.message).to.include('too many')
    expect(upgraded).to.have.lengthOf(MAX_DIRECT_PATHS)
    connections[0]?.onTransportClosed()
    await inbound()
    // silent: never a path
    const [a] = ends()
    connections[1]?.onTransportClosed()
    const failed = await made.upgrader.upgradeInbound(connectionOver(a) as never, { remotePeer: 'peer', signal: AbortSignal.timeout(5) } as never).catch(({ message }: Error) => message)
    expect(failed).to.include('no way was found')
    await until(() => a.closed)
    expect(upgraded).to.have.lengthOf(MAX_DIRECT_PATHS + 1)
  })

  it('is negotiated over a path that works', () => {
    const { gate: made } = gate()
    expect(made.connectionManager.getConnections().map(({ multiplexer }) => multiplexer)).to.deep.equal(['/yamux/1.0.0', '/webrtc'])
  })
})

describe('webrtc: options and reasons', () => {
  it('servers may be named, and nonsense is refused', () => {
    expect(webrtc().listen).to.deep.equal(['/webrtc'])
    webrtc({ iceServers: [{ urls: ['stun:a.example:3478', 'stuns:b.example'] }, { urls: 'turn:c.example?transport=tcp', username: 'u', credential: 'c' }] })
    const wrong: unknown[] = [
      { iceServers: 'stun:a' }, { iceServers: [{}] }, { iceServers: [{ urls: [] }] }, { iceServers: [{ urls: 'http://a.example' }] },
      { iceServers: [{ urls: 'turn:a.example' }] }, { iceTransportPolicy: 'public' }, { iceTransportPolicy: 'relay' },
      { timeout: 10 }, { timeout: 60_000 }, { timeout: Number.NaN }
    ]
    for (const options of wrong) expect(() => webrtc(options as never), JSON.stringify(options)).to.throw().with.property('name', 'InvalidOptionsError')
  })

  it('a scope without WebRTC is told apart', () => {
    expect([hasWebrtc({}), hasWebrtc({ RTCPeerConnection: class {} }), hasWebrtc({ process: { versions: { node: '24.0.0' } } })]).to.deep.equal([false, true, true])
  })

  it('addresses of direct paths are dialled last', () => {
    const relay = '/ip4/192.0.2.1/tcp/1/ws/p2p/12D3KooWNbA7BaroxGTwG9JkQ4EvUYv3dfo8a9BTryseS1KhxdsD/p2p-circuit'
    const addresses = [`${relay}/webrtc`, relay, '/ip4/192.0.2.1/tcp/2'].map(address => ({ multiaddr: multiaddr(address), isCertified: false }))
    expect(addresses.sort(directLast).map(({ multiaddr }) => multiaddr.toString())).to.deep.equal(['/ip4/192.0.2.1/tcp/2', relay, `${relay}/webrtc`])
    expect([`${relay}/webrtc/p2p/12D3KooWNbA7BaroxGTwG9JkQ4EvUYv3dfo8a9BTryseS1KhxdsD`, relay].map(isDirectAddress)).to.deep.equal([true, false])
  })

  it('why there is no direct path depends on how far it came', () => {
    const error = (name: string): Error => Object.assign(new Error('x'), { name })
    const said = (name: string, ...steps: string[]): string => explain('p', error(name), steps.map(step => `webrtc:${step}`)).message
    expect(said('UnsupportedProtocolError')).to.include('does not speak WebRTC')
    expect(said('TimeoutError', 'read-sdp-answer', 'read-ice-candidates')).to.match(/ICE failed.*STUN.*TURN/)
    expect(said('TimeoutError', 'read-sdp-answer')).to.include('did not answer')
    expect(said('StreamResetError', 'read-sdp-answer')).to.include('refused')
    expect(said('TimeoutError')).to.include('too slow')
    expect(said('ConnectionClosedError')).to.include('relayed path')
    expect(explain('p', error('NoPathError'), [])).to.have.property('message', 'x')
  })

  it('why there is no path at all depends on what the relay said', () => {
    const said = (...errors: Error[]): string => (noPath('p', errors.length === 1 ? errors[0] : new AggregateError(errors, 'All multiaddr dials failed')) as Error).message
    expect(said(new Error('failed to connect via relay with status NO_RESERVATION'))).to.include('its relay does not have it')
    expect(said(new Error('failed to connect via relay with status RESOURCE_LIMIT_EXCEEDED'), new Error('y'))).to.include('its relay refused')
    expect(said(Object.assign(new Error('The dial request has no valid addresses'), { name: 'NoValidAddressesError' }))).to.include('a place on none')
    expect(said(new Error('ECONNREFUSED 1'), new Error('ECONNREFUSED 2'))).to.include('ECONNREFUSED 1; Error: ECONNREFUSED 2')
    expect(noPath('p', Object.assign(new Error('x'), { name: 'AbortError' }))).to.have.property('name', 'AbortError')
    expect(noPath('p', 'odd')).to.equal('odd')
  })
})
