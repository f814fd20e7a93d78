import { InvalidOptionsError } from '../errors.ts'
import { tokenIdOf, tokenToBytes } from '../wire/token.ts'
import { MAX_TOKEN, MAX_TOKENS } from './numbers.ts'
import type { TokenId } from './index.ts'

export interface KnownToken {
  readonly id: TokenId
  /** The id as it travels. */
  readonly bytes: Uint8Array
}

/** Ids of tokens under one secret, the last ones remembered. */
export class TokenIds {
  readonly #secret: string
  readonly #known = new Map<string, KnownToken>()

  constructor (secret: string) {
    this.#secret = secret
  }

  /** @throws InvalidOptionsError - not a string of 1 to 4096 characters */
  get (token: string): KnownToken {
    const known = this.#known.get(token)
    if (known !== undefined) {
      return known
    }
    if (typeof token !== 'string' || token.length === 0 || token.length > MAX_TOKEN) {
      throw new InvalidOptionsError(`token must be a string of 1 to ${MAX_TOKEN} characters`)
    }
    const id = tokenIdOf(token, this.#secret)
    const made: KnownToken = { id, bytes: tokenToBytes(id) }
    if (this.#known.size >= MAX_TOKENS) {
      this.#forgetHalf()
    }
    this.#known.set(token, made)
    return made
  }

  /** Half at once: moving each token that is used to the end of the map would cost more than the rare second hash. */
  #forgetHalf (): void {
    let left = MAX_TOKENS / 2
    for (const token of this.#known.keys()) {
      if (left-- <= 0) {
        return
      }
      this.#known.delete(token)
    }
  }
}
