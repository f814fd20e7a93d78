/** Light or dark: as the system says, until a person says otherwise. */
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'braid-theme'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

function stored (): Theme {
  try {
    return THEMES.find(theme => theme === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    // A browser that keeps nothing for this page.
    return 'system'
  }
}

export const theme = signal<Theme>(stored())

export function nextTheme (): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
  try {
    localStorage.setItem(KEY, theme.value)
  } catch {
    // It lasts as long as the page, then.
  }
}

effect(() => {
  const root = document.documentElement
  if (theme.value === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme.value
})
