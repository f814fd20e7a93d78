/** Pages never vote, so nothing depends on whether another one lives under their identity. */
import type { ProofClass } from './proof.ts'

export const Prover: ProofClass | undefined = undefined
