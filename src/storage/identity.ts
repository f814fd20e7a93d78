import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { InvalidOptionsError } from '../errors.ts'
import type { Storage } from './index.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const KEY = 'identity'
const INCARNATION = 'incarnation'
const NONCE_LENGTH = 16

export interface IdentityInit {
  /** Wins over the stored key, and is stored in its place. */
  privateKey?: PrivateKey
  /** Milliseconds since 1970: a node that lost its storage still starts above its last incarnation. */
  now: number
}

/** Who this node is, and which of its lives this is. */
export interface Identity {
  privateKey: PrivateKey
  peerId: PeerId
  /** Higher at each start: max(the last one + 1, `now`). Durable. */
  incarnation: number
  /** 16 random bytes of this start: two live nonces for one peer id are a cloned storage. */
  bootNonce: Uint8Array
  /** A key was stored but is corrupt, so this is a new identity. False when `privateKey` was given. */
  lost: boolean
}

/** Makes or restores the identity and begins a new incarnation; all of it is durable when this resolves. */
export async function loadIdentity (storage: Storage, init: IdentityInit): Promise<Identity> {
  checkTime('now', init.now)
  const stored = await readKey(storage)
  const privateKey = init.privateKey ?? stored.key ?? await generateKeyPair('Ed25519')
  if (stored.key?.equals(privateKey) !== true) {
    await storage.stable.set(KEY, privateKeyToProtobuf(privateKey))
  }

  const previous = await readIncarnation(storage)
  const incarnation = Math.max(previous + 1, init.now)
  await writeIncarnation(storage, incarnation)

  return {
    privateKey,
    peerId: peerIdFromPrivateKey(privateKey),
    incarnation,
    bootNonce: crypto.getRandomValues(new Uint8Array(NONCE_LENGTH)),
    lost: stored.corrupt && init.privateKey == null
  }
}

/**
 * The incarnation to go on with when the mesh remembers `seen` of this node: above it, never below the stored one,
 * durable when this resolves.
 */
export async function raiseIncarnation (storage: Storage, seen: number): Promise<number> {
  checkTime('seen', seen)
  const previous = await readIncarnation(storage)
  if (previous > seen) {
    return previous
  }
  await writeIncarnation(storage, seen + 1)
  return seen + 1
}

/** Half of the safe integers: a lie of somebody with our key must leave room to go on above it. */
function checkTime (name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > Number.MAX_SAFE_INTEGER / 2) {
    throw new InvalidOptionsError(`${name} must be a whole number of milliseconds, got ${value}`)
  }
}

async function readKey (storage: Storage): Promise<{ key?: PrivateKey, corrupt: boolean }> {
  const corrupt = storage.stable.lost.has(KEY)
  const bytes = await storage.stable.get(KEY)
  if (bytes == null) {
    return { corrupt }
  }
  try {
    return { key: privateKeyFromProtobuf(bytes), corrupt: false }
  } catch {
    return { corrupt: true }
  }
}

async function readIncarnation (storage: Storage): Promise<number> {
  const bytes = await storage.stable.get(INCARNATION)
  const value = bytes == null ? 0 : Number(new TextDecoder().decode(bytes))
  return Number.isSafeInteger(value) && value >= 0 ? value : 0
}

async function writeIncarnation (storage: Storage, value: number): Promise<void> {
  await storage.stable.set(INCARNATION, new TextEncoder().encode(String(value)))
}
