import { ANY_PARENT } from '../wire/names.ts'

/** Where a call with a token comes from, as its links see it. */
export function parentOf (service: string | undefined, scope: 'relation' | 'service'): string {
  return scope === 'service' ? ANY_PARENT : service ?? ''
}
