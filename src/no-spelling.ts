/** What bundles know of misspelt options their compiler told. */
import type * as spelling from './spelling.ts'

export const checkSpelling: typeof spelling.checkSpelling | undefined = undefined
