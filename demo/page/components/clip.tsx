import type { JSX } from 'preact'

/** A name that others chose, of any length: the rest of its row stays in sight. */
export function Clip ({ text }: { text: string }): JSX.Element {
  return <span class='clip' title={text}>{text}</span>
}
