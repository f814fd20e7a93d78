import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { exampleOf, fieldsOf } from '../lib/schema.ts'
import { explain, parseArguments, show } from '../lib/text.ts'
import { busy, call, callMany, cancel } from '../state/calls.ts'
import { methodsOf } from '../state/describe.ts'
import { nodesOf, services } from '../state/view.ts'
import { AnswerView } from './answer-view.tsx'
import { ArgumentFields } from './argument-fields.tsx'
import { Clip } from './clip.tsx'
import { History } from './history.tsx'
import { Panel } from './panel.tsx'
import type { MethodDescription } from '../../../src/index.ts'
import type { JSX, TargetedSubmitEvent } from 'preact'

const MANY = 100
const DEADLINE = 5_000
const BUILT_IN = 'braid.'
/** What a person tries first, where it is there. */
const FIRST = new Set(['user.password', 'send', 'hello'])
const KINDS = { unary: 'one value in, one out', serverStream: 'one value in, a stream out', clientStream: 'a stream in, one value out', bidi: 'a stream in, a stream out' } as const

export function TryIt (): JSX.Element {
  return (
    <Panel
      id='services' title='Services and methods' wide aside={<ServiceList />}
      note={<>Every node tells what it serves (<code>braid.describe</code>), with the schemas of the contract it was written with: the form is made from them. Any node may be called, this tab too; a balancer chooses one of those that are up, a token always the same one. A deadline travels with the call, a cancel reaches the handler, and errors keep the code that the handler gave them.</>}
    >
      <div class='columns try'>
        <CallForm />
        <div class='outcome'>
          <AnswerView />
          <History />
        </div>
      </div>
    </Panel>
  )
}

function ServiceList (): JSX.Element {
  return (
    <ul class='service-list' id='service-list'>
      {services.value.map(({ service }) => <li key={service} data-service={service}><strong><Clip text={service} /></strong> × {nodesOf(service).length}</li>)}
    </ul>
  )
}

/** Own methods first, those that every node has after them. */
function Options ({ methods }: { methods: readonly MethodDescription[] }): JSX.Element {
  const group = (builtIn: boolean): JSX.Element[] => methods
    .filter(({ name }) => name.startsWith(BUILT_IN) === builtIn)
    .map(({ name }) => <option key={name} value={name}>{name}</option>)
  return (
    <>
      {group(false)}
      <optgroup label='Of every node'>{group(true)}</optgroup>
    </>
  )
}

function exampleText (about: MethodDescription | undefined): string {
  const example = exampleOf(about?.input)
  if (example === undefined) return ''
  return show(about?.kind === 'clientStream' || about?.kind === 'bidi' ? [example, example] : example, 1).replace(/\n\s*/g, ' ')
}

function CallForm (): JSX.Element {
  const wanted = useSignal('login')
  const chosen = useSignal('')
  const asJson = useSignal(false)
  const token = useSignal('')
  const target = useSignal('')
  const timeout = useSignal(String(DEADLINE))
  const args = useRef<HTMLTextAreaElement>(null)

  const names = useComputed(() => services.value.map(({ service }) => service))
  const service = useComputed(() => names.value.includes(wanted.value) ? wanted.value : names.value[0] ?? '')
  const methods = useComputed(() => methodsOf(service.value))
  const about = useComputed(() => methods.value.find(({ name }) => name === chosen.value) ?? methods.value.find(({ name }) => FIRST.has(name)) ?? methods.value[0])
  const fields = useComputed(() => about.value?.kind === 'unary' || about.value?.kind === 'serverStream' ? fieldsOf(about.value.input) : undefined)

  // Another method brings its own example; the same one keeps what was typed. Not by an effect: it runs a frame later, over what was typed since.
  const key = useComputed(() => `${service.value} ${about.value?.name ?? ''}`)
  const typed = useSignal({ key: '', text: '', problem: '' })
  const own = useComputed(() => typed.value.key === key.value ? typed.value : undefined)
  const text = useComputed(() => own.value?.text ?? exampleText(about.value))
  const problem = useComputed(() => own.value?.problem ?? '')
  const type = (text: string, problem = ''): void => { typed.value = { key: key.peek(), text, problem } }
  useSignalEffect(() => { if (target.value !== '' && !nodesOf(service.value).some(({ id }) => id === target.value)) target.value = '' })

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    if (about.value == null || busy.value) return
    try {
      const input = {
        service: service.value, method: about.value.name, kind: about.value.kind, args: parseArguments(text.value),
        token: token.value.trim(), node: target.value, timeout: Math.max(1, Number(timeout.value) || DEADLINE)
      }
      type(text.value)
      if ((event.submitter as HTMLButtonElement | null)?.value === 'many') void callMany(input, MANY)
      else void call(input)
    } catch (error) {
      type(text.value, explain(error).message)
      asJson.value = true
      args.current?.focus()
    }
  }
  const form = fields.value != null && !asJson.value
  // Not disabled while it runs: the keyboard would lose its place.
  const sending = { type: 'submit', disabled: about.value == null, 'aria-disabled': busy.value } as const
  return (
    <form id='call' class='stack' autocomplete='off' onSubmit={submit}>
      <div class='pair'>
        <div class='field'><label for='service'>Service</label><select id='service' value={service.value} onChange={event => { wanted.value = event.currentTarget.value }}>{names.value.map(name => <option key={name} value={name}>{name}</option>)}</select></div>
        <div class='field'><label for='method'>Method</label><select id='method' value={about.value?.name ?? ''} onChange={event => { chosen.value = event.currentTarget.value }}><Options methods={methods.value} /></select></div>
      </div>
      <p class='hint' id='method-about'>{about.value == null ? 'Asking what it offers …' : <>{about.value.description ?? 'No description'} <span class='badge'>{KINDS[about.value.kind]}</span></>}</p>
      {form
        ? <ArgumentFields fields={fields.value ?? []} text={text} onText={type} />
        : <div class='field'><label for='args'>{about.value?.kind === 'clientStream' || about.value?.kind === 'bidi' ? 'Items, as a JSON list' : 'Arguments, as JSON'}</label><textarea id='args' ref={args} rows={3} spellcheck={false} aria-invalid={problem.value !== ''} aria-describedby='args-problem' value={text.value} onInput={event => { type(event.currentTarget.value, problem.value) }} /><span id='args-problem' class='problem'>{problem.value}</span></div>}
      {fields.value != null && <label class='switch'><input type='checkbox' checked={asJson.value} onChange={() => { asJson.value = !asJson.value }} /> Edit as JSON</label>}
      <div class='triple'>
        <div class='field'><label for='target'>Target</label><select id='target' value={target.value} onChange={event => { target.value = event.currentTarget.value }}><option value=''>any node</option>{nodesOf(service.value).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select></div>
        <div class='field'><label for='token'>Token</label><input id='token' spellcheck={false} autocapitalize='none' placeholder='none' value={token.value} onInput={event => { token.value = event.currentTarget.value }} /></div>
        <div class='field'><label for='deadline'>Deadline, ms</label><input id='deadline' type='number' min='1' max='600000' value={timeout.value} onInput={event => { timeout.value = event.currentTarget.value }} /></div>
      </div>
      <div class='buttons'>
        <button id='send' value='one' {...sending}>Call</button>
        <button id='send-many' value='many' class='quiet' {...sending}>Call ×{MANY}</button>
        <button id='cancel' type='button' class='quiet' disabled={!busy.value} onClick={cancel}>Cancel</button>
      </div>
    </form>
  )
}
