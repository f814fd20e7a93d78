/** Which of a peer's connections are given up when it has a new one. */
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { Succession } from '../../src/streams/succession.ts'
import { useSwiftTime } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { Connection, Libp2pEvents } from '@libp2p/interface'

/** Of one peer; `answers` its pings or not. */
class FakeConnection {
  readonly remotePeer = { toString: () => 'peer' }
  readonly maConn = new EventTarget()
  status = 'open'
  asked = 0
  answers: boolean

  constructor (answers: boolean) {
    this.answers = answers
  }

  async newStream (): Promise<unknown> {
    this.asked++
    if (this.status !== 'open') throw new Error('the connection is closed')
    const stream = Object.assign(new EventTarget(), {
      send: (data: Uint8Array) => {
        if (this.answers) queueMicrotask(() => { stream.dispatchEvent(Object.assign(new Event('message'), { data })) })
      },
      close: async () => {},
      closeRead: async () => {},
      abort: () => {}
    })
    return stream
  }

  abort (): void { this.status = 'aborted' }
}

describe('when a peer has one more connection', () => {
  useSwiftTime()
  let connections: FakeConnection[]
  let events: TypedEventEmitter<Libp2pEvents>
  let succession: Succession

  beforeEach(() => {
    connections = []
    events = new TypedEventEmitter()
    succession = new Succession({ events, getConnections: () => connections as unknown as Connection[] })
    succession.start()
  })

  afterEach(() => { succession.stop() })

  function open (answers: boolean): FakeConnection {
    const connection = new FakeConnection(answers)
    connections.push(connection)
    events.safeDispatchEvent('connection:open', { detail: connection as unknown as Connection })
    return connection
  }

  it('those on which nothing comes are given up, and those that answer, or of which anything comes, are kept', async () => {
    const [dead, alive, busy] = [false, true, false].map(answers => new FakeConnection(answers)) as [FakeConnection, FakeConnection, FakeConnection]
    connections.push(dead, alive, busy)
    const newer = open(true)
    busy.maConn.dispatchEvent(new Event('message'))
    await until(() => dead.status === 'aborted')
    expect([alive, busy, newer].map(({ status }) => status)).to.deep.equal(['open', 'open', 'open'])
  })

  it('the first is not asked, and one that does not answer itself speaks against no other', async () => {
    const older = open(false)
    expect(older.asked).to.equal(0)
    const newer = open(false)
    expect([older.asked, newer.asked]).to.deep.equal([1, 1])
    // what comes meanwhile is asked afterwards, once, however many there are
    const last = [open(true), open(true)]
    await until(() => older.status === 'aborted')
    expect([older, newer, ...last].map(({ asked }) => asked)).to.deep.equal([2, 2, 1, 1])
    expect(newer.status).to.equal('aborted')
  })

  it('nobody is asked after the end', async () => {
    const older = open(false)
    succession.stop()
    open(true)
    expect(older.asked).to.equal(0)
  })
})
