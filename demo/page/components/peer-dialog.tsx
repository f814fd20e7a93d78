import { signal, useSignal } from '@preact/signals'
import { duration, explain, ms, plural } from '../lib/text.ts'
import { ping, rttOf } from '../state/rtt.ts'
import { leaderships, mesh, nodeOf, now, paths, pathWords, runtimeOf, selfId } from '../state/view.ts'
import { CopyButton } from './copy-button.tsx'
import { Glyph } from './glyph.tsx'
import { Spark } from './spark.tsx'
import type { NodeInfo } from '../../../src/index.ts'
import type { JSX } from 'preact'

const chosen = signal('')

export function openPeer (id: string): void {
  chosen.value = id
  document.querySelector<HTMLDialogElement>('#peer-dialog')?.showModal()
}

/** All that this tab knows of one node. */
export function PeerDialog (): JSX.Element {
  const node = nodeOf(chosen.value)
  return (
    <dialog id='peer-dialog' aria-labelledby='peer-title'>
      {node == null ? <h2 id='peer-title'>{chosen.value === '' ? 'No peer' : 'This peer is gone'}</h2> : <Details node={node} />}
      <form method='dialog' class='close'><button class='quiet small'>Close</button></form>
    </dialog>
  )
}

function Details ({ node }: { node: NodeInfo }): JSX.Element {
  const self = node.id === selfId.value
  const led = leaderships.value.get(node.id)
  return (
    <>
      <h2 id='peer-title' class='peer'><Glyph id={node.id} size={32} /> <span class='long'>{node.name}</span> {self && <span class='badge'>this tab</span>}</h2>
      <p class='id'><code>{node.id}</code> <CopyButton text={() => node.id} label='Copy id' /></p>
      <dl class='facts'>
        <div><dt>Service</dt><dd>{node.service ?? 'none: it only calls'}</dd></div>
        <div><dt>State</dt><dd>{node.state}</dd></div>
        <div><dt>Runtime</dt><dd>{runtimeOf(node)}</dd></div>
        <div><dt>Roles</dt><dd>{node.roles.length === 0 ? 'none' : node.roles.join(', ')}</dd></div>
        <div><dt>Leads</dt><dd>{led?.join(', ') ?? 'nothing'}</dd></div>
        <div><dt>Weight</dt><dd>{node.weight}</dd></div>
        <div><dt>Load</dt><dd>{plural(node.load.links, 'link')}, {plural(node.load.inflight, 'call')}</dd></div>
        <div><dt>Life</dt><dd>since {new Date(node.incarnation).toLocaleTimeString('en-GB')}, change {node.seq}</dd></div>
      </dl>
      <h3>Methods</h3>
      <p>{node.methods.length === 0 ? 'none' : node.methods.map(method => <code class='chip' key={method}>{method}</code>)}</p>
      {!self && <Connections id={node.id} />}
    </>
  )
}

/** Of a protocol id, as `/yamux/1.0.0`. */
function plain (protocol: string | undefined): string | undefined {
  return protocol?.split('/').find(part => part !== '')
}

function Connections ({ id }: { id: string }): JSX.Element {
  const said = useSignal('')
  const open = paths.value.filter(({ peer }) => peer === id)
  const measure = async (): Promise<void> => {
    const node = mesh.value
    if (node == null) return
    try {
      said.value = `answered in ${ms(await ping(node, id))}`
    } catch (error) {
      said.value = explain(error).message
    }
  }
  const hangUp = (): void => {
    for (const connection of mesh.value?.libp2p.getConnections() ?? []) {
      if (connection.remotePeer.toString() === id) void connection.close().catch(() => {})
    }
    said.value = 'hung up; it is dialled again when it is needed'
  }
  return (
    <>
      <h3>Paths</h3>
      {open.length === 0
        ? <p>Not connected; a call opens a path.</p>
        : (
          <ul class='paths'>
            {open.map(path => (
              <li key={path.address}>
                <span class='path' data-transport={path.relayed ? 'relayed' : path.transport}>{pathWords(path)}</span>, {path.direction}, {plain(path.encryption) ?? 'no'} encryption, {plain(path.multiplexer) ?? '–'}, {path.streams} streams, for {duration(now.value - path.since)}
                <br /><code>{path.address}</code>
              </li>
            ))}
          </ul>
          )}
      <p>Round trip {ms(rttOf(id))} <Spark id={id} width={160} /></p>
      <div class='buttons'>
        <button type='button' class='small' onClick={() => { void measure() }}>Ping</button>
        <button type='button' class='quiet small' disabled={open.length === 0} onClick={hangUp}>Hang up</button>
        <span class='said' role='status'>{said.value}</span>
      </div>
    </>
  )
}
