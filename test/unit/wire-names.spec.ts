import { expect } from 'chai'
import { checkName, isName } from '../../src/wire/names.ts'
import { kadProtocol, nodesTopic, protocolId } from '../../src/wire/protocols.ts'
import { tokenIdOf, tokenToBytes, tokenToHex } from '../../src/wire/token.ts'

describe('wire: names', () => {
  it('takes what the rule allows and returns it', () => {
    for (const name of ['a', '0', 'user.password', 'a_b-c.d', 'x'.repeat(64)]) {
      expect(checkName('service', name)).to.equal(name)
    }
    expect(checkName('method', 'getUser')).to.equal('getUser')
  })

  it('refuses everything else and says what and why', () => {
    const bad: unknown[] = ['', '.a', '-a', 'A', 'a b', 'a/b', 'é', 'x'.repeat(65), 'a\n', undefined, null, 5, {}]
    for (const name of bad) {
      expect(isName('mesh', name)).to.equal(false)
      expect(() => checkName('mesh', name)).to.throw('illegal mesh name').with.property('name', 'InvalidNameError')
    }
    expect(() => checkName('topic', 'My Topic')).to.throw('illegal topic name "My Topic": use 1 to 64 of a-z 0-9 . _ - and begin with a letter or a digit')
    expect(() => checkName('method', 'a'.repeat(5_000))).to.throw().with.property('message').with.length.below(250)
    expect(() => checkName('channel', 'getUser')).to.throw()
  })
})

describe('wire: protocol ids', () => {
  it('carry the name of the mesh', () => {
    expect(protocolId('shop', 'rpc')).to.equal('/braid/shop/rpc/1.0.0')
    expect(kadProtocol('shop')).to.equal('/braid/shop/kad/1.0.0')
    expect(nodesTopic('shop')).to.equal('braid/shop/nodes')
  })
})

describe('wire: token ids', () => {
  it('are HMAC-SHA-256 in hex', () => {
    // RFC 4231, test case 2
    expect(tokenIdOf('what do ya want for nothing?', 'Jefe')).to.equal('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    const id = tokenIdOf('é', 'secret')
    expect(tokenIdOf('é', 'other')).not.to.equal(id)
    expect(tokenToHex(tokenToBytes(id))).to.equal(id)
    expect(tokenToBytes(id)).to.have.length(32)
  })
})
