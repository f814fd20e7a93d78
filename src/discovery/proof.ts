/**
 * That another process lives under this node's identity is believed only when that one proves it: by a signature, with the
 * key of both, over a number that this node has just drawn and over the other's own boot nonce. Whoever sees streams of
 * both passes the words on, and can do no more than keep them back.
 */
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { CHALLENGE_BYTES } from '../wire/limits.ts'
import { PROOF_FRESH } from './numbers.ts'
import type { Conflict } from '../wire/discovery-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

const DOMAIN = fromString('braid-mesh/alive/v1\0')

interface ProofInit {
  privateKey: PrivateKey
  bootNonce: Uint8Array
  now: () => number
  onProved: () => void
}

export class Prover {
  readonly #init: ProofInit
  #challenge = new Uint8Array()
  #drawnAt = -Infinity

  constructor (init: ProofInit) {
    this.#init = init
  }

  /**
   * Words that came about this node's identity, with what is to be said in answer to them, if anything.
   *
   * @returns false when they are a lie
   */
  async onConflict ({ challenge, bootNonce, signature }: Conflict, answer: (conflict: Conflict) => void): Promise<boolean> {
    const own = this.#init
    if (challenge.length === 0) {
      answer({ challenge: this.#draw(), bootNonce: challenge, signature: challenge })
    } else if (signature.length === 0) {
      answer({ challenge, bootNonce: own.bootNonce, signature: await own.privateKey.sign(statement(challenge, own.bootNonce)) })
    } else if (equals(challenge, this.#challenge) && own.now() - this.#drawnAt < PROOF_FRESH) {
      if (equals(bootNonce, own.bootNonce) || !await this.#verify(challenge, bootNonce, signature)) return false
      this.#drawnAt = -Infinity
      own.onProved()
    }
    return true
  }

  async #verify (challenge: Uint8Array, bootNonce: Uint8Array, signature: Uint8Array): Promise<boolean> {
    try {
      return await this.#init.privateKey.publicKey.verify(statement(challenge, bootNonce), signature)
    } catch {
      return false
    }
  }

  #draw (): Uint8Array {
    const now = this.#init.now()
    if (now - this.#drawnAt >= PROOF_FRESH) {
      this.#challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES))
      this.#drawnAt = now
    }
    return this.#challenge
  }
}

/** The challenge has a fixed length: no two statements have the same bytes. */
function statement (challenge: Uint8Array, bootNonce: Uint8Array): Uint8Array {
  return concat([DOMAIN, challenge, bootNonce])
}
