/**
 * `npm run badges`: the badges of the README, as files of the repository. They tell what package.json says, and are fetched
 * from nobody; test/unit/docs.spec.ts sees to it that they still do.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../', import.meta.url)
/** Pixels: of a letter, around a text, and of the whole. */
const LETTER = 6.6
const PADDING = 8
const HEIGHT = 20

function badge (label: string, value: string): string {
  const [left, right] = [label, value].map(text => Math.round(text.length * LETTER) + 2 * PADDING) as [number, number]
  const text = (at: number, what: string): string => `<text x="${at}" y="14" text-anchor="middle">${what}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${label}: ${value}">
  <title>${label}: ${value}</title>
  <rect width="${left + right}" height="${HEIGHT}" rx="4" fill="#3b4fd8"/>
  <path d="M4 0h${left - 4}v${HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="#3b4656"/>
  <g fill="#fff" font-family="DejaVu Sans,Verdana,sans-serif" font-size="11">${text(left / 2, label)}${text(left + right / 2, value)}</g>
</svg>
`
}

/** Contents by path. */
export function badges (): Map<string, string> {
  const { version, license, engines } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string, license: string, engines: { node: string } }
  const told = { version, node: engines.node.replace('>=', '≥ '), license }
  return new Map(Object.entries(told).map(([label, value]) => [`doc/badges/${label}.svg`, badge(label, value)]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL('doc/badges/', ROOT), { recursive: true })
  for (const [path, svg] of badges()) writeFileSync(new URL(path, ROOT), svg)
}
