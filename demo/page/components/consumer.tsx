import { clock, plural } from '../lib/text.ts'
import { channelState } from '../state/channels.ts'
import { publisherOf, SLOW, toggle, unsubscribe } from '../state/topics.ts'
import type { Delivery, Subscription } from '../state/topics.ts'
import type { JSX } from 'preact'

/** This tab's part in a channel, with what came. */
export function Consumer ({ subscription }: { subscription: Subscription }): JSX.Element {
  const { id, topic, channel, deliveries, acked, nacked, redelivered, handling, nackNext, termNext, slow } = subscription
  const state = channelState(topic, channel)
  return (
    <article class='card consumer' data-channel={channel} aria-label={`Channel ${channel} of ${topic}`}>
      <div class='card-head'>
        <h3>{topic} / {channel}</h3>
        <span class='badge' data-consumers={state?.consumers}>{state == null ? 'nobody has published yet' : state.consumers > 1 ? `competing, ${plural(state.consumers, 'consumer')}` : 'this tab alone'}</span>
        <button type='button' class='quiet small' onClick={() => { void unsubscribe(id) }}>Leave<span class='unseen'> channel {channel}</span></button>
      </div>
      <dl class='counters'>
        <div><dt>in flight</dt><dd data-count='handling'>{handling}</dd></div>
        <div><dt>acked</dt><dd data-count='acked'>{acked}</dd></div>
        <div><dt>refused</dt><dd data-count='nacked'>{nacked}</dd></div>
        <div><dt>redelivered</dt><dd data-count='redelivered'>{redelivered}</dd></div>
        <div><dt>dead letters</dt><dd data-count='dead'>{state?.dead ?? 0}</dd></div>
      </dl>
      <div class='buttons'>
        <label class='switch'><input type='checkbox' checked={nackNext} onChange={() => { toggle(id, 'nackNext') }} /> Refuse the next</label>
        <label class='switch'><input type='checkbox' checked={termNext} onChange={() => { toggle(id, 'termNext') }} /> Bury the next</label>
        <label class='switch'><input type='checkbox' checked={slow} onChange={() => { toggle(id, 'slow') }} /> Slow: {SLOW / 1000} s each</label>
      </div>
      <div class='log' role='log' aria-live='off' aria-label={`Messages of ${channel}`} tabIndex={0}>
        <ul>{deliveries.map(delivery => <Line key={delivery.key} delivery={delivery} />)}</ul>
        {deliveries.length === 0 && <p class='hint'>Waiting for a message.</p>}
      </div>
    </article>
  )
}

const MARKS = { handling: '…', acked: '✓', nacked: '✗', dead: '†' } as const

function Line ({ delivery }: { delivery: Delivery }): JSX.Element {
  const { at, text, attempt, state } = delivery
  return (
    <li data-state={state}>
      <span class='mark' role='img' aria-label={state}>{MARKS[state]}</span> <time>{clock(at)}</time> {text} <span class='hint'>from {publisherOf(delivery)}{attempt > 1 ? `, delivery ${attempt}` : ''}</span>
    </li>
  )
}
