import { useComputed } from '@preact/signals'
import { valueOf } from '../lib/schema.ts'
import { show } from '../lib/text.ts'
import type { Field } from '../lib/schema.ts'
import type { ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'

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
  const set = (field: Field, value: string): void => {
    const next = { ...values.value, [field.name]: valueOf(field, value) }
    onText(show(next, 1).replace(/\n\s*/g, ' '))
  }
  return (
    <fieldset class='arguments'>
      <legend>Arguments</legend>
      {fields.map(field => {
        const id = `arg-${field.name}`
        const value = values.value[field.name]
        const shown = value == null ? '' : String(value)
        const common = { id, 'aria-describedby': `${id}-hint` }
        return (
          <div class='field' key={field.name}>
            <label for={id}>{field.name}{field.required ? '' : <span class='hint'> may be left out</span>}</label>
            {field.kind === 'choice' || field.kind === 'boolean'
              ? <select {...common} value={shown} onChange={event => { set(field, event.currentTarget.value) }}>{(field.kind === 'boolean' ? ['false', 'true'] : field.choices).map(choice => <option key={choice} value={choice}>{choice}</option>)}</select>
              : field.kind === 'number'
                ? <input {...common} type='number' step='any' value={shown} onInput={event => { set(field, event.currentTarget.value) }} />
                : <input {...common} spellcheck={false} autocapitalize='none' value={shown} onInput={event => { set(field, event.currentTarget.value) }} />}
            <span id={`${id}-hint`} class='hint'>{field.hint}</span>
          </div>
        )
      })}
    </fieldset>
  )
}
