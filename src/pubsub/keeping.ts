/** What only a node that keeps messages for others needs: `#keeping`, which for browsers is `no-keeping.ts`, so that pages do not carry it. */
import { KeptLogs } from './kept-logs.ts'

export interface Keeping {
  readonly KeptLogs: typeof KeptLogs
}

export const keeping: Keeping | undefined = { KeptLogs }
