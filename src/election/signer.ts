/** A node's key for the configs that it writes as a leader, and everybody's for what others wrote. */
import { fromString } from 'uint8arrays/from-string'
import { encodeStatement } from '../wire/election-codec.ts'
import { sign, verify } from '../util/signing.ts'
import type { Config, ElectionOutput, SignedConfig } from './types.core.ts'
import type { PrivateKey } from '@libp2p/interface'

const DOMAIN = fromString('braid-mesh/config/v1\0')

type Answer = { type: 'signed', signed: SignedConfig } | { type: 'verified', id: number, ok: boolean }

interface SignerInit { readonly privateKey: PrivateKey, readonly mesh: string, readonly service: string, readonly self: string }

export class Signer {
  readonly #init: SignerInit

  constructor (init: SignerInit) {
    this.#init = init
  }

  /** What the core is told in answer. Rejects when the key fails. */
  async answer (asked: Extract<ElectionOutput, { type: 'sign' | 'verify' }>): Promise<Answer> {
    if (asked.type === 'sign') return { type: 'signed', signed: await this.#sign(asked.config) }
    return { type: 'verified', id: asked.id, ok: await this.#verify(asked.signed) }
  }

  async #sign (config: Config): Promise<SignedConfig> {
    const { privateKey, self } = this.#init
    const { signature, publicKey } = await sign(DOMAIN, this.#statement(self, config), privateKey)
    return { by: self, config, signature, publicKey }
  }

  /** Whether it was signed by whom it names. */
  async #verify ({ by, config, signature, publicKey }: SignedConfig): Promise<boolean> {
    return verify(DOMAIN, by, { record: this.#statement(by, config), signature, publicKey })
  }

  #statement (by: string, config: Config): Uint8Array {
    const { mesh, service } = this.#init
    return encodeStatement({ mesh, service, by, config })
  }
}
