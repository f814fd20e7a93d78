/** Metrics as text, in Prometheus' exposition format 0.0.4. */
import type { Family, Labels } from './families.ts'

export function render (families: readonly Family[]): string {
  return families.map(({ name, type, help, samples }) => samples.length === 0
    ? ''
    : `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${type}\n${samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${braces(labels)} ${number(value)}\n`).join('')}`).join('')
}

function braces (labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escape (text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function number (value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)
}
