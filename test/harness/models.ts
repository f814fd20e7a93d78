/** Sequential specifications for `checkLinearizable`. Each describes one key. */
import type { Model } from './linearizability.ts'

export type RegisterInput = { readonly op: 'write', readonly value: string } | { readonly op: 'read' }

/** Read returns what was written last. Output of a write: null. */
export const register: Model<string | null, RegisterInput, string | null> = {
  init: null,
  step: (state, input, output) => {
    if (input.op === 'write') return { state: input.value }
    return output === undefined || output === state ? { state } : undefined
  },
  key: state => JSON.stringify(state)
}

export type CasInput = RegisterInput | { readonly op: 'cas', readonly from: string | null, readonly to: string }

/** A register with compare-and-set. Output of a cas: whether it was set. */
export const casRegister: Model<string | null, CasInput, string | null | boolean> = {
  init: null,
  step: (state, input, output) => {
    switch (input.op) {
      case 'write': return { state: input.value }
      case 'read': return output === undefined || output === state ? { state } : undefined
      case 'cas': {
        const set = state === input.from
        return output === undefined || output === set ? { state: set ? input.to : state } : undefined
      }
    }
  },
  key: state => JSON.stringify(state)
}

export type LinkInput =
  | { readonly op: 'link', readonly node: string }
  | { readonly op: 'move', readonly node: string }
  | { readonly op: 'target' }
  | { readonly op: 'unlink' }

/** The first link wins until it is moved or removed. Output: the owner after the operation, null for none. */
export const linkOwner: Model<string | null, LinkInput, string | null> = {
  init: null,
  step: (state, input, output) => {
    const after = input.op === 'link' ? state ?? input.node : input.op === 'move' ? input.node : input.op === 'unlink' ? null : state
    return output === undefined || output === after ? { state: after } : undefined
  },
  key: state => JSON.stringify(state)
}

export interface FenceToken { readonly epoch: number, readonly term: number }
export type FenceInput = { readonly op: 'check', readonly token: FenceToken }

/** Lets a token pass unless a higher one has passed. Output: whether it passed. */
export const fence: Model<FenceToken, FenceInput, boolean> = {
  init: { epoch: 0, term: 0 },
  step: (state, { token }, output) => {
    const passes = token.epoch > state.epoch || (token.epoch === state.epoch && token.term >= state.term)
    return output === undefined || output === passes ? { state: passes ? token : state } : undefined
  },
  key: ({ epoch, term }) => `${epoch}.${term}`
}
