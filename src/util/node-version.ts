/** npm merely warns of a Node that is too old, and what it lacks is told by no name that helps. */

/** @param fits - whether it has what came with Node 22. @returns a sentence, or undefined when all is well */
export function whyTooOld (version: string, fits: boolean = 'withResolvers' in Promise): string | undefined {
  return fits ? undefined : `braid-mesh needs Node 22 or newer, this is ${version}`
}
