/** Leaves out the test that runs. The last lines of `npm test` tell which, and why. */
export function skip (context: Mocha.Context, why: string): never {
  const test = context.test as Mocha.Runnable & { serialize? (): object } | undefined
  if (test !== undefined) {
    // All that the reporter has of a test that ran in another process.
    const serialize = test.serialize?.bind(test)
    Object.assign(test, { why, serialize: () => ({ ...serialize?.(), why }) })
  }
  return context.skip()
}
