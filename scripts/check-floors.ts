/**
 * `npm run security`: compares every copy of a package in package-lock.json, nested ones too, with
 * security-floors.json: minimum versions with the advisory behind each, packages of which there must be one copy only,
 * and packages that must not be there at all. Needs no network.
 */
import { readFileSync } from 'node:fs'

interface Floors {
  floors: Array<{ package: string, minimum: string, advisory: string, reason: string }>
  single: Array<{ package: string, reason: string }>
  refused: Array<{ package: string, instead: string, reason: string }>
}

interface Copy {
  path: string
  version: string
}

interface LockFile {
  packages: Record<string, { version?: string, name?: string }>
}

const NODE_MODULES = 'node_modules/'

/** Every installed copy, by package name; an alias (`npm:`) counts as the package that it is. */
function copiesOf (lock: LockFile): Map<string, Copy[]> {
  const copies = new Map<string, Copy[]>()
  for (const [path, entry] of Object.entries(lock.packages)) {
    const at = path.lastIndexOf(NODE_MODULES)
    if (at < 0 || entry.version === undefined) continue
    const name = entry.name ?? path.slice(at + NODE_MODULES.length)
    copies.set(name, [...copies.get(name) ?? [], { path, version: entry.version }])
  }
  return copies
}

/** True when `version` is older than `minimum`; a pre-release is older than its release. */
export function isBelow (version: string, minimum: string): boolean {
  const parse = (text: string): number[] => (text.split(/[-+]/)[0] ?? '').split('.').map(Number)
  const [mine, theirs] = [parse(version), parse(minimum)]
  for (let i = 0; i < 3; i++) {
    const difference = (mine[i] ?? 0) - (theirs[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return version.includes('-') && !minimum.includes('-')
}

/** What is wrong, a line each. */
export function findProblems (lock: LockFile, { floors, single, refused }: Floors): string[] {
  const copies = copiesOf(lock)
  return [
    ...floors.flatMap(floor => (copies.get(floor.package) ?? [])
      .filter(copy => isBelow(copy.version, floor.minimum))
      .map(copy => `${copy.path} is ${copy.version}, must be >= ${floor.minimum} (${floor.advisory}): ${floor.reason}`)),
    ...single.flatMap(rule => {
      const found = copies.get(rule.package) ?? []
      if (found.length <= 1) return []
      return [`${found.length} copies of ${rule.package} (${found.map(copy => `${copy.path} ${copy.version}`).join(', ')}): ${rule.reason}`]
    }),
    ...refused.flatMap(rule => (copies.get(rule.package) ?? [])
      .map(copy => `${copy.path} ${copy.version}: use ${rule.instead}. ${rule.reason}`))
  ]
}

function main (): void {
  const floors: Floors = JSON.parse(readFileSync('security-floors.json', 'utf8'))
  const problems = findProblems(JSON.parse(readFileSync('package-lock.json', 'utf8')), floors)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) {
    process.exitCode = 1
  } else {
    console.log(`${floors.floors.length} floors hold, ${floors.single.length} packages have one copy, ${floors.refused.length} refused ones are absent`)
  }
}

if (import.meta.main) main()
