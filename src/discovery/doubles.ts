/**
 * All that is said of copied identities: what this node sees of others' (`clones.ts`), and what it hears of its own
 * (`proof.ts`). Imported as `#doubles`, which for browsers is `no-doubles.ts`: pages do not carry it.
 */
import { Clones, send } from './clones.ts'
import { Prover } from './proof.ts'
import { now } from './timing.ts'
import { encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import type { Counters } from './counters.ts'
import type { Peers } from './peers.ts'
import type { FramedStream } from '../streams/index.ts'
import type { Conflict, DiscoveryFrame } from '../wire/discovery-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

/** Words about a copied identity that a peer may send per second: each may cost a signature. */
const MAX_CONFLICTS = 8

interface DoublesInit {
  privateKey: PrivateKey
  bootNonce: Uint8Array
  peers: Peers
  counters: Counters
  onConflict: () => void
}

class CopiedIdentities {
  readonly #init: DoublesInit
  readonly #clones = new Clones(Math.random)
  readonly #prover: Prover

  constructor (init: DoublesInit) {
    this.#init = init
    const { privateKey, bootNonce, onConflict } = init
    this.#prover = new Prover({ privateKey, bootNonce, now, onProved: onConflict })
  }

  stop (): void {
    this.#clones.stop()
  }

  /** Before anything else is made of it. */
  onFrame (stream: FramedStream, { hello, ack, conflict }: DiscoveryFrame): void {
    if (hello != null) this.#clones.onNonce(stream, hello.bootNonce)
    else if (ack != null) this.#clones.onAck(stream, ack.nonce)
    else if (conflict != null) this.#onConflict(stream, conflict)
  }

  onEnd (stream: FramedStream): void {
    this.#clones.onEnd(stream)
  }

  /** On its own stream a peer speaks to its double; on ours it speaks of us, and is believed only what is proved. */
  #onConflict (stream: FramedStream, conflict: Conflict): void {
    const { peers, counters } = this.#init
    const from = stream.peer
    if (!peers.allow(from, 'conflict_frames', MAX_CONFLICTS)) return
    if (stream.direction === 'inbound') {
      this.#clones.pass(stream, conflict)
      return
    }
    if (conflict.challenge.length === 0) counters.add('conflicts_told')
    this.#prover.onConflict(conflict, answer => { send(stream, encodeDiscoveryFrame({ conflict: answer })) }).then(honest => {
      if (honest) return
      counters.add('conflicts_forged')
      peers.punish(from, 2)
    }, () => { counters.add('frames_failed') })
  }
}

export type DoublesClass = typeof CopiedIdentities

export const Doubles: DoublesClass | undefined = CopiedIdentities
