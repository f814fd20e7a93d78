import { announced, counts } from '../state/log.ts'
import { mesh } from '../state/view.ts'
import { EventLog } from './event-log.tsx'
import { Faults } from './faults.tsx'
import { Header } from './header.tsx'
import { Leaders } from './leaders.tsx'
import { Links } from './links.tsx'
import { PeerDialog } from './peer-dialog.tsx'
import { Peers } from './peers.tsx'
import { ShareDialog } from './share-dialog.tsx'
import { ThisTab } from './this-tab.tsx'
import { Topics } from './topics.tsx'
import { Topology } from './topology.tsx'
import { TryIt } from './try-it.tsx'
import type { JSX } from 'preact'

export function App (): JSX.Element {
  const joined = mesh.value != null
  return (
    <>
      <Header joined={joined} />
      <main>
        <ThisTab />
        {joined && (
          <>
            <Topology />
            <Peers />
            <TryIt />
            <Leaders />
            <Links />
            <Topics />
            <Faults />
          </>
        )}
        {Object.keys(counts.value).length > 0 && <EventLog wide={!joined} />}
      </main>
      <footer>
        <p>Everything here goes by the library's public API, between the nodes themselves: this page asks its own server for its files and nobody else for anything.</p>
      </footer>
      <p class='unseen' role='status' aria-live='polite'>{announced.value}</p>
      {joined && <PeerDialog />}
      <ShareDialog />
    </>
  )
}
