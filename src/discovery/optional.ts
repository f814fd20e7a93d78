import { InvalidOptionsError } from '../errors.ts'

/** libp2p throws when it is asked for a component that it does not have. */
export function optional <T> (components: object, key: string): T | undefined {
  try {
    return (components as Record<string, T | undefined>)[key]
  } catch {
    return undefined
  }
}

/**
 * A service that a room cannot be without. To be looked up when it is first needed: services are made in the order of
 * their keys.
 *
 * @throws InvalidOptionsError
 */
export function needed <K extends string, C extends { [key in K]?: unknown }> (room: string, components: C, key: K): NonNullable<C[K]> {
  const service = optional<NonNullable<C[K]>>(components, key)
  if (service === undefined) throw new InvalidOptionsError(`${room} needs the ${key} service beside it: add \`${key}: ${key}()\` to the services`)
  return service
}
