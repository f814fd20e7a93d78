import { expect } from 'chai'
import { activityOf } from '../../src/streams/activity.ts'
import { bytesOf, pair, settled } from './streams.helper.ts'
import type { Timers } from '../../src/util/timers.ts'
import type { Connection } from '@libp2p/interface'

describe('streams: activity of a peer', () => {
  it('is shared by all protocols of a node, told once, and forgotten with the last stream', () => {
    const node = {}
    const first = activityOf(node).join('a')
    expect(activityOf(node).join('a')).to.equal(first)
    expect(activityOf({}).take()).to.deep.equal([])
    expect(activityOf(node).take()).to.deep.equal([])
    first.heard = true
    expect(activityOf(node).take()).to.deep.equal([{ peer: 'a', sentAt: -Infinity }])
    expect(activityOf(node).take()).to.deep.equal([])
    activityOf(node).leave('a')
    expect(activityOf(node).join('a')).to.equal(first)
    for (let i = 0; i < 2; i++) activityOf(node).leave('a')
    expect(activityOf(node).join('a')).to.not.equal(first)
  })

  it('notes the bytes that arrive', async () => {
    const activity = { at: -Infinity, heard: false, sentAt: -Infinity }
    const { a, b, time } = await pair({}, { activity })
    time.advance(500)
    a.framed.send(bytesOf(10))
    await settled()
    expect(activity.heard).to.equal(true)
    expect(activity.at).to.be.at.least(500)
    expect(activity.sentAt).to.equal(-Infinity)
    b.framed.send(bytesOf(10))
    await settled()
    expect(activity.sentAt).to.be.at.least(500)
  })

  it('counts the bytes of a connection before they make a frame, once each, while a stream is open', () => {
    const activity = activityOf({})
    const maConn = new EventTarget()
    const connection = { remotePeer: 'a', maConn } as unknown as Connection
    let now = 0
    const timers = { now: () => now } as Timers
    const arrive = (): boolean => maConn.dispatchEvent(new Event('message'))
    for (let i = 0; i < 2; i++) activity.watch(connection, timers)
    activity.watch({ remotePeer: 'b' } as unknown as Connection, timers)
    arrive()
    expect(activity.take()).to.deep.equal([])
    const peer = activity.join('a')
    now = 700
    arrive()
    expect(peer.at).to.equal(700)
    expect(activity.take()).to.deep.equal([{ peer: 'a', sentAt: -Infinity }])
    expect(activity.take()).to.deep.equal([])
  })

  it('lets a first frame wait behind what the peer sends on other streams, and no longer', async () => {
    const activity = { at: -Infinity, heard: false, sentAt: -Infinity }
    const { b, time } = await pair({}, { expectFirstFrame: true, limits: { firstFrameTimeout: 1_000, idleTimeout: 1e9 }, activity })
    for (let i = 0; i < 5; i++) {
      time.advance(900)
      activity.at = time.timers.now()
    }
    expect(b.ends).to.have.length(0)
    time.advance(1_100)
    expect(b.ends.map(reason => reason?.name)).to.deep.equal(['StreamTimeoutError'])
  })
})
