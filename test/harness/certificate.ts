/** Certificates of every kind, also of those that no authority would make: X.509 by hand, so that tests need no program for it. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const DAY = 86_400_000
const COMMON_NAME = '550403'
const ECDSA_SHA256 = '2a8648ce3d040302'
const BASIC_CONSTRAINTS = '551d13'
const ALT_NAMES = '551d11'

function der (tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Uint8Array.of(tag, ...head), body])
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts)
const id = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(id(COMMON_NAME), der(0x0c, Buffer.from(text)))))
const time = (at: number): Buffer => der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/\D/g, '')}Z`))

function extensions (authority: boolean, names: readonly string[]): Buffer {
  const constraints = sequence(id(BASIC_CONSTRAINTS), der(0x01, Uint8Array.of(255)), der(0x04, sequence(...authority ? [der(0x01, Uint8Array.of(255))] : [])))
  const others = sequence(id(ALT_NAMES), der(0x04, sequence(...names.map(name => der(0x82, Buffer.from(name))))))
  return der(0xa3, sequence(constraints, ...names.length > 0 ? [others] : []))
}

export interface CertificateInit {
  /** DNS names that it is for; none for an authority. */
  names?: readonly string[]
  /** Who signs it. @default itself */
  by?: Certificate
  /** Days from now on which it begins and ends. @default -1 and 1 */
  days?: readonly [from: number, until: number]
}

/** A certificate with its key, in PEM. */
export class Certificate {
  readonly cert: string
  readonly key: string
  readonly #name: Buffer
  readonly #key: KeyObject

  constructor (name: string, { names = [], by, days: [from, until] = [-1, 1] }: CertificateInit = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = nameOf(name)
    this.#key = privateKey
    const algorithm = sequence(id(ECDSA_SHA256))
    const body = sequence(
      der(0xa0, der(0x02, Uint8Array.of(2))), der(0x02, Uint8Array.of(1), randomBytes(8)), algorithm, (by ?? this).#name,
      sequence(time(Date.now() + from * DAY), time(Date.now() + until * DAY)),
      this.#name, publicKey.export({ type: 'spki', format: 'der' }), extensions(names.length === 0, names)
    )
    const whole = sequence(body, algorithm, der(0x03, Uint8Array.of(0), sign('sha256', body, (by ?? this).#key)))
    this.cert = `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
    this.key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
}
