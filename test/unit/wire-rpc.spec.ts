import { expect } from 'chai'
import fc from 'fast-check'
import { LARGEST_BODY, MAX_BODY, MAX_HEADER_SETS, MAX_HEADERS, MAX_MESSAGE, MAX_TIMEOUT } from '../../src/wire/limits.ts'
import { decodeFrame, fillFrame, sizeCancel, sizeCredit, sizeEnd, sizeGoAway, sizeItem, sizeRequest, sizeResponse, writeCancel, writeGoAway, writeRequest, writeResponse } from '../../src/wire/rpc-frames.ts'
import { Trace, TRACE_BYTES } from '../../src/wire/trace.ts'
import { Frame } from '../generated/rpc.ts'
import { Chunk, fuzz, hex, unhex } from './wire-fuzz.ts'
import type { DecodedFrame, DecodedRequest, RequestFrame, ResponseFrame, TextMap } from '../../src/wire/rpc-frames.ts'

const request: RequestFrame = {
  id: 300,
  service: 'login',
  method: 'user.password',
  timeout: 5000,
  codec: 3,
  body: Uint8Array.of(1, 2, 3),
  token: new Uint8Array(32).fill(0xab),
  metadata: { trace: 'é' },
  headers: { '': 'x', k: '' },
  idempotencyKey: 'k1',
  streaming: 0,
  trace: undefined,
  headerSet: 0,
  link: Uint8Array.of(9),
  life: 77
}
const bare: RequestFrame = { id: 0, service: '', method: '', timeout: 0, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0 }
const response: ResponseFrame = { id: 300, status: 14, codec: 1, body: Uint8Array.of(0xf6), message: 'gone', retryable: true, headers: { a: 'b' } }

/** Written at an offset into a larger buffer, as into a stream's batch. */
function written (size: number): Uint8Array {
  const batch = new Uint8Array(size + 7).fill(0xee)
  fillFrame(batch, 4)
  expect([...batch.subarray(0, 4), ...batch.subarray(4 + size)], 'bytes beside the frame').to.deep.equal(new Array(7).fill(0xee))
  return batch.slice(4, 4 + size)
}

const decode = (bytes: Uint8Array): DecodedFrame => decodeFrame(bytes, 0, bytes.length)
const asRequest = (fields: string): DecodedRequest => decode(unhex(`0a${(fields.length / 2).toString(16).padStart(2, '0')}${fields}`)) as DecodedRequest
const map = (texts: TextMap | undefined): Map<string, string> => new Map(Object.entries(texts ?? {}))
const bytesOf = (bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes ?? [])

function refused (bytes: Uint8Array | string, text: string): void {
  expect(() => decode(typeof bytes === 'string' ? unhex(bytes) : bytes)).to.throw(text).with.property('name', 'ProtocolError')
}

const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16383, 16384, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1), fc.nat(0xffffffff))
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 200 }))
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined })
const texts = fc.option(fc.dictionary(text.filter(t => t !== '__proto__' && !/^\d+$/.test(t)), text, { maxKeys: 6 }), { nil: undefined })
const codec = fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const)
const requests: fc.Arbitrary<RequestFrame> = fc.record({
  id: uint32,
  service: fc.string({ maxLength: 30 }),
  method: fc.string({ unit: 'binary', maxLength: 15 }),
  timeout: fc.nat(MAX_TIMEOUT),
  codec,
  body: bytes,
  token: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  metadata: texts,
  headers: texts,
  idempotencyKey: fc.option(text, { nil: undefined }),
  streaming: fc.nat(3),
  trace: fc.option(fc.uint8Array({ minLength: TRACE_BYTES, maxLength: TRACE_BYTES }).map(traceOf), { nil: undefined }),
  headerSet: fc.nat(MAX_HEADER_SETS),
  link: fc.option(fc.uint8Array({ minLength: 1, maxLength: 128 }), { nil: undefined }),
  life: uint32
})
const responses: fc.Arbitrary<ResponseFrame> = fc.record({ id: uint32, status: fc.nat(16), codec, body: bytes, message: text, retryable: fc.boolean(), headers: texts })

/** The span and the trace have ids that are not zeros. */
function traceOf (bytes: Uint8Array): Trace {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return new Trace(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12) | 1, view.getInt32(16), view.getInt32(20) | 1, (bytes[24] as number) & 1)
}

