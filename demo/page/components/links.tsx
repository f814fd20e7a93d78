import { duration, plural } from '../lib/text.ts'
import { callTokens } from '../state/calls.ts'
import { tokens, unlink } from '../state/links.ts'
import { nameOf, now, services } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { Glyph } from './glyph.tsx'
import { Panel, Table } from './panel.tsx'
import type { TokenRow } from '../state/links.ts'
import type { JSX } from 'preact'

const HEAD = ['Token', 'Service', 'Node', { text: 'Calls', number: true }, { text: 'There for', number: true }, 'End it']
/** Tokens that a click makes. */
const SAMPLE = 9
/** What a moved row shows for, in milliseconds. */
const FRESH = 4_000

export function Links (): JSX.Element {
  const rows = tokens.value
  const canLink = services.value.some(({ service }) => service === 'login')
  const sample = (): void => {
    void callTokens(Array.from({ length: SAMPLE }, (_, i) => ({ token: `user-${i + 1}`, service: 'login', method: 'user.password', kind: 'unary' as const, args: { user: `user-${i + 1}` } })))
  }
  return (
    <Panel
      id='links' title='Links' aside={<span class='hint'>{plural(rows.length, 'token')}</span>}
      note={<>A call with a token goes to one node of a service, and so does every later one, whoever makes it: the service's leader commits the link with its voters, stores it in the DHT, and callers remember it. When a node dies only its own tokens move. The token itself never leaves this tab, only a hash of it.</>}
    >
      <div class='buttons'>
        <button type='button' class='quiet small' disabled={!canLink} onClick={sample}>Link {SAMPLE} tokens</button>
        <button type='button' class='quiet small' disabled={rows.length === 0} onClick={() => { void callTokens(rows.map(({ call }) => call)) }}>Call each once</button>
      </div>
      <Table label='List of links' id='tokens' head={HEAD} none='no token yet: call a method with one, or link some'>
        {rows.map(row => <Row key={`${row.service} ${row.token}`} row={row} />)}
      </Table>
    </Panel>
  )
}

function Row ({ row }: { row: TokenRow }): JSX.Element {
  const { token, service, node, former, hits, arrived } = row
  const moved = former != null && node != null && former !== node
  return (
    <tr data-token={token} data-fresh={moved && now.value - arrived < FRESH ? '' : undefined}>
      <th scope='row'><Clip text={token} /></th>
      <td><Clip text={service} /></td>
      <td>{node == null
        ? <span class='hint'>not linked: the next call picks one</span>
        : <span class='peer'><Glyph id={node} size={18} /> <Clip text={nameOf(node)} /> {moved && <span class='badge'>came from <Clip text={nameOf(former)} /></span>}</span>}
      </td>
      <td class='number'>{hits}</td>
      <td class='number'>{duration(now.value - arrived)}</td>
      <td><button type='button' class='quiet small' disabled={node == null} onClick={() => { void unlink(row) }}>Unlink<span class='unseen'> {token}</span></button></td>
    </tr>
  )
}
