import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Signer } from '../../src/election/signer.ts'
import type { Config, SignedConfig } from '../../src/election/types.core.ts'
import type { PrivateKey } from '@libp2p/interface'

const idOf = (key: PrivateKey): string => peerIdFromPrivateKey(key).toString()

describe('election: signed configs', () => {
  const incarnation = 'ab'.repeat(16)
  const config: Config = { group: 9, epoch: 9, kind: 'expect', term: 3, version: 4, voters: [{ id: 'a', incarnation }], replaces: 0 }

  async function signerOf (type: 'Ed25519' | 'RSA' | 'secp256k1', { mesh = 'shop', service = 'login' } = {}): Promise<Signer> {
    const privateKey = type === 'RSA' ? await generateKeyPair(type, 2_048) : await generateKeyPair(type)
    return new Signer({ privateKey, mesh, service, self: idOf(privateKey) })
  }

  async function sign (signer: Signer): Promise<SignedConfig> {
    const answer = await signer.answer({ type: 'sign', config })
    return 'signed' in answer ? answer.signed : expect.fail()
  }

  async function believes (signer: Signer, signed: SignedConfig): Promise<boolean> {
    const answer = await signer.answer({ type: 'verify', id: 5, signed })
    return 'ok' in answer && answer.id === 5 ? answer.ok : expect.fail()
  }

  for (const type of ['Ed25519', 'RSA', 'secp256k1'] as const) {
    it(`of ${type} keys are believed by others of the mesh and the service, as they were signed`, async () => {
      const signed = await sign(await signerOf(type))
      const reader = await signerOf('Ed25519')
      expect(await believes(reader, signed)).to.equal(true)
      const other = idOf(await generateKeyPair('Ed25519'))
      const lies: SignedConfig[] = [
        { ...signed, by: other }, { ...signed, by: 'nobody' }, { ...signed, signature: new Uint8Array(64) }, { ...signed, signature: new Uint8Array() },
        ...[{ group: 10 }, { epoch: 10 }, { kind: 'voters' as const }, { term: 4 }, { version: 5 }, { replaces: 1 }, { voters: [{ id: 'b', incarnation }] }, { voters: [{ id: 'a', incarnation: 'cd'.repeat(16) }] }]
          .map(change => ({ ...signed, config: { ...config, ...change } }))
      ]
      for (const lie of lies) expect(await believes(reader, lie), JSON.stringify(lie)).to.equal(false)
      for (const elsewhere of [{ mesh: 'shopping' }, { service: 'mail' }]) expect(await believes(await signerOf('Ed25519', elsewhere), signed)).to.equal(false)
    })
  }
})
