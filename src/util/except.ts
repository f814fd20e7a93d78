/** `target`, some of whose properties are others. Its methods have it as their `this`, whoever calls them. */
export function except <T extends object> (target: T, others: Partial<T>): T {
  return new Proxy(target, {
    get: (target, name) => {
      if (Object.hasOwn(others, name)) return Reflect.get(others, name) as unknown
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
