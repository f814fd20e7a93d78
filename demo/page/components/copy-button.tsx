import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { JSX } from 'preact'

/** Milliseconds that it says so. */
const SAID = 1_500

/** Copies a text, and says so. */
export function CopyButton ({ text, label }: { text: () => string, label: string }): JSX.Element {
  const said = useSignal('')
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text())
      said.value = 'copied'
    } catch {
      said.value = 'select and copy it: the browser does not let this page do it'
    }
    clearTimeout(timer.current)
    timer.current = setTimeout(() => { said.value = '' }, SAID)
  }
  return (
    <>
      <button type='button' class='quiet small' onClick={() => { void copy() }}>{label}</button>
      <span class='said' role='status'>{said.value}</span>
    </>
  )
}