function bytesOfTrace ({ t0, t1, t2, t3, s0, s1, flags }: Trace): Uint8Array {
  const bytes = new Uint8Array(TRACE_BYTES)
  const view = new DataView(bytes.buffer);
  [t0, t1, t2, t3, s0, s1].forEach((word, i) => { view.setInt32(i * 4, word) })
  bytes[24] = flags
  return bytes
}

function generated (kind: 'request' | 'response', frame: RequestFrame | ResponseFrame): Uint8Array {
  const { headers, ...rest } = frame
  const own = 'metadata' in frame ? { metadata: map(frame.metadata), trace: frame.trace === undefined ? undefined : bytesOfTrace(frame.trace) } : {}
  return Frame.encode({ [kind]: { ...rest, ...own, headers: map(headers) } })
}

/** By the generated codec, which knows no limits. */
const raw = (frame: object): Uint8Array => Frame.encode(frame)

describe('wire: rpc frames', () => {
  it('are what the fixtures say', () => {
    expect(hex(written(sizeRequest(request)))).to.equal(
      '0a65' + '08ac02' + '120d757365722e70617373776f7264' + '188827' + '2003' + '2a03010203' + '3220' + 'ab'.repeat(32) +
      '3a0b0a0574726163651202c3a9' + '42031201784203' + '0a016b' + '4a026b31' + '52056c6f67696e' + '720109' + '784d')
    expect(hex(written(sizeResponse(response)))).to.equal('121a08ac02100e18012201f62a04676f6e6530013a060a016112' + '0162')
    expect(hex(written(sizeCancel(300)))).to.equal('1a0308ac02')
    expect(hex(written(sizeGoAway('bye')))).to.equal('22050a03627965')
    expect(hex(written(sizeRequest(bare)))).to.equal('0a00')
    expect(hex(written(sizeRequest({ ...bare, streaming: 3 })))).to.equal('0a025803')
    const trace = new Trace(0x01020304, 5, 6, 7, -1, 8, 1)
    expect(hex(written(sizeRequest({ ...bare, trace, headerSet: 2, headers: { k: 'v' } })))).to.equal(
      '0a25' + '4206' + '0a016b' + '120176' + '6219' + '01020304000000050000000600000007' + 'ffffffff00000008' + '01' + '6802')
    expect(hex(written(sizeRequest({ ...bare, headerSet: 2, headers: { k: 'v' } }, true)))).to.equal('0a02' + '6802')
    expect(hex(written(sizeItem(3, Uint8Array.of(7, 8))))).to.equal('2a06080312020708')
    expect(hex(written(sizeCredit(300)))).to.equal('320308ac02')
    expect(hex(written(sizeEnd()))).to.equal('3a00')
    expect(decode(unhex('0a00'))).to.deep.equal({ ...bare, kind: 1, metadata: {}, headers: {} })
    expect(decode(unhex('1a0308ac02'))).to.deep.equal({ kind: 3, id: 300 })
    expect(decode(unhex('22050a03627965'))).to.deep.equal({ kind: 4, reason: 'bye' })
    expect(decode(unhex('2a06080312020708'))).to.deep.equal({ kind: 5, codec: 3, body: Uint8Array.of(7, 8) })
    expect(decode(unhex('320308ac02'))).to.deep.equal({ kind: 6, bytes: 300 })
    expect(decode(unhex('3a00'))).to.deep.equal({ kind: 7 })
  })

  it('are written as the generated codec writes them, and read by it', () => {
    fc.assert(fc.property(requests, frame => {
      expect(hex(written(sizeRequest(frame)))).to.equal(hex(generated('request', frame)))
    }), { numRuns: 2_000 })
    fc.assert(fc.property(responses, frame => {
      expect(hex(written(sizeResponse(frame)))).to.equal(hex(generated('response', frame)))
    }), { numRuns: 2_000 })
    fc.assert(fc.property(codec, bytes, (codec, body) => {
      expect(hex(written(sizeItem(codec, body)))).to.equal(hex(Frame.encode({ item: { codec, body: bytesOf(body) } })))
    }), { numRuns: 500 })
    fc.assert(fc.property(uint32, bytes => {
      expect(hex(written(sizeCredit(bytes)))).to.equal(hex(Frame.encode({ credit: { bytes } })))
    }))
    expect(hex(written(sizeEnd()))).to.equal(hex(Frame.encode({ end: {} })))
    expect(hex(written(sizeCancel(0)))).to.equal(hex(Frame.encode({ cancel: { id: 0 } })))
    expect(hex(written(sizeGoAway('')))).to.equal(hex(Frame.encode({ goaway: { reason: '' } })))
  })

  it('are read as the generated codec wrote them', () => {
    fc.assert(fc.property(requests, frame => {
      const read = decode(generated('request', frame)) as DecodedRequest
      const { metadata, headers, body, token, idempotencyKey, ...plain } = frame
      expect(read).to.deep.include({ ...plain, kind: 1, idempotencyKey: idempotencyKey === '' ? undefined : idempotencyKey })
      expect([map(read.metadata), map(read.headers), bytesOf(read.body), bytesOf(read.token)]).to.deep.equal([map(metadata), map(headers), bytesOf(body), bytesOf(token)])
    }), { numRuns: 2_000 })
    fc.assert(fc.property(responses, frame => {
      const read = decode(generated('response', frame)) as ResponseFrame
      const { headers, body, ...plain } = frame
      expect(read).to.deep.include({ ...plain, kind: 2 })
      expect([map(read.headers), bytesOf(read.body)]).to.deep.equal([map(headers), bytesOf(body)])
    }), { numRuns: 2_000 })
    fc.assert(fc.property(codec, bytes, (codec, body) => {
      const read = decode(Frame.encode({ item: { codec, body: bytesOf(body) } }))
      expect(read).to.deep.include({ kind: 5, codec })
      expect(bytesOf((read as { body?: Uint8Array }).body)).to.deep.equal(bytesOf(body))
    }), { numRuns: 500 })
  })

  it('may have their fields in any order, twice, and fields of later versions', () => {
    const fields = ['08ac02', '1201' + '6d', '188827', '2003', '2a03010203', '5203' + '737663']
    const unknown = ['7805', '7d01020304', '7901020304050607' + '08', '7a02ffff', 'f87f' + '01']
    fc.assert(fc.property(fc.shuffledSubarray([...fields, ...unknown], { minLength: fields.length + unknown.length }), shuffled => {
      expect(asRequest(shuffled.join(''))).to.deep.include({ id: 300, method: 'm', timeout: 5000, codec: 3, service: 'svc', body: Uint8Array.of(1, 2, 3) })
    }), { numRuns: 300 })
    expect(asRequest('0801' + '0802').id).to.equal(2)
    expect(asRequest('2a0101' + '2a020203').body).to.deep.equal(Uint8Array.of(2, 3))
    expect(asRequest('3a060a01611201623a060a0161120163').metadata.a, 'last of a key').to.equal('c')
    expect((decode(unhex('0a020801' + '0a020802' + '7a00')) as DecodedRequest).id, 'last of a frame').to.equal(2)
    expect(asRequest('0d01020304').id, 'another wire type is another field').to.equal(0)
    expect(asRequest('08ac8280808000').id, 'a varint longer than it need be').to.equal(300)
  })

  it('a trace context that is none is left out: of another length, or of zeros', () => {
    const context = '01'.repeat(16) + '02'.repeat(8) + '03'
    expect(asRequest(`6219${context}`).trace?.toString()).to.equal(`00-${'01'.repeat(16)}-${'02'.repeat(8)}-01`)
    for (const none of ['6200', `6218${context.slice(2)}`, `621a${context}00`, `6219${'00'.repeat(16)}${'02'.repeat(8)}01`, `6219${'01'.repeat(16)}${'00'.repeat(8)}01`]) {
      expect(asRequest(none).trace, none).to.equal(undefined)
    }
    refused('0a03621901', 'beyond the end')
    refused('0a026809', 'beyond the last one')
  })

  it('write the same whether sized before or not, and after the frame changed', () => {
    const target = new Uint8Array(400)
    const frame = { ...request }
    expect(writeRequest(frame, target, 3)).to.equal(3 + sizeRequest(frame))
    expect(hex(target.subarray(3, writeRequest(frame, target, 3)))).to.equal(hex(generated('request', frame)))
    frame.method = 'another'
    frame.body = undefined
    expect(hex(target.subarray(3, writeRequest(frame, target, 3)))).to.equal(hex(generated('request', frame)))
    expect(hex(target.subarray(0, writeResponse(response, target, 0)))).to.equal(hex(generated('response', response)))
    expect(writeCancel(7, target, 2)).to.equal(2 + sizeCancel(7))
    expect(writeGoAway('x', target, 2)).to.equal(2 + sizeGoAway('x'))
  })

  it('survive more names than are remembered', () => {
    for (let i = 0; i < 5_000; i++) {
      const frame = { ...bare, id: i, method: `method-${i}`, service: `service-${i % 700}` }
      expect(decode(written(sizeRequest(frame)))).to.deep.include({ id: i, method: frame.method, service: frame.service })
    }
  })

  it('give a body that is a plain view, and the rest for keeps', () => {
    const size = sizeRequest(request)
    const chunk = new Chunk(size + 10)
    fillFrame(chunk, 5)
    const read = decodeFrame(chunk, 5, 5 + size) as DecodedRequest
    expect(read.body?.constructor).to.equal(Uint8Array)
    expect(read.body?.buffer).to.equal(chunk.buffer)
    chunk.fill(0)
    expect(read.body).to.deep.equal(new Uint8Array(3))
    expect(read.token).to.deep.equal(request.token)
    expect(read.metadata).to.deep.equal(request.metadata)
  })

  it('have metadata that inherits nothing', () => {
    for (const { headers } of [asRequest(''), asRequest('42040a026162')]) {
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) expect(name in headers, name).to.equal(false)
    }
    refused('0a0f' + '420d' + '0a095f5f70726f746f5f5f' + '1200', '__proto__')
    expect(asRequest('4210' + '0a0b' + hex(new TextEncoder().encode('constructor')) + '120179').headers.constructor).to.equal('y')
  })

  it('refuse to send what is over a limit, and cut what is only for people', () => {
    expect(() => sizeRequest({ ...request, body: new Uint8Array(LARGEST_BODY + 1) })).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => sizeItem(3, new Uint8Array(LARGEST_BODY + 1))).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => sizeResponse({ ...response, body: new Uint8Array(LARGEST_BODY + 1) })).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => sizeRequest({ ...request, metadata: { a: 'x'.repeat(MAX_HEADERS / 2) }, headers: { b: 'x'.repeat(MAX_HEADERS / 2) } })).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => sizeResponse({ ...response, headers: { b: 'é'.repeat(MAX_HEADERS / 2) } })).to.throw().with.property('name', 'FrameTooLargeError')
    const long = decode(written(sizeResponse({ ...response, message: '\u{1f600}'.repeat(MAX_MESSAGE) }))) as ResponseFrame
    expect(long.message).to.have.length(MAX_MESSAGE)
    expect(long.message.endsWith('…')).to.equal(true)
    expect(decode(written(sizeGoAway('x'.repeat(MAX_MESSAGE + 1))))).to.have.property('reason').with.length(MAX_MESSAGE)
  })

  it('are refused when malformed', () => {
    refused('', 'without a message')
    refused('7a00', 'without a message')
    refused('0a001a00', 'two messages')
    refused('0a', 'early end')
    refused('0a0508', 'beyond the end')
    refused('0a0108', 'early end')
    refused('0a06088080808010', '32 bits')
    refused('0a0c08' + 'ff'.repeat(10) + '01', 'more than 10 bytes')
    refused('0a022004', 'unknown codec')
    refused('0a02' + '0000', 'field number')
    refused('0a027b7c', 'wire type')
    refused('0a033201ff', 'token id')
    refused('0a041202c328', 'UTF-8')
    refused('0a43' + '1241' + '61'.repeat(65), 'name that is too long')
    refused('0a051881b89929', 'timeout')
    refused(raw({ request: { body: new Uint8Array(MAX_BODY + 1) } }), 'body')
    refused(raw({ item: { body: new Uint8Array(MAX_BODY + 1) } }), 'body')
    refused(raw({ request: { streaming: 4 } }), 'unknown kind')
    refused(raw({ credit: { bytes: 1 }, end: {} }), 'two messages')
    refused('3206088080808010', '32 bits')
    refused('2a022004'.replace('20', '08'), 'unknown codec')
    refused('3a0208', 'beyond the end')
    refused(raw({ request: { metadata: new Map([['a', 'x'.repeat(MAX_HEADERS)]]) } }), 'headers')
    refused(raw({ response: { headers: new Map(Array.from({ length: 4_000 }, (_, i) => [`key-${i}`, ''])) } }), 'headers')
    expect(decode(raw({ response: { status: 99 } })), 'a status of a later version').to.have.property('status', 2)
  })

  it('throw typed errors only, whatever the bytes', () => {
    const seeds = [...fc.sample(requests, { numRuns: 60, seed: 1 }).map(f => generated('request', f)), ...fc.sample(responses, { numRuns: 40, seed: 2 }).map(f => generated('response', f)), unhex('1a0308ac02'), unhex('22050a03627965'), unhex('2a06080312020708'), unhex('320308ac02'), unhex('3a00')].filter(b => b.length < 400)
    fuzz(seeds, decode)
  })
})
