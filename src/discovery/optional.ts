/** libp2p throws when it is asked for a component that it does not have. */
export function optional <T> (components: object, key: string): T | undefined {
  try {
    return (components as Record<string, T | undefined>)[key]
  } catch {
    return undefined
  }
}
