import { ms } from '../lib/text.ts'
import { history } from '../state/calls.ts'
import { nameOf } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { Table } from './panel.tsx'
import type { JSX } from 'preact'

/** The last calls. */
export function History (): JSX.Element {
  return (
    <details class='as-table' open>
      <summary>Last calls</summary>
      <Table label='Last calls' id='calls' head={['Method', 'Token', 'Answered by', { text: 'Took', number: true }]} none='none yet'>
        {history.value.map(({ input, state, node, error, ms: took }, i) => (
          <tr key={history.value.length - i} class={state === 'done' ? undefined : 'failed'}>
            <th scope='row'>{input.service} {input.method}</th>
            <td>{input.token === '' ? '–' : <Clip text={input.token} />}</td>
            <td>{state === 'done' ? nameOf(node) : `${error?.code ?? state}${node === '' ? '' : ` (${nameOf(node)})`}`}</td>
            <td class='number'>{ms(took)}</td>
          </tr>
        ))}
      </Table>
    </details>
  )
}
