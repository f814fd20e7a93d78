/**
 * Of which peers bytes arrive, over all protocols of a node. On a line that is full for seconds a probe, or the first
 * frame of a stream, waits behind other streams' data: what does arrive shows that the peer is alive and sending.
 */

import type { Timers } from '../util/timers.ts'
import type { Connection, MessageStream } from '@libp2p/interface'

/** What was heard of one peer. */
export interface PeerActivity {
  /** When bytes last arrived, in the milliseconds of the streams' timers. */
  at: number
  /** Since {@link Activity.take} was last called. */
  heard: boolean
  /** When something was last sent to it. */
  sentAt: number
}

interface Counted extends PeerActivity {
  streams: number
}

/** What a connection of libp2p has and its type does not tell: the way under its encryption and its muxer. */
interface OverWire {
  readonly maConn?: MessageStream
}

export class Activity {
  readonly #peers = new Map<string, Counted>()
  readonly #watched = new WeakSet<Connection>()

  /**
   * Bytes of this connection count as they come. A stream sees nothing of a muxer's frame, of up to 64 KiB, until all of
   * it is there: on a thin line that takes longer than a suspect is given.
   */
  watch (connection: Connection, timers: Timers): void {
    if (this.#watched.has(connection)) {
      return
    }
    this.#watched.add(connection)
    const peer = connection.remotePeer.toString()
    const wire = (connection as unknown as OverWire).maConn
    wire?.addEventListener('message', () => {
      const activity = this.#peers.get(peer)
      if (activity !== undefined) {
        activity.at = timers.now()
        activity.heard = true
      }
    })
  }

  /** A stream with this peer begins; give {@link leave} as many calls. */
  join (peer: string): PeerActivity {
    let activity = this.#peers.get(peer)
    if (activity === undefined) {
      activity = { at: -Infinity, heard: false, sentAt: -Infinity, streams: 0 }
      this.#peers.set(peer, activity)
    }
    activity.streams++
    return activity
  }

  leave (peer: string): void {
    const activity = this.#peers.get(peer)
    if (activity !== undefined && --activity.streams === 0) {
      this.#peers.delete(peer)
    }
  }

  /** Peers of which bytes arrived since this was last called, and when something was last sent to each. */
  take (): Array<{ peer: string, sentAt: number }> {
    const heard: Array<{ peer: string, sentAt: number }> = []
    for (const [peer, activity] of this.#peers) {
      if (activity.heard) {
        activity.heard = false
        heard.push({ peer, sentAt: activity.sentAt })
      }
    }
    return heard
  }
}

const nodes = new WeakMap<object, Activity>()

/** One for all protocols of a node, which share its connection manager. */
export function activityOf (connectionManager: object): Activity {
  let activity = nodes.get(connectionManager)
  if (activity === undefined) {
    activity = new Activity()
    nodes.set(connectionManager, activity)
  }
  return activity
}
