/** A room in a libp2p node that lacks a service which it needs. */
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { Observer } from '../../src/election/observer.ts'
import { election } from '../../src/election/index.ts'
import { pubsub } from '../../src/pubsub/index.ts'
import { rpc } from '../../src/rpc/index.ts'

describe('mesh: a room without discovery beside it', () => {
  const rooms: Record<string, (components: any) => unknown> = {
    election: election(),
    'election of a page': components => new Observer(components, {}),
    pubsub: pubsub(),
    rpc: rpc()
  }

  for (const [name, room] of Object.entries(rooms)) {
    it(`does not start, and says what to add: ${name}`, async () => {
      const refusal = await createLibp2p({ services: { room } }).then(async node => node.stop(), (err: unknown) => err as Error)
      expect(refusal).to.have.property('name', 'InvalidOptionsError')
      expect(refusal).to.have.property('message').that.contains(`${name.split(' ')[0]} needs the discovery service beside it`).and.contains('discovery: discovery()')
    })
  }
})
