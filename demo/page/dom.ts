/** Small helpers over the DOM; text only, never HTML. */

type Attributes = Readonly<Record<string, string>>

/** The element of `index.html` with that id. */
export function element <T extends HTMLElement = HTMLElement> (id: string): T {
  const found = document.getElementById(id)
  if (found == null) throw new Error(`the page lacks #${id}`)
  return found as T
}

export function make <K extends keyof HTMLElementTagNameMap> (tag: K, children: Array<Node | string> | string = [], attributes: Attributes = {}): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.append(...typeof children === 'string' ? [children] : children)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}

/** Changes nothing that is right already: a screen reader, a selection or an open list is not disturbed. */
export function setText (target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** One row of a table: cells by their text. The first cell is the row's header. */
export interface Row {
  key: string
  cells: readonly string[]
  attributes?: Attributes
}

/** Brings the rows of a table body up to date, each known by its key; rows that stay are kept. */
export function setRows (body: HTMLElement, rows: readonly Row[], none: string): void {
  const old = new Map(Array.from(body.children, row => [row.getAttribute('data-key') ?? '', row as HTMLTableRowElement]))
  const wanted = rows.map(({ key, cells, attributes = {} }) => {
    const row = old.get(key) ?? make('tr', cells.map((_, index) => index === 0 ? make('th', [], { scope: 'row' }) : make('td')), { 'data-key': key })
    cells.forEach((text, index) => { setText(row.children[index] as HTMLElement, text) })
    for (const [name, value] of Object.entries(attributes)) row.setAttribute(name, value)
    return row
  })
  if (wanted.length === 0) {
    const columns = body.parentElement?.querySelectorAll('thead th').length ?? 1
    wanted.push(make('tr', [make('td', none, { colspan: String(columns) })], { class: 'none' }))
  }
  if (wanted.length !== body.children.length || wanted.some((row, index) => row !== body.children[index])) body.replaceChildren(...wanted)
}

/** Brings the options of a list up to date and keeps what is chosen, as long as it is there. */
export function setOptions (select: HTMLSelectElement, options: ReadonlyArray<readonly [value: string, text: string]>): void {
  const same = options.length === select.options.length && options.every(([value, text], index) => select.options[index]?.value === value && select.options[index].text === text)
  if (same) return
  const chosen = select.value
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)))
}

const LOG = 50

/** The newest first; a screen reader hears the new one. */
export function addLine (log: HTMLElement, text: string): void {
  log.prepend(make('li', [make('time', new Date().toLocaleTimeString()), ` ${text}`]))
  while (log.children.length > LOG) log.lastElementChild?.remove()
}
