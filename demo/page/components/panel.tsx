import { Fragment } from 'preact'
import { CODE, codeFile } from '../lib/code.ts'
import type { ComponentChildren, JSX } from 'preact'

interface PanelProps {
  id: string
  title: string
  /** Beside the title: what it comes to. */
  aside?: ComponentChildren
  /** How it works, in one paragraph. */
  note: ComponentChildren
  wide?: boolean
  children: ComponentChildren
}

/** A part of the page, with a word on how it works. */
export function Panel ({ id, title, aside, note, wide = false, children }: PanelProps): JSX.Element {
  const code = CODE[id] ?? []
  return (
    <section id={id} class={wide ? 'panel wide' : 'panel'} aria-labelledby={`${id}-title`}>
      <div class='panel-head'>
        <h2 id={`${id}-title`}>{title}</h2>
        {aside != null && <div class='aside'>{aside}</div>}
      </div>
      <div class='panel-body'>{children}</div>
      <details class='note'>
        <summary>How it works</summary>
        <p>{note}</p>
        {code.length > 0 && <p class='code'>The code: {code.map((path, i) => <Fragment key={path}>{i > 0 && ', '}<a href={codeFile(path)}>{path}</a></Fragment>)}</p>}
      </details>
    </section>
  )
}

interface TableProps {
  label: string
  head: ReadonlyArray<string | { text: string, number: boolean }>
  /** Said when there is no row. */
  none: string
  children: JSX.Element[]
  id?: string
}

/** A table that scrolls for itself, also by the keyboard. */
export function Table ({ label, head, none, children, id }: TableProps): JSX.Element {
  return (
    <div class='scroll' role='region' aria-label={label} tabIndex={0}>
      <table id={id}>
        <thead>
          <tr>{head.map(column => typeof column === 'string' ? <th scope='col' key={column}>{column}</th> : <th scope='col' key={column.text} class='number'>{column.text}</th>)}</tr>
        </thead>
        <tbody>
          {children.length === 0 ? <tr class='none'><td colSpan={head.length}>{none}</td></tr> : children}
        </tbody>
      </table>
    </div>
  )
}
