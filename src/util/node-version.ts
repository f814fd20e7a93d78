/** npm merely warns of a Node that is too old, and what it lacks is told by no name that helps. */

/** @param fits - whether it has what came with Node 22. @returns a sentence, or undefined when all is well */
export function whyTooOld (version: string, fits: boolean = 'withResolvers' in Promise): string | undefined {
  return fits ? undefined : `braid-mesh needs Node 22 or newer, this is ${version}`
}

/**
 * Of bytes of Node's own. jsdom has a Uint8Array of its own, which those of Node are no instances of: libp2p reads no
 * key then, and no connection comes about.
 *
 * @returns a sentence, or undefined when all is well
 */
export function whyStrange (bytes: unknown): string | undefined {
  return bytes instanceof Uint8Array ? undefined : 'braid-mesh cannot run here, as the bytes of Node are no Uint8Array (jsdom?): run tests that have a mesh in the environment "node"'
}
