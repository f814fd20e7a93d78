/** Pages never vote, so nothing depends on whether another one lives under their identity; of nodes' copies nodes tell. */
import type { DoublesClass } from './doubles.ts'

export const Doubles: DoublesClass | undefined = undefined
