/** Nobody comes back to a page but over a relay, which sees it first, or over WebRTC, whose paths are asked when a relayed one ends. */
import type { Succession as NodeSuccession } from './succession.ts'

export const Succession: typeof NodeSuccession | undefined = undefined
