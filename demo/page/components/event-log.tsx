import { clock } from '../lib/text.ts'
import { asJson, counts, entries, paused, room, ROOMS, togglePause } from '../state/log.ts'
import { CopyButton } from './copy-button.tsx'
import { Panel } from './panel.tsx'
import type { Room } from '../state/log.ts'
import type { JSX } from 'preact'

/** Lines that are drawn. */
const SHOWN = 200

export function EventLog ({ wide }: { wide: boolean }): JSX.Element {
  const total = Object.values(counts.value).reduce((sum, count) => sum + count, 0)
  return (
    <Panel
      id='events' title='Events' wide={wide} aside={<span class='hint'>{total} in all</span>}
      note='What the rooms of the library tell by their events, in the order in which this tab learnt of it. The last 500 are kept.'
    >
      <div class='toolbar'>
        <fieldset>
          <legend class='unseen'>Show events of</legend>
          <Choice value={undefined} count={total} />
          {ROOMS.map(name => <Choice key={name} value={name} count={counts.value[name] ?? 0} />)}
        </fieldset>
        <button type='button' class='quiet small' aria-pressed={paused.value} onClick={togglePause}>{paused.value ? 'Go on' : 'Pause'}</button>
        <CopyButton text={asJson} label='Copy as JSON' />
      </div>
      <div class='log' role='log' aria-live='off' aria-labelledby='events-title' tabIndex={0}>
        <ul>
          {entries.value.slice(0, SHOWN).map(({ number, at, room, text }) => (
            <li key={number}><time>{clock(at)}</time> <span class='room' data-room={room}>{room}</span> {text}</li>
          ))}
        </ul>
        {entries.value.length === 0 && <p class='hint'>Nothing yet.</p>}
      </div>
    </Panel>
  )
}

function Choice ({ value, count }: { value: Room | undefined, count: number }): JSX.Element {
  return (
    <label class='choice'>
      <input type='radio' name='room' checked={room.value === value} onChange={() => { room.value = value }} />
      <span>{value ?? 'all'} <small>{count}</small></span>
    </label>
  )
}
