import { useComputed, useSignal } from '@preact/signals'
import { textOf, valueOf } from '../lib/schema.ts'
import { show } from '../lib/text.ts'
import type { Field } from '../lib/schema.ts'
import type { ReadonlySignal } from '@preact/signals'
import type { JSX, TargetedEvent } from 'preact'

interface ArgumentFieldsProps {
  fields: readonly Field[]
  /** The arguments as JSON, which the fields show. */
  text: ReadonlySignal<string>
  /** They are to be these. */
  onText: (text: string) => void
}

function parse (text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

/** A field for each property of the arguments. */
export function ArgumentFields ({ fields, text, onText }: ArgumentFieldsProps): JSX.Element {
  const values = useComputed(() => parse(text.value))
  return (
    <fieldset class='arguments'>
      <legend>Arguments</legend>
      {fields.map(field => (
        <ArgumentField
          key={field.name} field={field} value={values.value[field.name]}
          onValue={value => { onText(show({ ...values.value, [field.name]: value }, 1).replace(/\n\s*/g, ' ')) }}
        />
      ))}
    </fieldset>
  )
}

function ArgumentField ({ field, value, onValue }: { field: Field, value: unknown, onValue: (value: unknown) => void }): JSX.Element {
  const typed = useSignal('')
  const set = ({ currentTarget: { value } }: TargetedEvent<HTMLInputElement | HTMLSelectElement>): void => {
    typed.value = value
    onValue(valueOf(field, value))
  }
  const { name, kind, required, hint, choices } = field
  const id = `arg-${name}`
  // 1.0 is 1, and on the way to 1.05
  const shown = kind === 'number' && typed.value !== '' && valueOf(field, typed.value) === value ? typed.value : textOf(kind === 'choice' ? value : value ?? undefined)
  const common = { id, 'aria-describedby': `${id}-hint`, value: shown }
  return (
    <div class='field'>
      <label for={id}>{name}{required ? '' : <span class='hint'> may be left out</span>}</label>
      {kind === 'choice' || kind === 'boolean'
        ? <select {...common} onChange={set}>{!required || shown === '' ? <option value=''>–</option> : null}{[...new Set((kind === 'boolean' ? [false, true] : choices).map(textOf))].map(choice => <option key={choice} value={choice}>{choice}</option>)}</select>
        : kind === 'number'
          ? <input {...common} type='number' step='any' onInput={set} />
          : <input {...common} spellcheck={false} autocapitalize='none' onInput={set} />}
      <span id={`${id}-hint`} class='hint'>{hint}</span>
    </div>
  )
}
