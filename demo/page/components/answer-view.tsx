import { ms, shorten, show } from '../lib/text.ts'
import { answer, ended } from '../state/calls.ts'
import { nameOf } from '../state/view.ts'
import { Glyph } from './glyph.tsx'
import type { Answer, Series } from '../state/calls.ts'
import type { JSX } from 'preact'

/** Characters of an answer that are shown. */
const MAX_TEXT = 50_000
const WORDS = { running: 'under way', done: 'answered', failed: 'failed', cancelled: 'cancelled' } as const

/** What the last call came to. */
export function AnswerView (): JSX.Element {
  const now = answer.value
  const running = now != null && ('total' in now ? now.running : now.state === 'running')
  const outcome = now == null || running ? undefined : 'total' in now ? now.failed.length === 0 ? 'done' : 'failed' : now.state
  return (
    <output id='answer' class='answer' for='service method args token target' aria-live='polite' aria-busy={running} data-outcome={outcome} data-ended={ended.value}>
      {now == null ? <span class='hint'>The answer will stand here.</span> : 'total' in now ? <Many series={now} /> : <One answer={now} />}
    </output>
  )
}

function One ({ answer }: { answer: Answer }): JSX.Element {
  const { input, state, node, ms: took, result, error, chunks, received } = answer
  const streaming = input.kind === 'serverStream' || input.kind === 'bidi'
  return (
    <>
      <p class='verdict' data-state={state}>
        {error != null && state === 'failed' && <strong class='code'>{error.code}</strong>}
        {node !== '' && <span class='peer'><Glyph id={node} size={18} /> <strong class='answerer'>{nameOf(node)}</strong></span>} {WORDS[state]}{state === 'running' ? ' …' : ` in ${ms(took)}`}
        {streaming && <span class='badge'>{received} received</span>}
      </p>
      {error != null && <pre>{error.message}{error.details == null ? '' : `\n${shorten(show(error.details, 2), MAX_TEXT)}`}</pre>}
      {streaming && chunks.length > 0 && <div class='log chunks' tabIndex={0} role='log' aria-live='off' aria-label='What was received, newest first'><ul>{chunks.map((chunk, i) => <li key={received - chunks.length + i}>{chunk}</li>).reverse()}</ul></div>}
      {!streaming && error == null && state === 'done' && <pre>{shorten(show(result, 2), MAX_TEXT)}</pre>}
    </>
  )
}

function Many ({ series }: { series: Series }): JSX.Element {
  const { total, times, failed, shares, p50, p99, running } = series
  const most = Math.max(1, ...shares.values())
  return (
    <>
      <p class='verdict'><strong>{times.length} of {total}</strong> answered{running ? ' so far …' : ''}</p>
      <dl class='counters'>
        <div><dt>p50</dt><dd>{ms(p50)}</dd></div>
        <div><dt>p99</dt><dd>{ms(p99)}</dd></div>
        <div><dt>failed</dt><dd>{failed.length}</dd></div>
      </dl>
      <dl class='bars'>
        {[...shares].sort(([a], [b]) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true })).map(([id, count]) => (
          <div key={id} data-by={nameOf(id)}><dt>{nameOf(id)}</dt><dd><span class='bar' style={{ width: `${count / most * 80}%` }} /> {count}</dd></div>
        ))}
      </dl>
      {failed[0] != null && <pre>{failed[0].code}: {failed[0].message}</pre>}
    </>
  )
}
