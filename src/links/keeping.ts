/** What a node needs to keep the links of its service: only nodes that vote ever do. */
import { Authority } from './authority.ts'
import { Mail } from './mail.ts'
import { Revoker } from './revoker.ts'

export interface Keeping {
  readonly Authority: typeof Authority
  readonly Mail: typeof Mail
  readonly Revoker: typeof Revoker
}

export const keeping: Keeping | undefined = { Authority, Mail, Revoker }
