/**
 * Of which peers bytes arrive, over all protocols of a node. On a line that is full for seconds a probe, or the first
 * frame of a stream, waits behind other streams' data: what does arrive shows that the peer is alive and sending.
 */

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

export class Activity {
  readonly #peers = new Map<string, Counted>()

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
