/** Signatures for worlds without keys: whoever signs is named by the world, so that nobody can sign for another one. */
import type { Config, SignedConfig } from '../../src/election/types.core.ts'

export function sealed (by: string, config: Config): SignedConfig {
  return { by, config, signature: textOf(by, config), publicKey: new Uint8Array() }
}

export function isSealed ({ by, config, signature }: SignedConfig): boolean {
  const expected = textOf(by, config)
  return signature.length === expected.length && signature.every((byte, i) => byte === expected[i])
}

function textOf (by: string, { group, epoch, kind, term, version, replaces, voters }: Config): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([by, group, epoch, kind, term, version, replaces, voters.map(({ id, incarnation }) => [id, incarnation])]))
}
