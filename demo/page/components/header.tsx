import { nextTheme, theme } from '../state/theme.ts'
import { status, statusWords } from '../state/session.ts'
import type { JSX } from 'preact'

const PARTS = [
  ['topology', 'Map'], ['peers', 'Peers'], ['services', 'Services'], ['leaders', 'Leaders'], ['links', 'Links'], ['topics', 'Topics'],
  ['faults', 'Faults'], ['events', 'Events']
] as const

const THEME_MARKS = { system: '◐', light: '☀', dark: '☾' } as const

export function Header ({ joined }: { joined: boolean }): JSX.Element {
  return (
    <header>
      <div class='topbar'>
        <a class='brand' href='#top' onClick={event => { jump(event, 'this-tab') }}><img src='icon.svg' alt='' width='28' height='28' /> braid-mesh</a>
        <p id='status' role='status' data-status={status.value}>{statusWords.value}</p>
        <button id='theme' type='button' class='quiet small' onClick={nextTheme} title='Light, dark, or as the system has it'>
          <span aria-hidden='true'>{THEME_MARKS[theme.value]}</span> <span class='theme-word'>{theme.value}</span><span class='unseen'> theme, change</span>
        </button>
      </div>
      {joined && (
        <nav aria-label='Parts of the page'>
          <ul>{PARTS.map(([id, text]) => <li key={id}><a href={`#${id}`} onClick={event => { jump(event, id) }}>{text}</a></li>)}</ul>
        </nav>
      )}
    </header>
  )
}

/** The hash of the page says where the mesh is: a jump must not change it. */
function jump (event: Event, id: string): void {
  event.preventDefault()
  const target = document.getElementById(id)
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  target?.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' })
  target?.querySelector<HTMLElement>('button, a, input, select, textarea, [tabindex="0"]')?.focus({ preventScroll: true })
}
