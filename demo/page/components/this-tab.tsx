import { useEffect, useRef } from 'preact/hooks'
import { ms, plural } from '../lib/text.ts'
import { otherOf, shareLink } from '../state/address.ts'
import { servedCalls } from '../state/serving.ts'
import { address, elsewhere, fleeting, join, joinedIn, leave, move, problem, status } from '../state/session.ts'
import { mesh, snapshot } from '../state/view.ts'
import { Clip } from './clip.tsx'
import { CopyButton } from './copy-button.tsx'
import { Glyph } from './glyph.tsx'
import { openShare } from './share-dialog.tsx'
import type { Mesh } from '../../../src/index.ts'
import type { JSX } from 'preact'

export function ThisTab (): JSX.Element {
  const node = mesh.value
  const joined = useRef(false)
  joined.current ||= node != null
  return (
    <section id='this-tab' class={node == null ? 'hero' : 'panel wide'} aria-labelledby='this-tab-title'>
      {node == null ? <Invitation back={joined.current} /> : <Identity node={node} />}
      <p id='problem' role='alert'>{problem.value}</p>
    </section>
  )
}

/** @param back - this tab was in the mesh before */
function Invitation ({ back }: { back: boolean }): JSX.Element {
  const joining = useRef<HTMLButtonElement>(null)
  // As with the way in; who is somewhere else on the page stays there.
  useEffect(() => { if (back && (document.activeElement ?? document.body) === document.body) joining.current?.focus({ preventScroll: true }) }, [])
  const starting = status.value === 'starting'
  return (
    <>
      <h1 id='this-tab-title'>Microservices without servers.<br />This tab can be one of them.</h1>
      <p class='lead'>One click makes it a full node of the mesh: it finds services, calls them and is called, sees who leads, shares queues with processes, and keeps going when others die.</p>
      <div class='buttons'>
        <button id='join' type='button' class='big' ref={joining} disabled={starting} onClick={() => { void join() }}>{starting ? 'Joining …' : 'Join the mesh'}</button>
      </div>
      <ul class='promises'>
        <li><strong>No account, no server.</strong> Its identity is a key that stays in this browser.</li>
        <li><strong>No third party.</strong> It talks to this page's origin, the relay and the peers.</li>
        <li><strong>No trace.</strong> Close the tab and its work moves on to others.</li>
      </ul>
    </>
  )
}

/** Looked at again with every snapshot: the node's own address comes and goes without an event of the page's. */
function reachedOf (node: Mesh): boolean {
  if (snapshot.value == null) return false
  return node.libp2p.getMultiaddrs().some(address => address.toString().includes('/p2p-circuit'))
}

function Identity ({ node }: { node: Mesh }): JSX.Element {
  const leaving = useRef<HTMLButtonElement>(null)
  // The button that was clicked is gone: the keyboard goes on at its counterpart.
  useEffect(() => { leaving.current?.focus({ preventScroll: true }) }, [])
  const reached = reachedOf(node)
  const health = snapshot.value?.health
  const byRelays = elsewhere.value != null && address.value != null && otherOf(elsewhere.value, address.value) === 'relays'
  return (
    <>
      <h1 id='this-tab-title' class='unseen'>This tab</h1>
      <div class='identity'>
        <Glyph id={node.id} size={56} />
        <div class='who'>
          <p class='name'><strong id='self-name'>{node.self.name}</strong> <span class='badge'>this tab</span></p>
          <p class='id'><code id='self-id'>{node.id}</code> <CopyButton text={() => node.id} label='Copy id' /></p>
          <p class='hint'>{fleeting.value ? 'An identity for this visit only.' : 'Its key stays in this browser: after a reload it is the same node.'}</p>
        </div>
        <div class='buttons'>
          <button id='share' type='button' onClick={openShare}>Share</button>
          <a class='button quiet' href={elsewhere.value == null || address.value == null ? location.href : shareLink(address.value)} target='_blank' rel='noopener noreferrer'>Open another tab<span class='unseen'> (new window)</span></a>
          <button id='leave' type='button' class='quiet' ref={leaving} onClick={() => { void leave() }}>Leave</button>
        </div>
      </div>
      {elsewhere.value != null && (
        <p id='elsewhere' role='alert'>
          The link leads to {byRelays ? '' : 'another mesh, '}<Clip text={elsewhere.value.mesh} />{byRelays ? ' by other relays' : ''}. <button type='button' class='small' onClick={() => { void move() }}>Leave this one and join it</button>
        </p>
      )}
      <dl class='facts'>
        <div><dt>Mesh</dt><dd id='self-mesh'>{address.value?.mesh}</dd></div>
        <div><dt>Joined</dt><dd id='self-joined'>{joinedIn.value == null ? 'not yet' : `in ${ms(joinedIn.value)}`}</dd></div>
        <div><dt>Others reach it</dt><dd id='self-reached' data-reached={reached}>{reached ? 'over a relay' : 'not yet: it has no place on a relay'}</dd></div>
        <div><dt>Health</dt><dd id='self-health'>{health == null || health.level === 'healthy' ? 'well' : health.reasons.join('; ')}</dd></div>
        <div><dt>Has answered</dt><dd id='self-served'>{plural(servedCalls.value, 'call')}</dd></div>
      </dl>
    </>
  )
}
