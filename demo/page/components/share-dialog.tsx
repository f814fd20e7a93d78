import { useComputed } from '@preact/signals'
import { encode } from 'uqr'
import { isForThisMachine, shareLink } from '../state/address.ts'
import { address } from '../state/session.ts'
import { CopyButton } from './copy-button.tsx'
import type { JSX } from 'preact'

const QUIET_ZONE = 2

export function openShare (): void {
  document.querySelector<HTMLDialogElement>('#share-dialog')?.showModal()
}

/** One path for all dark squares: a rectangle each would be thousands of elements. */
function qrPath (data: readonly boolean[][]): string {
  return data.flatMap((row, y) => row.map((dark, x) => dark ? `M${x} ${y}h1v1h-1z` : '')).join('')
}

/** The link that brings another browser into the same mesh, to copy and to scan. */
export function ShareDialog (): JSX.Element {
  const link = useComputed(() => address.value == null ? '' : shareLink(address.value))
  const local = useComputed(() => address.value != null && isForThisMachine(address.value))
  const qr = useComputed(() => link.value === '' ? undefined : encode(link.value, { border: QUIET_ZONE }))
  return (
    <dialog id='share-dialog' aria-labelledby='share-title'>
      <h2 id='share-title'>Bring somebody in</h2>
      <p>The link carries the name of the mesh and the address of its relay; whoever opens it joins with one click.</p>
      {qr.value != null && (
        <svg class='qr' viewBox={`0 0 ${qr.value.size} ${qr.value.size}`} role='img' aria-label='QR code of the link'>
          <rect width={qr.value.size} height={qr.value.size} fill='#fff' />
          <path d={qrPath(qr.value.data)} fill='#000' />
        </svg>
      )}
      <label for='share-link'>Link</label>
      <textarea id='share-link' readOnly rows={4} value={link.value} />
      {local.value && <p class='hint'>127.0.0.1 is reached from this machine only: for others the page and its relay need an address that they can dial.</p>}
      <div class='buttons'>
        <CopyButton text={() => link.value} label='Copy link' />
        <a class='button quiet small' href={link.value} target='_blank' rel='noopener noreferrer'>Open it here<span class='unseen'> (new window)</span></a>
        <form method='dialog'><button class='quiet small'>Close</button></form>
      </div>
    </dialog>
  )
}
