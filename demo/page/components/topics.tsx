import { useSignal } from '@preact/signals'
import { BILLING, ORDERS } from '../../contracts.ts'
import { explain, parseArguments, plural } from '../lib/text.ts'
import { handledBy, handledTwice, publish, receipt, subscribe, subscriptions, topicProblem } from '../state/topics.ts'
import { mesh, snapshot } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { Consumer } from './consumer.tsx'
import { Panel, Table } from './panel.tsx'
import type { JSX, TargetedSubmitEvent } from 'preact'

const HEAD = ['Topic', 'Channel', { text: 'Consumers', number: true }, { text: 'To do', number: true }, { text: 'In flight', number: true }, { text: 'Redelivered', number: true }, { text: 'Dead', number: true }]
const EXAMPLE = '{ "item": "book", "count": 1 }'

export function Topics (): JSX.Element {
  return (
    <Panel
      id='topics' title='Topics and channels' wide aside={<span class='hint'>at least once, without a broker</span>}
      note={<>A topic is a stream of messages; each of its channels gets every message, and the consumers of one channel share them. Its publisher assigns each message to one consumer of a channel and keeps it until that one has acked; a consumer that dies, throws or says no gives it to another. Join <code>{BILLING}</code> and this tab competes with the mail processes; a channel of its own gets everything.</>}
    >
      <div class='columns'>
        <Publisher />
        <Joiner />
      </div>
      {topicProblem.value !== '' && <p class='problem' role='alert'>{topicProblem.value}</p>}
      {subscriptions.value.length > 0 && <div class='consumers'>{subscriptions.value.map(subscription => <Consumer key={subscription.id} subscription={subscription} />)}</div>}
      <Shares />
      <h3>Channels of what this tab has published</h3>
      <Table label='Channels' id='channels' head={HEAD} none='nothing published yet'>
        {(snapshot.value?.topics ?? []).flatMap(({ name, channels }) => channels.map(channel => (
          <tr key={`${name} ${channel.name}`} data-channel={channel.name}>
            <th scope='row'><Clip text={name} /></th>
            <td><Clip text={channel.name} /> <span class='badge'>{channel.consumers > 1 ? 'competing' : 'alone'}</span></td>
            <td class='number'>{channel.consumers}</td><td class='number'>{channel.lag}</td><td class='number'>{channel.pending}</td>
            <td class='number'>{channel.redelivered}</td><td class='number'>{channel.dead}</td>
          </tr>
        )))}
      </Table>
    </Panel>
  )
}

function Publisher (): JSX.Element {
  const topic = useSignal(ORDERS)
  const body = useSignal(EXAMPLE)
  const key = useSignal('')
  const problem = useSignal('')
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const times = Number((event.submitter as HTMLButtonElement | null)?.value ?? 1)
    try {
      const parsed = parseArguments(body.value)
      problem.value = ''
      void publish(topic.value.trim(), parsed, key.value.trim(), times)
    } catch (error) {
      problem.value = explain(error).message
    }
  }
  return (
    <form id='publish' class='stack' autocomplete='off' onSubmit={submit}>
      <h3>Publish</h3>
      <div class='pair'>
        <div class='field'><label for='publish-topic'>Topic</label><input id='publish-topic' required spellcheck={false} autocapitalize='none' value={topic.value} onInput={event => { topic.value = event.currentTarget.value }} /></div>
        <div class='field'><label for='publish-key'>Key <span class='hint'>keeps order</span></label><input id='publish-key' spellcheck={false} autocapitalize='none' value={key.value} onInput={event => { key.value = event.currentTarget.value }} /></div>
      </div>
      <div class='field'><label for='publish-body'>Body, as JSON</label><textarea id='publish-body' rows={2} spellcheck={false} aria-invalid={problem.value !== ''} aria-describedby='publish-problem' value={body.value} onInput={event => { body.value = event.currentTarget.value }} /><span id='publish-problem' class='problem'>{problem.value}</span></div>
      <div class='buttons'>
        <button type='submit' value='1'>Publish</button>
        <button type='submit' value='20' class='quiet'>Publish 20</button>
      </div>
      {receipt.value != null && <p id='receipt' class={receipt.value.failed ? 'problem' : 'hint'} role='status'>{receipt.value.text}</p>}
    </form>
  )
}

function Joiner (): JSX.Element {
  const own = `tab-${mesh.value?.id.slice(-8).toLowerCase() ?? ''}`
  const topic = useSignal(ORDERS)
  const channel = useSignal(BILLING)
  const submit = (event: Event): void => {
    event.preventDefault()
    void subscribe(topic.value.trim(), channel.value.trim())
  }
  return (
    <form id='consume' class='stack' autocomplete='off' onSubmit={submit}>
      <h3>Consume</h3>
      <div class='pair'>
        <div class='field'><label for='consume-topic'>Topic or pattern</label><input id='consume-topic' required spellcheck={false} autocapitalize='none' value={topic.value} onInput={event => { topic.value = event.currentTarget.value }} /></div>
        <div class='field'><label for='consume-channel'>Channel</label><input id='consume-channel' required spellcheck={false} autocapitalize='none' list='channel-names' value={channel.value} onInput={event => { channel.value = event.currentTarget.value }} /></div>
      </div>
      <datalist id='channel-names'><option value={BILLING} /><option value={own} /></datalist>
      <p class='hint'><code>{BILLING}</code> is shared with the mail processes: each order goes to one of you. <code>{own}</code> is this tab's alone: it gets them all.</p>
      <div class='buttons'>
        <button type='submit'>Join channel</button>
        <button type='button' class='quiet' onClick={() => { channel.value = channel.value === own ? BILLING : own }}>{channel.value === own ? 'Take the shared one' : 'Take an own one'}</button>
      </div>
    </form>
  )
}

/** Who handled how many orders: a bar each, and the number. */
function Shares (): JSX.Element | null {
  const shares = [...handledBy.value].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  if (shares.length === 0) return null
  const total = shares.reduce((sum, [, count]) => sum + count, 0)
  return (
    <div id='shares'>
      <h3>Who handled the orders</h3>
      <dl class='bars'>
        {shares.map(([name, count]) => (
          <div key={name} data-by={name}><dt>{name}</dt><dd><span class='bar' style={{ width: `${count / total * 100}%` }} /> {count}</dd></div>
        ))}
      </dl>
      <p class='hint' data-twice={handledTwice.value}>{plural(total, 'order')} in all{handledTwice.value === 0 ? ', none of them twice' : `, ${handledTwice.value} of them again`}.</p>
    </div>
  )
}
