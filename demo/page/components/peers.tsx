import { duration, ms } from '../lib/text.ts'
import { callsWith, callWords } from '../state/pulses.ts'
import { rttOf } from '../state/rtt.ts'
import { kindOf, leaderships, nodes, now, pathTo, pathWords, runtimeOf, selfId } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { Glyph } from './glyph.tsx'
import { Panel, Table } from './panel.tsx'
import { openPeer } from './peer-dialog.tsx'
import { Spark } from './spark.tsx'
import type { NodeInfo } from '../../../src/index.ts'
import type { JSX } from 'preact'

const HEAD = ['Peer', 'Service', 'State', 'Runtime', 'Path', 'Calls', { text: 'Round trip', number: true }, 'Trend', { text: 'Since', number: true }]

export function Peers (): JSX.Element {
  return (
    <Panel
      id='peers' title='Peers' wide aside={<span class='hint'>the map as a table; choose a name for more</span>}
      note={<>Every node signs a record of what it is and serves; peers pass the records on and watch each other, so that a node that dies is missed within seconds. Paths open when they are needed. Round trips are measured every two seconds by calling <code>braid.ping</code>, which every node has.</>}
    >
      <Table label='List of peers' id='nodes' head={HEAD} none='nobody yet'>{nodes.value.map(node => <Row key={node.id} node={node} />)}</Table>
    </Panel>
  )
}

function Row ({ node }: { node: NodeInfo }): JSX.Element {
  const self = node.id === selfId.value
  const path = pathTo.value.get(node.id)
  const led = leaderships.value.get(node.id)
  return (
    <tr data-node={node.name} data-state={node.state} data-self={self ? '' : undefined}>
      <th scope='row'>
        <span class='peer'>
          <Glyph id={node.id} size={18} />
          <button type='button' class='link' onClick={() => { openPeer(node.id) }}><Clip text={node.name} /></button>
          {self && <span class='badge'>this tab</span>}
          {led != null && <span class='badge crown' title={`leads ${led.join(', ')}`}>♛ leads</span>}
        </span>
      </th>
      <td><Clip text={kindOf(node)} /></td>
      <td><span class='state' data-state={node.state}>{node.state}</span></td>
      <td>{runtimeOf(node)}</td>
      <td>{self ? 'itself' : <span class='path' data-transport={path?.relayed === true ? 'relayed' : path?.transport ?? 'none'}>{pathWords(path)}</span>}</td>
      <td class='calls'>{self ? '–' : callWords(callsWith(node.id))}</td>
      <td class='number'>{self ? '–' : ms(rttOf(node.id))}</td>
      <td>{self ? '' : <Spark id={node.id} />}</td>
      <td class='number'>{path == null ? '–' : duration(now.value - path.since)}</td>
    </tr>
  )
}
