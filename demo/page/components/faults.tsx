import { cutProblem, cutRelay, latency, pauseTab, pausing, relayCut, restoreRelay } from '../state/faults.ts'
import { crash } from '../state/session.ts'
import { Panel } from './panel.tsx'
import type { JSX } from 'preact'

const MAX_LATENCY = 2_000

export function Faults (): JSX.Element {
  return (
    <Panel
      id='faults' title='Faults' aside={<span class='hint'>break it, and watch it heal</span>}
      note={<>A killed node says no goodbye: the others see its connections end, ask each other, and remove it within seconds; its messages are delivered elsewhere. Without the relay, tabs go on over the paths that they have. A tab that stands still accuses nobody when it wakes: it knows that it was the one that slept. To kill a process, use the terminal: <code>npm start</code> prints how.</>}
    >
      <ul class='faults'>
        <li>
          <button type='button' class='danger' onClick={() => { void crash() }}>Kill this tab's node</button>
          <span class='hint'>No goodbye. The others find out.</span>
        </li>
        <li>
          {relayCut.value
            ? <button type='button' onClick={restoreRelay}>Give the relay back</button>
            : <button type='button' class='danger' onClick={cutRelay}>Cut the relay off</button>}
          <span class='hint'>Its connections end, and no new one is made; given back, it is dialled within 10 s.</span>
          {cutProblem.value !== '' && <p class='problem' role='status'>{cutProblem.value}</p>}
        </li>
        <li>
          <button type='button' class='danger' disabled={pausing.value} onClick={pauseTab}>{pausing.value ? 'Standing still …' : 'Pause this tab for 6 s'}</button>
          <span class='hint'>Nothing of the page runs, heartbeats neither.</span>
        </li>
        <li>
          <label for='latency'>Slow down what this tab serves: <output for='latency'>{latency.value} ms</output></label>
          <input id='latency' type='range' min='0' max={MAX_LATENCY} step='50' value={latency.value} onInput={event => { latency.value = Number(event.currentTarget.value) }} />
        </li>
      </ul>
    </Panel>
  )
}
