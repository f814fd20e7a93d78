/** What karma.conf.cjs tells the page. */
interface Karma {
  readonly config: {
    /** Titles of tests that only Node can run, with the reasons. */
    readonly nodeOnly: Readonly<Record<string, string>>
  }
}

export const karma: Karma = (globalThis as unknown as { __karma__: Karma }).__karma__
