/**
 * Versions of a service: a method of `login@2.1` is served as `user.password@2.1`. Compatible is what has the same major
 * number and at least the minor one that was asked for; who asks for no version gets the newest.
 */

/** A name with the version behind its `@`. Undefined: any version. */
export interface Versioned {
  readonly name: string
  readonly version: Version | undefined
}

interface Version {
  readonly major: number
  readonly minor: number
}

/** `user.password@2.1` as its parts; what follows the `@` must be a version. */
export function parseVersioned (text: string): Versioned {
  const at = text.indexOf('@')
  if (at < 0) {
    return { name: text, version: undefined }
  }
  const [major, minor] = text.slice(at + 1).split('.')
  return { name: text.slice(0, at), version: { major: Number(major), minor: Number(minor ?? 0) } }
}

/** The newest of `names` that serves `wanted`; undefined when none does. */
export function newestCompatible (wanted: string, names: Iterable<string>): string | undefined {
  const { name, version } = parseVersioned(wanted)
  let best: string | undefined
  let bestRank = -1
  for (const candidate of names) {
    const rank = rankOf(candidate, name, version)
    if (rank > bestRank) {
      best = candidate
      bestRank = rank
    }
  }
  return best
}

/** Higher is newer; below 0 it does not serve what is wanted. A method without a version is the oldest. */
function rankOf (candidate: string, name: string, wanted: Version | undefined): number {
  if (!candidate.startsWith(name)) {
    return -1
  }
  const served = parseVersioned(candidate)
  if (served.name !== name) {
    return -1
  }
  const { version } = served
  if (version === undefined) {
    return wanted === undefined ? 0 : -1
  }
  const fits = wanted === undefined || (version.major === wanted.major && version.minor >= wanted.minor)
  return fits ? 1 + version.major * 10_000 + version.minor : -1
}

/** What a node's record lists. */
interface Serves {
  readonly methods: readonly string[]
}

/**
 * The nodes that serve the newest version of `wanted`, and all that serve a compatible one, for when none of those can
 * take the call. Undefined: versions play no part, any node will do.
 */
export function byVersion<N extends Serves> (nodes: readonly N[], wanted: string): { newest: N[], compatible: N[] } | undefined {
  const best = nodes.map(({ methods }) => newestCompatible(wanted, methods))
  if (!wanted.includes('@') && !best.some(name => name?.includes('@'))) {
    return undefined
  }
  const top = newestCompatible(wanted, best.filter(name => name !== undefined))
  return {
    newest: nodes.filter((_, i) => best[i] !== undefined && best[i] === top),
    compatible: nodes.filter((_, i) => best[i] !== undefined)
  }
}
