/** Production code with one piece of it replaced when it is compiled, so nothing in there knows of it. */
import { build } from 'esbuild'

export interface Replacement {
  readonly name: string
  /** Name of the file it is in, without `.core.ts` or `.ts`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/**
 * What `entry`, a module's text in `dir`, exports.
 *
 * @throws when the piece is not there (any more), exactly once
 */
export async function compileMutant (dir: URL, entry: string, { name, file, find, replace }: Replacement): Promise<unknown> {
  let found = 0
  const result = await build({
    stdin: { contents: entry, resolveDir: dir.pathname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
    plugins: [{
      name: 'mutate',
      setup ({ onLoad }) {
        onLoad({ filter: new RegExp(`/${file}(\\.core)?\\.ts$`) }, async ({ path }) => {
          const { readFile } = await import('node:fs/promises')
          const source = await readFile(path, 'utf8')
          found += source.split(find).length - 1
          return { contents: source.replace(find, () => replace), loader: 'ts' }
        })
      }
    }]
  })
  if (found !== 1) throw new Error(`mutant '${name}': what it replaces is ${found} times in ${file}`)
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0]!.contents).toString('base64')}`)
}
