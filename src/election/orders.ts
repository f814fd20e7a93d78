/** What waits for an answer of the core, and what it is answered while there is no core. */
import type { ElectionInput, ElectionOutput, Time } from './types.core.ts'

type Untimed<I> = I extends ElectionInput ? Omit<I, keyof Time> : never
export type GroupInput = Untimed<ElectionInput>
/** Answers that something waits for. */
export type Answer = Extract<ElectionOutput, { type: 'committed' | 'value' | 'refused' | 'transferred' | 'left' | 'recovered' }>

/** Undefined for what is no order. */
export function refusal (input: GroupInput, why: string): Answer | undefined {
  switch (input.type) {
    case 'propose': case 'read': return { type: 'refused', id: input.id, why: 'not-leader', certain: true }
    case 'transfer': return { type: 'transferred', id: input.id, ok: false, why }
    case 'recover': return { type: 'recovered', id: input.id, ok: false, why }
    default: return undefined
  }
}
