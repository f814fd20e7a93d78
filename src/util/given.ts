/** The properties that are there: most options may be left out, but not be undefined. */
export function given<T extends object> (options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value != null)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
