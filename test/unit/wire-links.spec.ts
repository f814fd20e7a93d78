import { expect } from 'chai'
import fc from 'fast-check'
import { shareBytes } from '../../src/wire/bytes.ts'
import { LINK_MAKER_BYTES, MAX_CLAIM, MAX_TEXT } from '../../src/wire/limits.ts'
import { decodeClaim, decodePlace, encodeClaim, encodePlace } from '../../src/wire/links-codec.ts'
import { decodeFrame, fillFrame, sizeRequest } from '../../src/wire/rpc-frames.ts'
import * as generated from '../generated/links.ts'
import { fuzz } from './wire-fuzz.ts'

const number = fc.oneof(fc.nat(300), fc.constant(Number.MAX_SAFE_INTEGER))
const claims = fc.record({ parent: fc.oneof(fc.constantFrom('', '*'), fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/)), epoch: number, term: number, index: number, provisional: fc.boolean() })
const places = fc.record({ node: fc.string({ maxLength: 60 }), incarnation: number, maker: fc.uint8Array({ maxLength: LINK_MAKER_BYTES }) })

describe('wire: links', () => {
  it('claims and places are written as the generated codec writes them, and read back', () => {
    fc.assert(fc.property(claims, places, (claim, place) => {
      expect(encodeClaim(claim)).to.deep.equal(generated.Claim.encode(claim))
      expect(decodeClaim(encodeClaim(claim))).to.deep.equal(claim)
      expect(encodePlace(place)).to.deep.equal(generated.Place.encode(place))
      expect(decodePlace(encodePlace(place))).to.deep.equal(place)
    }))
  })

  it('the longest claim fits into a request, and a longer one is refused', () => {
    const claim = encodeClaim({ parent: 'x'.repeat(64), epoch: Number.MAX_SAFE_INTEGER, term: Number.MAX_SAFE_INTEGER, index: Number.MAX_SAFE_INTEGER, provisional: true })
    expect(claim.length).to.be.at.most(MAX_CLAIM)
    const frame = (link: Uint8Array): Uint8Array => {
      const bytes = new Uint8Array(sizeRequest({ id: 1, service: 'a', method: 'b', timeout: 0, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link, life: 0 }))
      fillFrame(bytes, 0)
      return bytes
    }
    expect(decodeFrame(frame(claim), 0, frame(claim).length)).to.deep.include({ link: claim })
    const long = frame(new Uint8Array(MAX_CLAIM + 1))
    expect(() => decodeFrame(long, 0, long.length)).to.throw('a link of another length').with.property('name', 'ProtocolError')
  })

  it('short bytes that come again are the same bytes, and long ones their own', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
      const one = shareBytes(bytes)
      const frame = Uint8Array.from([1, ...bytes, 2])
      expect(one).to.deep.equal(bytes)
      expect(shareBytes(frame, 1, frame.length - 1) === one).to.equal(bytes.length <= 96)
    }))
  })

  it('what a peer sends is refused by name or within its bounds', () => {
    const refused = (bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void => {
      expect(() => decode(bytes)).to.throw().with.property('name', 'ProtocolError')
    }
    refused(generated.Claim.encode({ parent: 'No Name', epoch: 0, term: 0, index: 0, provisional: false }), decodeClaim)
    refused(Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), decodeClaim)
    refused(generated.Place.encode({ node: 'x'.repeat(MAX_TEXT + 1), incarnation: 0, maker: new Uint8Array(0) }), decodePlace)
    refused(generated.Place.encode({ node: 'x', incarnation: 0, maker: new Uint8Array(LINK_MAKER_BYTES + 1) }), decodePlace)
    fuzz([encodeClaim({ parent: 'a', epoch: 1, term: 2, index: 3, provisional: false }), encodePlace({ node: 'x', incarnation: 1, maker: new Uint8Array(8) })], decodeClaim, decodePlace)
  })
})
