/** What karma.conf.cjs tells the page. */
interface Karma {
  readonly config: {
    /** Titles of tests that are not run here, with the reasons. */
    readonly leftOut: Readonly<Record<string, string>>
  }
}

export const karma: Karma = (globalThis as unknown as { __karma__: Karma }).__karma__
